"""Anthropic's wire format: messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.vendors.wire import WORDS, Answer, refuses, stream, whole

USAGE = {
    "input_tokens": 136,
    "cache_read_input_tokens": 1000,
    "cache_creation_input_tokens": 64,
    "output_tokens": 300,
    "output_tokens_details": {"thinking_tokens": 120},
}
FIRST_USAGE = USAGE | {"output_tokens": 1, "output_tokens_details": None}
LAST_USAGE = {"output_tokens": 300, "output_tokens_details": {"thinking_tokens": 120}}
REFUSED = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}
BROKEN = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}


def speaks(path: str) -> bool:
    return path.startswith("/anthropic/")


def answer(path: str, body: dict[str, Any], again: bool) -> Answer:
    model = body["model"]
    if refuses(model, again):
        return whole(REFUSED, status=429)
    if path.partition("?")[0].endswith("/count_tokens"):
        return whole({"input_tokens": 1200})
    if body.get("stream"):
        return stream(_events(model))
    return whole(_message(model, [{"type": "text", "text": "".join(WORDS)}], USAGE))


def _message(model: str, content: list[Any], usage: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": f"{model}-20260718",
        "content": content,
        "stop_reason": "end_turn" if content else None,
        "stop_sequence": None,
        "usage": usage,
    }


def _events(model: str) -> Iterator[tuple[str, Any]]:
    def event(kind: str, **members: Any) -> tuple[str, Any]:
        return kind, {"type": kind, **members}

    yield event("message_start", message=_message(model, [], FIRST_USAGE))
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield event("ping")
    for word in WORDS:
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
        if "breaks" in model:
            yield "error", BROKEN
    yield event("content_block_stop", index=0)
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    yield event("message_delta", delta=delta, usage=LAST_USAGE)
    yield event("message_stop")
