"""Keyword search over transactions: what is looked at, and when it matches. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, Self
from unicodedata import normalize

MAX_SEARCH_LENGTH: Final = 200
"""Characters of a search: a sentence. Each word is looked for in every text of every entry."""


class Searchable(Protocol):
    """What of a transaction is searched. `names` are the services and models of its logs."""

    @property
    def reason(self) -> str:
        """Why credits moved."""

    @property
    def note(self) -> str | None:
        """A note, where there is one."""

    @property
    def metadata(self) -> str | None:
        """A JSON object as text, where there is one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Services and models."""


@dataclass(frozen=True, slots=True)
class Search:
    """Words that all have to be found, each in any of a transaction's texts, in any case."""

    words: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The search that a caller wrote.

        Raises:
            ValueError: it says nothing, or too much.
        """
        if len(text) > MAX_SEARCH_LENGTH:
            raise ValueError(f"must have at most {MAX_SEARCH_LENGTH} characters")
        words = tuple(dict.fromkeys(_folded(text).split()))
        if not words:
            raise ValueError("must say what to look for")
        return cls(words)

    def finds(self, entry: Searchable) -> bool:
        """Whether every word stands in the note, the reason, a metadata value, a service or a model."""
        texts = [_folded(text) for text in _texts(entry)]
        return all(any(word in text for text in texts) for word in self.words)


def _texts(entry: Searchable) -> Iterator[str]:
    yield entry.reason
    yield from entry.names
    if entry.note is not None:
        yield entry.note
    if entry.metadata is not None:
        yield from _values(json.loads(entry.metadata, parse_float=str, parse_int=str))


def _values(value: object) -> Iterator[str]:
    """The values of metadata as text, however deep; names of members are no values."""
    if isinstance(value, dict):
        for member in value.values():
            yield from _values(member)
    elif isinstance(value, list):
        for member in value:
            yield from _values(member)
    elif isinstance(value, bool):
        yield str(value).lower()
    elif value is not None:
        yield str(value)


def _folded(text: str) -> str:
    """A text without differences of case, and of how its letters are put together."""
    return normalize("NFKC", normalize("NFKC", text).casefold())
