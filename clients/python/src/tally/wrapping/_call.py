"""One call of a model, from its request to the last thing known of it."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

from tally._context import current_usage
from tally._measure import NS_PER_MS
from tally._outcome import ABANDONED, outcome_of
from tally._providers import model_named
from tally._quiet import quiet
from tally._sink import deliver
from tally._usage import Sink, Tokens


@dataclass(frozen=True, slots=True)
class Booking:
    """What a wrapped client's usage is booked on. `vendor` is the client's own, the rest was said."""

    vendor: str
    service: str | None
    user_id: str | None
    provider: str | None
    recorder: Sink | None


@dataclass(slots=True)
class Seen:
    """What is known of a call so far. `error_code` is there when the vendor says that it failed.

    `model` is the one asked for, `answered` the one that the answer names.
    """

    model: str | None = None
    answered: str | None = None
    tokens: Tokens | None = None
    request_id: str | None = None
    user_id: str | None = None
    error_code: str | None = None


Look = Callable[[Seen, Any], bool]
"""Takes what an answer, or an event of its stream, says; whether the caller gets to see it."""


class Call:
    """One call: `look` is asked about everything that comes; it is recorded once, at its end."""

    def __init__(
        self, booking: Booking, look: Look, model: str | None, user_id: str | None
    ) -> None:
        self.seen = Seen(model=model, user_id=user_id)
        self._booking = booking
        self._look = look
        self._context = current_usage()
        self._started_ns = perf_counter_ns()
        self._ended = False

    def shows(self, item: Any) -> bool:
        """Learn from what came; whether the caller gets to see it."""
        with quiet("read usage out of an answer"):
            return self._look(self.seen, item)
        return True

    def ended(self, error: BaseException | None = None) -> None:
        """It is over, well or with an error; only the first end counts."""
        with quiet("record a model call"):
            self._record(outcome_of(error))

    def abandoned(self) -> None:
        """Nobody will read the rest of it."""
        with quiet("record a model call"):
            self._record({"metadata": ABANDONED})

    def _record(self, outcome: Mapping[str, Any]) -> None:
        if self._ended:
            return
        self._ended = True
        elapsed_ms = (perf_counter_ns() - self._started_ns) / NS_PER_MS
        booking, seen = self._booking, self.seen
        if seen.error_code is not None:
            outcome = {"status": "error", "error_code": seen.error_code}
        provider = booking.provider or booking.vendor
        deliver(
            booking.recorder,
            {"service": booking.vendor, "user_id": seen.user_id},
            self._context,
            {"service": booking.service, "user_id": booking.user_id},
            {
                "provider": provider,
                "tokens": seen.tokens,
                "request_id": seen.request_id,
                "response_time_ms": elapsed_ms,
            },
            model_named(provider, seen.model, seen.answered),
            outcome,
        )


Watch = Callable[[Any, Call], Any]
"""Looks at an answer, now or while it is read; returns what the caller gets."""


def answered(call: Call | None, send: Callable[[], Any], watch: Watch) -> Any:
    """What `send` answers, watched. Without a call it is none of a model."""
    if call is None:
        return send()
    try:
        answer = send()
    except BaseException as error:
        call.ended(error)
        raise
    with quiet("meter an answer"):
        return watch(answer, call)
    return answer


async def answered_async(
    call: Call | None, send: Callable[[], Awaitable[Any]], watch: Watch
) -> Any:
    """What `send` answers, watched. Without a call it is none of a model."""
    if call is None:
        return await send()
    try:
        answer = await send()
    except BaseException as error:
        call.ended(error)
        raise
    with quiet("meter an answer"):
        return watch(answer, call)
    return answer


class Metered:
    """An iterator over a stream, with somebody looking on."""

    def __init__(self, source: Iterator[Any], call: Call) -> None:
        self._source = source
        self._call = call
        weakref.finalize(self, call.abandoned)

    def __iter__(self) -> Metered:
        return self

    def __next__(self) -> Any:
        while True:
            try:
                item = next(self._source)
            except StopIteration:
                self._call.ended()
                raise
            except BaseException as error:
                self._call.ended(error)
                raise
            if self._call.shows(item):
                return item

    def close(self) -> None:
        """The reader leaves."""
        self._call.abandoned()
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


class AsyncMetered:
    """An asynchronous iterator over a stream, with somebody looking on."""

    def __init__(self, source: AsyncIterator[Any], call: Call) -> None:
        self._source = source
        self._call = call
        weakref.finalize(self, call.abandoned)

    def __aiter__(self) -> AsyncMetered:
        return self

    async def __anext__(self) -> Any:
        while True:
            try:
                item = await self._source.__anext__()
            except StopAsyncIteration:
                self._call.ended()
                raise
            except BaseException as error:
                self._call.ended(error)
                raise
            if self._call.shows(item):
                return item

    async def aclose(self) -> None:
        """The reader leaves."""
        self._call.abandoned()
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()
