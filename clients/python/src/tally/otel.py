"""Spans of OpenTelemetry's conventions for generative AI, recorded as usage.

Follows the conventions as they are developed (attributes `gen_ai.*` of client spans); names they had before
are read where the present ones are missing.
https://github.com/open-telemetry/semantic-conventions-genai
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from tally import reading
from tally._context import current_usage
from tally._ids import id_of
from tally._measure import NS_PER_MS
from tally._providers import model_named, provider_named
from tally._quiet import quiet
from tally._sink import deliver
from tally._usage import Sink, Tokens

NS_PER_SECOND: Final = 1_000_000_000
MS_PER_SECOND: Final = 1_000

MODEL_CALLS: Final = frozenset({"chat", "generate_content", "text_completion", "embeddings"})
"""Operations that call a model. Those around them (`invoke_agent`, …) may repeat the sum of their tokens."""

USER: Final = "user.id"
USERS: Final = (USER, "enduser.id")
PROVIDERS: Final = ("gen_ai.provider.name", "gen_ai.system")
REQUESTED: Final = "gen_ai.request.model"
ANSWERED: Final = "gen_ai.response.model"
INPUT: Final = ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
OUTPUT: Final = ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")
CACHED: Final = "gen_ai.usage.cache_read.input_tokens"
WRITTEN: Final = "gen_ai.usage.cache_creation.input_tokens"
REASONING: Final = "gen_ai.usage.reasoning.output_tokens"

UserOf = Callable[[ReadableSpan], "str | None"]


def user_of_span(span: ReadableSpan) -> str | None:
    """The user whom a span or its resource names: `user.id`, or `enduser.id`."""
    return _text(span.attributes or {}, *USERS) or _text(span.resource.attributes, *USERS)


class UserProcessor(SpanProcessor):
    """Writes the user of `tally.context` on every span that begins in it, as `user.id`.

    Add it before the exporter's processor, where your instrumentation does not name users itself.
    """

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the SDK passes it
        """A span begins (the SDK calls this)."""
        user = current_usage().get("user_id")
        if user is not None and USER not in (span.attributes or {}):
            span.set_attribute(USER, user)


class UsageSpanExporter(SpanExporter):
    """Records spans that called a model; others pass it by.

        provider.add_span_processor(BatchSpanProcessor(UsageSpanExporter()))

    Recorded are model, provider, token parts, time, outcome and when it was. A span exported twice counts
    once: its ids are in the log's. `user` finds the user of a span (default: `user.id` of the span or of
    its resource); spans of nobody are not recorded. `service` defaults to the provider's name.
    """

    def __init__(
        self,
        *,
        service: str | None = None,
        user: UserOf = user_of_span,
        recorder: Sink | None = None,
    ) -> None:
        self._service = service
        self._user = user
        self._recorder = recorder

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Record what there is to record. Resending is the recorder's, so this always succeeds."""
        for span in spans:
            with quiet("record a span"):
                if (span.attributes or {}).get("gen_ai.operation.name") in MODEL_CALLS:
                    deliver(self._recorder, self._usage(span))
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait for the recorder to send what it has, if it can be waited for."""
        flush = getattr(self._recorder, "flush", None)
        return flush is None or bool(flush(timeout_millis / MS_PER_SECOND))

    def _usage(self, span: ReadableSpan) -> dict[str, Any]:
        said = span.attributes or {}
        provider = provider_named(_text(said, *PROVIDERS))
        began, ended = span.start_time or 0, span.end_time or 0
        return {
            "id": _id(span, ended // NS_PER_MS),
            "user_id": self._user(span),
            "service": self._service or provider,
            "provider": provider,
            **model_named(provider, _text(said, REQUESTED), _text(said, ANSWERED)),
            "tokens": _tokens(said),
            "response_time_ms": (ended - began) / NS_PER_MS,
            "occurred_at": datetime.fromtimestamp(ended / NS_PER_SECOND, timezone.utc),
            "request_id": _text(said, "gen_ai.response.id"),
            **_outcome(span),
        }


def _id(span: ReadableSpan, at_ms: int) -> str | None:
    context = span.get_span_context()
    if context is None:
        return None
    return id_of(at_ms, "otel", f"{context.trace_id:032x}", f"{context.span_id:016x}")


def _outcome(span: ReadableSpan) -> dict[str, Any]:
    code = _text(span.attributes or {}, "error.type")
    if code is None and span.status.status_code is not StatusCode.ERROR:
        return {}
    return {"status": "error", "error_code": code}


def _tokens(said: Mapping[str, Any]) -> Tokens | None:
    given, output = _count(said, *INPUT), _count(said, *OUTPUT)
    if given is None and output is None:
        return None
    return reading.parts(
        given or 0,
        output or 0,
        cached_input=_count(said, CACHED) or 0,
        cache_write=_count(said, WRITTEN) or 0,
        reasoning=_count(said, REASONING) or 0,
    )


def _count(said: Mapping[str, Any], *names: str) -> int | None:
    return next((said[name] for name in names if isinstance(said.get(name), int)), None)


def _text(said: Mapping[str, Any], *names: str) -> str | None:
    return next((str(said[name]) for name in names if said.get(name)), None)
