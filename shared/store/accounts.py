"""Reads of account heads and journals, all consistent."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from shared.domain.calendar import FIRST_MS
from shared.domain.head import Head
from shared.domain.journal import NO_TOTALS, Entry
from shared.domain.seals import Seal
from shared.ports.accounts import Standing
from shared.store.items import entry_from, head_at, head_from, totals_from
from shared.store.schema import (
    MAX_SEQ,
    account_pk,
    entry_key,
    entry_sk,
    head_key,
    refunded_key,
)
from shared.store.seals import seals_of
from shared.store.table import Item, Query, Table, number, rows


class DynamoAccounts:
    """`Accounts` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def head(self, workspace_id: str, account_id: str) -> Head | None:
        """An account's head; None before its first movement."""
        item = self._table.get(head_key(workspace_id, account_id))
        return None if item is None else head_from(item)

    def heads(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, Head]:
        """The heads of several accounts by account; those without a movement are left out."""
        found = self._table.get_many([head_key(workspace_id, a) for a in account_ids])
        heads = map(head_from, found.values())
        return {head.account_id: head for head in heads}

    def entry(self, workspace_id: str, account_id: str, seq: int) -> Entry | None:
        """One journal entry."""
        item = self._table.get(entry_key(workspace_id, account_id, seq))
        return None if item is None else entry_from(item)

    def refunded(self, workspace_id: str, account_id: str, seq: int) -> int:
        """The credits of a journal entry that were given back so far."""
        item = self._table.get(refunded_key(workspace_id, account_id, seq))
        return 0 if item is None else number(item, "am")

    def entries(
        self, workspace_id: str, account_id: str, first: int, last: int, *, descending: bool = False
    ) -> Iterator[Entry]:
        """Journal entries `first` … `last`, both included, read as they are taken."""
        if first > last:
            return
        query = Query(
            account_pk(workspace_id, account_id),
            low=entry_sk(first),
            high=entry_sk(last),
            descending=descending,
        )
        for item in rows(self._table, query):
            yield entry_from(item)

    def entries_at(self, workspace_id: str, account_id: str, numbers: Sequence[int]) -> list[Entry]:
        """Some journal entries by their numbers, in that order, all read at once."""
        keys = [entry_key(workspace_id, account_id, seq) for seq in numbers]
        found = self._table.get_many(keys)
        return [entry_from(found[key["pk"], key["sk"]]) for key in keys]

    def readable_entries(
        self, workspace_id: str, account_id: str, first: int
    ) -> Iterator[Entry | None]:
        """The journal from entry `first`; None, and no more, for an entry that cannot be decoded."""
        pk, seq = account_pk(workspace_id, account_id), first - 1
        try:
            for item in rows(self._table, Query(pk, low=entry_sk(first), high=entry_sk(MAX_SEQ))):
                entry = entry_from(item)
                yield entry
                seq = entry.seq
        except ValueError:
            # A page with an item that is none at all: the entries before it are there one by one.
            yield from self._one_by_one(workspace_id, account_id, seq + 1)

    def _one_by_one(self, workspace_id: str, account_id: str, first: int) -> Iterator[Entry | None]:
        for seq in range(first, MAX_SEQ):
            try:
                entry = self.entry(workspace_id, account_id, seq)
            except ValueError:
                entry = None
            yield entry
            if entry is None:
                return

    def seals(self, workspace_id: str, account_id: str) -> Iterator[Seal]:
        """An account's seals, the latest first; those that cannot be read are left out."""
        return seals_of(self._table, workspace_id, account_id)

    def head_at(self, head: Head, seq: int) -> Head:
        """The head as it was right after entry `seq` (0: before the first)."""
        if seq == head.seq:
            return head
        if seq == 0:
            return Head(head.workspace_id, head.account_id)
        return head_at(self._item(head, seq), head)

    def heads_at(self, head: Head, numbers: Collection[int]) -> dict[int, Head]:
        """The head as it was right after each of some entries, by their numbers."""
        items = self._items(head, numbers)
        return {seq: head_at(item, head) for seq, item in items.items()}

    def last_seq_before(self, head: Head, at_ms: int) -> int:
        """The number of the last entry created before an instant (0: none). Reads log₂ n entries."""
        return self._bisect(head, [at_ms], {})[0]

    def standings(self, head: Head, instants: Sequence[int]) -> list[Standing]:
        """Where the account stood just before each of some instants, in any order."""
        known = {
            0: Mark(FIRST_MS, Standing(0, NO_TOTALS, 0)),
            head.seq: Mark(head.last_created_ms, Standing(head.seq, head.totals, head.balance)),
        }
        found = self._bisect(head, instants, known)
        known |= self._marks(head, set(found) - known.keys())
        return [known[seq].standing for seq in found]

    def standings_at(self, head: Head, numbers: Collection[int]) -> dict[int, Standing]:
        """Where the account stood after entries (0: before the first), all read at once."""
        known = {
            0: Standing(0, NO_TOTALS, 0),
            head.seq: Standing(head.seq, head.totals, head.balance),
        }
        marks = self._marks(head, set(numbers) - known.keys())
        known |= {seq: mark.standing for seq, mark in marks.items()}
        return {seq: known[seq] for seq in numbers}

    def _bisect(self, head: Head, instants: Sequence[int], known: dict[int, Mark]) -> list[int]:
        """The number of the last entry before each instant; `known` takes all that is read.

        `createdAt` never runs against `seq`. The instants are bisected side by side: a round is one read of
        all middles, and no entry is read twice.
        """
        bounds = [_bounds(head, at_ms) for at_ms in instants]
        while True:
            open_ = [at for at, (low, high) in enumerate(bounds) if high - low > 1]
            if not open_:
                return [low for low, _ in bounds]
            middles = {at: sum(bounds[at]) // 2 for at in open_}
            known |= self._marks(head, set(middles.values()) - known.keys())
            for at, middle in middles.items():
                low, high = bounds[at]
                before = known[middle].created_ms < instants[at]
                bounds[at] = (middle, high) if before else (low, middle)

    def _marks(self, head: Head, numbers: Collection[int]) -> dict[int, Mark]:
        return {
            seq: Mark(number(item, "ca"), Standing(seq, totals_from(item), number(item, "ba")))
            for seq, item in self._items(head, numbers).items()
        }

    def _items(self, head: Head, numbers: Collection[int]) -> dict[int, Item]:
        keys = {seq: entry_key(head.workspace_id, head.account_id, seq) for seq in sorted(numbers)}
        found = self._table.get_many(list(keys.values()))
        items = {seq: found.get((key["pk"], key["sk"])) for seq, key in keys.items()}
        return {seq: self._there(item) for seq, item in items.items()}

    def _item(self, head: Head, seq: int) -> Item:
        return self._there(self._table.get(entry_key(head.workspace_id, head.account_id, seq)))

    @staticmethod
    def _there(item: Item | None) -> Item:
        assert item is not None, "the journal has no holes"
        return item


class Mark(NamedTuple):
    """When an entry was created, and where the account stood after it."""

    created_ms: int
    standing: Standing


def _bounds(head: Head, at_ms: int) -> tuple[int, int]:
    """Two numbers: the entry of the first (0: none) was created before an instant, the second's was not."""
    if head.seq == 0 or at_ms <= head.created_ms:
        return 0, 1
    if at_ms > head.last_created_ms:
        return head.seq, head.seq + 1
    return 1, head.seq
