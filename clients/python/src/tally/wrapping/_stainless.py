"""OpenAI's and Anthropic's clients, which are built alike: every call of theirs goes through `request`."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from tally._quiet import quiet
from tally.wrapping import _anthropic, _openai
from tally.wrapping._call import (
    AsyncMetered,
    Booking,
    Call,
    Look,
    Metered,
    answered,
    answered_async,
)

RAW_HEADER: Final = "x-stainless-raw-response"
"""The SDKs' own mark of a caller who wants the HTTP response itself."""

REQUEST_IDS: Final = ("x-request-id", "request-id")


@dataclass(frozen=True, slots=True)
class Vendor:
    """A family of clients. `paths` are the calls of models; `look` makes who looks at one call."""

    provider: str
    paths: frozenset[str]
    user_of: Callable[[Mapping[str, Any]], str | None]
    look: Callable[[], Look]


def vendor_of(client: object) -> Vendor:
    """The family of a client: by the names of its classes, the nearest first."""
    name = " ".join(kind.__name__ for kind in type(client).__mro__).lower()
    if "anthropic" in name:
        provider = "aws" if "bedrock" in name else "google" if "vertex" in name else "anthropic"
        return Vendor(
            provider, _anthropic.PATHS, _anthropic.user_of, lambda: _anthropic.Counts().look
        )
    provider = "azure" if "azure" in name else "openai"
    return Vendor(provider, _openai.PATHS, _openai.user_of, lambda: _openai.look)


def meter(client: Any, vendor: Vendor, booking: Booking, *, include_usage: bool) -> None:
    """Meter all model calls of a client, and of its copies."""
    kind = type(client)
    itself = weakref.ref(client)  # a client that referred to itself would outlive its last user

    def request(cast_to: Any, options: Any, **kwargs: Any) -> Any:
        send = kind.request.__get__(itself())
        prepared: Call | None = None
        with quiet("prepare a model call"):
            prepared = _prepare(vendor, booking, options, include_usage=include_usage)
        answer = answered_async if inspect.iscoroutinefunction(kind.request) else answered
        return answer(prepared, partial(send, cast_to, options, **kwargs), _watch)

    def copy(**changes: Any) -> Any:
        made = kind.copy(itself(), **changes)
        meter(made, vendor, booking, include_usage=include_usage)
        return made

    client.request = request
    client.copy = client.with_options = copy


def _prepare(vendor: Vendor, booking: Booking, options: Any, *, include_usage: bool) -> Call | None:
    """The call that a request is, if it is one of a model; asks for usage where that must be asked for."""
    path = str(options.url).partition("?")[0]
    if options.method.lower() != "post" or path not in vendor.paths:
        return None
    body = options.json_data if isinstance(options.json_data, Mapping) else {}
    look = vendor.look()
    may_ask = vendor.paths is _openai.PATHS and include_usage and not _raw(options)
    if may_ask and not _openai.asks_for_usage(path, body):
        options.json_data = _openai.with_usage(body)
        look = _openai.hiding(look)
    model = body.get("model")
    return Call(booking, look, model if isinstance(model, str) else None, vendor.user_of(body))


def _raw(options: Any) -> bool:
    headers = options.headers if isinstance(options.headers, Mapping) else {}
    return any(name.lower() == RAW_HEADER for name in headers)


def _watch(answer: Any, call: Call) -> Any:
    """Look at a whole answer now, at a stream as it is read, at a raw response when it is parsed."""
    if hasattr(answer, "_iterator") and hasattr(answer, "response"):
        _watch_stream(answer, call)
    elif hasattr(answer, "http_response") and hasattr(answer, "parse"):
        _watch_raw(answer, call)
    else:
        call.shows(answer)
        call.ended()
    return answer


def _watch_stream(stream: Any, call: Call) -> None:
    """Meter a stream: it stays the vendor's own object, only what it iterates over is looked at."""
    headers = stream.response.headers
    call.seen.request_id = next(filter(None, map(headers.get, REQUEST_IDS)), None)
    asynchronous = hasattr(stream, "__anext__")
    stream._iterator = (AsyncMetered if asynchronous else Metered)(stream._iterator, call)  # noqa: SLF001 - the SDKs have no public place to look on
    itself, close = weakref.ref(stream), type(stream).close

    def closed() -> Any:
        call.abandoned()
        return close(itself())

    stream.close = closed


def _watch_raw(response: Any, call: Call) -> None:
    """Meter an HTTP response whose reader parses it, or does not."""
    itself, parse = weakref.ref(response), type(response).parse

    def learn(parsed: Any) -> Any:
        with quiet("meter a parsed answer"):
            _watch(parsed, call)
        return parsed

    async def learn_later(parsing: Any) -> Any:
        return learn(await parsing)

    def parsed(**kwargs: Any) -> Any:
        result = parse(itself(), **kwargs)
        return learn_later(result) if inspect.isawaitable(result) else learn(result)

    response.parse = parsed
    weakref.finalize(response, call.abandoned)
