"""OpenAI's wire format: chat completions, responses, embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.vendors.wire import WORDS, Answer, refuses, stream, whole

CHAT_USAGE = {
    "prompt_tokens": 1200,
    "completion_tokens": 300,
    "total_tokens": 1500,
    "prompt_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 64},
    "completion_tokens_details": {"reasoning_tokens": 120},
}
RESPONSE_USAGE = {
    "input_tokens": 1200,
    "output_tokens": 300,
    "total_tokens": 1500,
    "input_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 64},
    "output_tokens_details": {"reasoning_tokens": 120},
}
REFUSED = {
    "error": {
        "message": "You exceeded your current quota",
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_quota",
    }
}
BROKEN = {"error": {"message": "The server had an error", "type": "server_error", "code": None}}


def speaks(path: str) -> bool:
    return path.startswith("/openai/")


def answer(path: str, body: dict[str, Any], again: bool) -> Answer:
    model = body["model"]
    if refuses(model, again):
        return whole(REFUSED, status=429)
    if path.endswith("/embeddings"):
        vector = {"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}
        usage = {"prompt_tokens": 7, "total_tokens": 7}
        return whole({"object": "list", "model": model, "data": [vector], "usage": usage})
    if path.endswith("/responses"):
        return (
            stream(_events(model)) if body.get("stream") else whole(_response(model, "completed"))
        )
    if body.get("stream"):
        options = body.get("stream_options") or {}
        return stream(_chunks(model, bool(options.get("include_usage"))))
    message = {"role": "assistant", "content": "".join(WORDS), "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return whole(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": f"{model}-2026-07-18",
            "choices": [choice],
            "usage": CHAT_USAGE,
        }
    )


def _chunks(model: str, include_usage: bool) -> Iterator[tuple[None, Any]]:
    base = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_790_000_000,
        "model": f"{model}-2026-07-18",
    } | ({"usage": None} if include_usage else {})

    def chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return base | {"choices": [choice]}

    yield None, chunk({"role": "assistant", "content": ""})
    for word in WORDS:
        yield None, chunk({"content": word})
        if "breaks" in model:
            yield None, BROKEN
    yield None, chunk({}, "stop")
    if include_usage:
        yield None, base | {"choices": [], "usage": CHAT_USAGE}
    yield None, "[DONE]"


def _response(model: str, status: str) -> dict[str, Any]:
    text = {"type": "output_text", "text": "".join(WORDS), "annotations": [], "logprobs": []}
    message = {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [text],
    }
    done = status == "completed"
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_790_000_000,
        "model": f"{model}-2026-07-18",
        "status": status,
        "error": {"code": "server_error", "message": "broken"} if status == "failed" else None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "output": [message] if done else [],
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": RESPONSE_USAGE if done else None,
    }


def _events(model: str) -> Iterator[tuple[str, Any]]:
    number = 0

    def event(kind: str, **members: Any) -> tuple[str, Any]:
        nonlocal number
        number += 1
        return kind, {"type": kind, "sequence_number": number, **members}

    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    yield event("response.created", response=_response(model, "in_progress"))
    item = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
    yield event("response.output_item.added", output_index=0, item=item | {"status": "in_progress"})
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    yield event("response.content_part.added", part=part, **place)
    for word in WORDS:
        yield event("response.output_text.delta", delta=word, logprobs=[], **place)
    if "breaks" in model:
        yield event("response.failed", response=_response(model, "failed"))
    else:
        yield event("response.completed", response=_response(model, "completed"))
