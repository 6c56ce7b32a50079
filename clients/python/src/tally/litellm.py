"""A callback for LiteLLM that records every call it makes, of whichever vendor."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from litellm.integrations.custom_logger import CustomLogger

from tally import reading
from tally._context import current_usage
from tally._outcome import outcome_of
from tally._providers import model_named, provider_named
from tally._quiet import quiet
from tally._sink import deliver
from tally._usage import Sink, Tokens

MS_PER_SECOND: Final = 1_000

MAX_REMEMBERED: Final = 10_000
"""Calls that are known to be recorded: more than can be under way at once, and a few megabytes."""

REQUEST_ID: Final = "llm_provider-x-request-id"

UserOf = Callable[[Mapping[str, Any]], "str | None"]


def user_of_call(call: Mapping[str, Any]) -> str | None:
    """The user whom a call names: `user`, or `user_id` in its `metadata`, or the proxy's end user."""
    parameters = call.get("litellm_params") or {}
    metadata = parameters.get("metadata") or {}
    standard = call.get("standard_logging_object") or {}
    ways = (
        call.get("user"),
        metadata.get("user_id"),
        standard.get("end_user"),
        metadata.get("user_api_key_end_user_id"),
        metadata.get("user_api_key_user_id"),
    )
    return next((user for user in ways if isinstance(user, str) and user), None)


class UsageLogger(CustomLogger):
    """Records every call: `litellm.callbacks = [UsageLogger()]`.

    Recorded are model, token parts, time, outcome and the vendor's request id. `user` finds the user in
    LiteLLM's details of the call (default: `user_of_call`); what it does not find comes from
    `tally.context`, and calls without any are not recorded. `service` defaults to the context's, else to
    the provider's name.

    LiteLLM knows the tokens of a stream of OpenAI's only when asked for them: pass
    `stream_options={"include_usage": True}`, else the stream is recorded without. It tells nobody of a
    stream that is given up; `tally.wrap` records those. An answer out of LiteLLM's cache used no tokens.
    """

    def __init__(
        self,
        *,
        service: str | None = None,
        user: UserOf = user_of_call,
        recorder: Sink | None = None,
    ) -> None:
        super().__init__()
        self._service = service
        self._user = user
        self._recorder = recorder
        self._calls = _Calls()

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:  # noqa: ARG002
        """A call begins, still where its caller is: what is told later comes from anywhere."""
        with quiet("remember a call of LiteLLM"):
            self._calls.began(kwargs.get("litellm_call_id"))

    def log_success_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A call succeeded (LiteLLM calls this)."""
        self._record(kwargs, response_obj, start_time, end_time, failed=False)

    def log_failure_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A call failed (LiteLLM calls this)."""
        self._record(kwargs, response_obj, start_time, end_time, failed=True)

    async def async_log_success_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A call succeeded (LiteLLM calls this)."""
        self._record(kwargs, response_obj, start_time, end_time, failed=False)

    async def async_log_failure_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A call failed (LiteLLM calls this)."""
        self._record(kwargs, response_obj, start_time, end_time, failed=True)

    def _record(self, call: Any, answer: Any, start: Any, end: Any, *, failed: bool) -> None:
        with quiet("record a call of LiteLLM"):
            context = self._calls.ended(call.get("litellm_call_id"), failed=failed)
            if context is None:
                return
            user = None
            with quiet("find the user of a call of LiteLLM"):
                user = self._user(call)
            usage = _usage(call, answer, failed=failed)
            usage["response_time_ms"] = _elapsed_ms(start, end)
            said = {"service": self._service, "user_id": user}
            deliver(self._recorder, {"service": usage["provider"]}, context, said, usage)


class _Calls:
    """Calls under way, in which context they began, and calls that are recorded already."""

    def __init__(self) -> None:
        self._contexts: OrderedDict[str, Mapping[str, Any]] = OrderedDict()
        self._recorded: OrderedDict[tuple[str, bool], None] = OrderedDict()
        self._lock = threading.Lock()

    def began(self, call_id: str | None) -> None:
        """A call begins here."""
        if call_id is not None:
            with self._lock:
                self._contexts[call_id] = current_usage()
                _forget_oldest(self._contexts)

    def ended(self, call_id: str | None, *, failed: bool) -> Mapping[str, Any] | None:
        """The context in which a call began; None when its end was told before.

        LiteLLM tells of a stream of responses twice, in the synchronous and in the asynchronous way; of
        a call that failed and was tried elsewhere it tells both ends.
        """
        if call_id is None:
            return current_usage()
        with self._lock:
            if (call_id, failed) in self._recorded:
                return None
            self._recorded[call_id, failed] = None
            _forget_oldest(self._recorded)
            return self._contexts.get(call_id) or current_usage()


def _forget_oldest(remembered: OrderedDict[Any, Any]) -> None:
    if len(remembered) > MAX_REMEMBERED:
        remembered.popitem(last=False)


def _usage(call: Mapping[str, Any], answer: Any, *, failed: bool) -> dict[str, Any]:
    parameters = call.get("litellm_params") or {}
    hidden = (parameters.get("metadata") or {}).get("hidden_params") or {}
    headers = hidden.get("additional_headers") or {}
    provider = provider_named(
        call.get("custom_llm_provider") or parameters.get("custom_llm_provider")
    )
    answered = hidden.get("provider_response_model") or getattr(answer, "model", None)
    usage = {
        "provider": provider,
        "request_id": headers.get(REQUEST_ID),
        **model_named(provider, call.get("model"), answered),
    }
    if failed:
        error = call.get("exception")
        told = outcome_of(error if isinstance(error, BaseException) else None)
        return usage | (told or {"status": "error"})
    if call.get("cache_hit"):
        version = usage["metadata"] or {}
        return usage | {
            "tokens": Tokens(input=0, output=0),
            "metadata": {**version, "cache_hit": True},
        }
    return usage | {"tokens": _tokens(answer)}


def _tokens(answer: Any) -> Tokens | None:
    """The tokens of an answer; None where LiteLLM writes zeros because nobody told it."""
    tokens = reading.openai(getattr(answer, "usage", None))
    return tokens if tokens is not None and (tokens.input or tokens.output) else None


def _elapsed_ms(start: Any, end: Any) -> float | None:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return (end - start).total_seconds() * MS_PER_SECOND
    return None
