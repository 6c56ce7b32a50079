"""Transactions as lists show them, and which of them a list takes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.journal import Entry, EntryType, Kind, Paid, Reason, kinds_of
from shared.domain.search import Search


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """What a list shows of a journal entry, and `names`, the services and models it is found by."""

    account_id: str
    seq: int
    type: EntryType
    reason: Reason
    amount: int
    balance_after: int
    created_ms: int
    log_ids: tuple[str, ...]
    note: str | None
    metadata: str | None
    refund_of: str | None
    paid: Paid | None
    hash: bytes
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which transactions: a half-open range of `createdAt` in ms, a type, a reason, words to find.

    Lists and exports take the same; what is None takes everything.
    """

    start_ms: int | None = None
    end_ms: int | None = None
    type: EntryType | None = None
    reason: Reason | None = None
    search: Search | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of entries that its type and reason take."""
        return kinds_of(self.reason, self.type)

    def takes(self, entry: Entry | ListedEntry) -> bool:
        """Whether an entry is one of them. Its digest (or `names`) has to be there for a search."""
        return (
            (self.start_ms is None or entry.created_ms >= self.start_ms)
            and (self.end_ms is None or entry.created_ms < self.end_ms)
            and self.type in {None, entry.type}
            and self.reason in {None, entry.reason}
            and (self.search is None or self.search.finds(entry))
        )
