"""Keyword search in lists of transactions: bounded, and honest about how far it looked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, Self, TypeVar

from shared.domain.journal import Entry
from shared.domain.search import Search
from shared.domain.transactions import ListedEntry
from shared.http.params import Paging, refused

E = TypeVar("E", Entry, ListedEntry)

MAX_LOOKED_AT: Final = 1_000
"""Entries read for one answer to a search: under a megabyte, so about as fast as any other list."""

PLACE: Final = re.compile(r"q([0-9]{1,12}) (.+)", re.ASCII | re.DOTALL)


class Looked(NamedTuple, Generic[E]):
    """An entry that a search looks at, its key, and how many entries were read up to it."""

    key: str
    entry: E
    read: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a search goes on: how many entries it has found so far, and the key it has come to."""

    found: int = 0
    key: str | None = None

    @classmethod
    def of(cls, paging: Paging) -> Self:
        """The place that a page's cursor stands for; the beginning where there is none.

        Raises:
            ValidationFailedError: the cursor is of another list.
        """
        if paging.cursor is None:
            return cls()
        match = PLACE.fullmatch(paging.cursor)
        if match is None:
            raise refused("cursor", "is not a cursor of this list")
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"q{self.found} {self.key}"


@dataclass(frozen=True, slots=True)
class Found(Generic[E]):
    """A page of what a search found.

    `total` counts what this and the pages before it found in all they looked at. Where the search stopped
    early, `back_to_ms` is when the last entry it looked at was created: there may be more beyond.
    """

    rows: list[E]
    total: int
    next: Place | None
    back_to_ms: int | None


def search(rows: Iterable[Looked[E]], wanted: Search, paging: Paging, start: Place) -> Found[E]:
    """Look through entries for a page: `start` is where the rows begin.

    It goes on after the page is full, so that `total` is of all that may be looked at for one answer.
    """
    offset = 0 if start.key is not None else paging.offset
    page: list[E] = []
    found, more = 0, False
    last: Looked[E] | None = None
    following = start
    for row in rows:
        if last is not None and last.read >= MAX_LOOKED_AT:
            after = following if more else Place(start.found + found, last.key)
            return Found(page, start.found + found, after, last.entry.created_ms)
        last = row
        if not wanted.finds(row.entry):
            continue
        found += 1
        if len(page) == paging.limit:
            more = True
        elif found > offset:
            page.append(row.entry)
            following = Place(start.found + found, row.key)
    return Found(page, start.found + found, following if more else None, None)
