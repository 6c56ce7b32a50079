"""Answers that one instance remembers by their tags: the latest used, up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

MAX_BYTES: Final = 16 * 1024 * 1024
"""What all remembered answers may take: a few hundred of them, a thirtieth of the function's memory."""

MAX_ANSWER_BYTES: Final = MAX_BYTES // 16
"""A larger answer would push out too many others."""


class RememberedAnswers:
    """Bodies by tag. Not safe between threads: an instance answers one request at a time."""

    def __init__(
        self, max_bytes: int = MAX_BYTES, max_answer_bytes: int = MAX_ANSWER_BYTES
    ) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._max_bytes = max_bytes
        self._max_answer_bytes = max_answer_bytes
        self._bytes = 0

    def get(self, tag: str) -> bytes | None:
        """The body under a tag."""
        body = self._bodies.get(tag)
        if body is not None:
            self._bodies.move_to_end(tag)
        return body

    def put(self, tag: str, body: bytes) -> None:
        """Remember a body, and forget those not used for longest."""
        if len(body) > self._max_answer_bytes:
            return
        self._bytes += len(body) - len(self._bodies.pop(tag, b""))
        self._bodies[tag] = body
        while self._bytes > self._max_bytes:
            _, forgotten = self._bodies.popitem(last=False)
            self._bytes -= len(forgotten)
