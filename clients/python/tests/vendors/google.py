"""Gemini's wire format: generated content."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.vendors.wire import WORDS, Answer, refuses, stream, whole

USAGE = {
    "promptTokenCount": 1100,
    "cachedContentTokenCount": 1000,
    "toolUsePromptTokenCount": 100,
    "candidatesTokenCount": 180,
    "thoughtsTokenCount": 120,
    "totalTokenCount": 1500,
}
REFUSED = {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}
BROKEN = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
PATH = re.compile(r"/models/([^:]+):(\w+)")


def speaks(path: str) -> bool:
    return path.startswith("/google/")


def answer(path: str, body: dict[str, Any], again: bool) -> Answer:
    found = PATH.search(path)
    assert found is not None, path
    model, method = found[1], found[2]
    if refuses(model, again):
        return whole(REFUSED, status=429)
    if method == "countTokens":
        return whole({"totalTokens": 1100})
    if method == "streamGenerateContent":
        return stream(_parts(model))
    if "calls" in model and len(body["contents"]) == 1:
        call = {"functionCall": {"name": "look_up", "args": {"word": "you"}}}
        return whole(_content(model, [call], USAGE))
    return whole(_content(model, [{"text": "".join(WORDS)}], USAGE))


def _content(model: str, parts: list[Any], usage: dict[str, Any]) -> dict[str, Any]:
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": f"{model}-001",
        "responseId": "resp-of-gemini",
    }


def _parts(model: str) -> Iterator[tuple[None, Any]]:
    for count, word in enumerate(WORDS, 1):
        last = count == len(WORDS)
        so_far = USAGE if last else USAGE | {"candidatesTokenCount": 10 * count}
        yield None, _content(model, [{"text": word}], so_far)
        if "breaks" in model:
            yield None, BROKEN
