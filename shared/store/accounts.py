"""Reads of account heads and journals, all consistent."""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.head import Head
from shared.domain.journal import NO_TOTALS, Entry, RunningTotals
from shared.store.items import entry_from, head_from, totals_from
from shared.store.schema import ENTRY_PREFIX, account_pk, entry_key, entry_sk, head_key
from shared.store.table import Item, Query, Table, number, rows


class DynamoAccounts:
    """`Accounts` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def head(self, workspace_id: str, account_id: str) -> Head | None:
        """An account's head; None before its first movement."""
        item = self._table.get(head_key(workspace_id, account_id))
        return None if item is None else head_from(item)

    def entry(self, workspace_id: str, account_id: str, seq: int) -> Entry | None:
        """One journal entry."""
        item = self._table.get(entry_key(workspace_id, account_id, seq))
        return None if item is None else entry_from(item)

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

    def readable_entries(self, workspace_id: str, account_id: str) -> Iterator[Entry | None]:
        """The whole journal from its first entry; None for an entry that cannot be decoded."""
        for item in rows(
            self._table, Query(account_pk(workspace_id, account_id), prefix=ENTRY_PREFIX)
        ):
            try:
                yield entry_from(item)
            except ValueError:
                yield None

    def totals(self, head: Head, seq: int) -> RunningTotals:
        """Running totals after entry `seq` (0: none yet)."""
        if seq == head.seq:
            return head.totals
        return NO_TOTALS if seq == 0 else totals_from(self._item(head, seq))

    def last_seq_before(self, head: Head, at_ms: int) -> int:
        """The number of the last entry created before an instant (0: none).

        `createdAt` never runs against `seq`, so a bisection finds it with log₂ n reads.
        """
        if at_ms > head.last_created_ms:
            return head.seq
        if at_ms <= head.created_ms:
            return 0
        low, high = 1, head.seq
        while high - low > 1:
            middle = (low + high) // 2
            if number(self._item(head, middle), "ca") < at_ms:
                low = middle
            else:
                high = middle
        return low

    def _item(self, head: Head, seq: int) -> Item:
        item = self._table.get(entry_key(head.workspace_id, head.account_id, seq))
        assert item is not None, "the journal has no holes"
        return item
