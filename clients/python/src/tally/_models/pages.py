"""Lists come in pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page of a list; iterating goes over its items.

    `next_cursor` leads on and is None at the end. `total` is None where the service did not count.
    `balance` comes with the transactions of one account, `archived_before` with logs of which the older
    are in the archive, `searched_back_to` with a search that stopped early, `total_capped` with a
    total that is a lower bound.
    """

    items: tuple[T, ...]
    total: int | None = None
    page: int | None = None
    limit: int | None = None
    next_cursor: str | None = None
    balance: int | None = None
    archived_before: datetime | None = None
    searched_back_to: datetime | None = None
    total_capped: bool = False

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
