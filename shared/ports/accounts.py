"""Reads of account heads and their journals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from shared.domain.head import Head
from shared.domain.journal import Entry, RunningTotals
from shared.domain.seals import Seal


class Standing(NamedTuple):
    """An account after entry `seq` (0: before the first): its running totals and its balance."""

    seq: int
    totals: RunningTotals
    balance: int


class Accounts(Protocol):
    """Reads of heads and journals. All of them consistent."""

    def head(self, workspace_id: str, account_id: str) -> Head | None:
        """An account's head; None before its first movement."""

    def heads(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, Head]:
        """The heads of several accounts by account; those without a movement are left out."""

    def entry(self, workspace_id: str, account_id: str, seq: int) -> Entry | None:
        """One journal entry."""

    def refunded(self, workspace_id: str, account_id: str, seq: int) -> int:
        """The credits of a journal entry that were given back so far."""

    def entries(
        self, workspace_id: str, account_id: str, first: int, last: int, *, descending: bool = False
    ) -> Iterator[Entry]:
        """Journal entries `first` … `last`, both included."""

    def entries_at(self, workspace_id: str, account_id: str, numbers: Sequence[int]) -> list[Entry]:
        """Some journal entries by their numbers, in that order, all read at once."""

    def readable_entries(
        self, workspace_id: str, account_id: str, first: int
    ) -> Iterator[Entry | None]:
        """The journal from entry `first`; None, and no more, for an entry that cannot be decoded."""

    def seals(self, workspace_id: str, account_id: str) -> Iterator[Seal]:
        """An account's seals, the latest first; those that cannot be read are left out."""

    def head_at(self, head: Head, seq: int) -> Head:
        """The head as it was right after entry `seq` (0: before the first)."""

    def heads_at(self, head: Head, numbers: Collection[int]) -> dict[int, Head]:
        """The head as it was right after each of some entries, by their numbers."""

    def standings(self, head: Head, instants: Sequence[int]) -> list[Standing]:
        """Where the account stood just before each of some instants, in their order.

        Reads about log₂ n entries for each instant, side by side, and none of the n twice.
        """

    def standings_at(self, head: Head, numbers: Collection[int]) -> dict[int, Standing]:
        """Where the account stood after entries (0: before the first), all read at once."""

    def last_seq_before(self, head: Head, at_ms: int) -> int:
        """The number of the last entry created before an instant (0: none). Reads log₂ n entries."""
