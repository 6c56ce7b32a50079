"""Google's client (`google-genai`): every call of its goes through four methods of its API client."""

from __future__ import annotations

import json
import re
import weakref
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from tally import reading
from tally.wrapping._call import (
    AsyncMetered,
    Booking,
    Call,
    Metered,
    Seen,
    answered,
    answered_async,
)

GENERATE: Final = re.compile(r"(?:.*/)?models/([^/:]+):(?:streamG|g)enerateContent\b")


def meter(client: Any, booking: Booking) -> None:
    """Meter all generated content of a client, and of its `aio` and chats."""
    api = client._api_client  # noqa: SLF001 - the SDK has no public place to look on
    kind, itself = type(api), weakref.ref(api)

    def request(method: str, path: str, *args: Any) -> Any:
        send = partial(kind.request, itself(), method, path, *args)
        return answered(_call(booking, path), send, _whole)

    async def async_request(method: str, path: str, *args: Any) -> Any:
        send = partial(kind.async_request, itself(), method, path, *args)
        return await answered_async(_call(booking, path), send, _whole)

    def request_streamed(method: str, path: str, *args: Any) -> Any:
        send = partial(kind.request_streamed, itself(), method, path, *args)
        return answered(_call(booking, path), send, Metered)

    async def async_request_streamed(method: str, path: str, *args: Any) -> Any:
        send = partial(kind.async_request_streamed, itself(), method, path, *args)
        return await answered_async(_call(booking, path), send, AsyncMetered)

    api.request, api.async_request = request, async_request
    api.request_streamed, api.async_request_streamed = request_streamed, async_request_streamed


def _call(booking: Booking, path: str) -> Call | None:
    found = GENERATE.match(path)
    return None if found is None else Call(booking, _look, found[1], None)


def _whole(answer: Any, call: Call) -> Any:
    call.shows(answer)
    call.ended()
    return answer


def _look(seen: Seen, answer: Any) -> bool:
    """Learn from an answer or a part of a stream: the JSON of the wire, each part with the counts so far."""
    said = json.loads(answer.body) if answer.body else {}
    if isinstance(said, Mapping):
        seen.answered = said.get("modelVersion") or seen.answered
        seen.tokens = reading.google(said.get("usageMetadata")) or seen.tokens
        seen.request_id = said.get("responseId") or seen.request_id
    return True
