"""Answers as they go over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

WORDS = ("Hello", " you", "!")


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200


def whole(value: Any, status: int = 200) -> Answer:
    """A JSON answer."""
    return Answer(json.dumps(value).encode(), status=status)


def stream(events: Iterable[tuple[str | None, Any]]) -> Answer:
    """An answer of server-sent events: names (or none) and data, JSON unless it is a text."""
    text = ""
    for name, data in events:
        text += f"event: {name}\n" if name else ""
        text += f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"
    return Answer(text.encode(), "text/event-stream")


def refuses(model: str, again: bool) -> bool:
    """Whether a call of the model is refused."""
    return "fails" in model or ("stumbles" in model and not again)
