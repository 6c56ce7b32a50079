"""Reads of all journals of a workspace together: by kind and time, from the journal index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import chain, islice
from typing import Final

from shared.domain.calendar import utc_text
from shared.domain.journal import Kind
from shared.domain.transactions import ListedEntry
from shared.domain.workspace import Workspace
from shared.ports.runtime import Spread
from shared.store.fold_items import cursor_from
from shared.store.items import listed_from
from shared.store.schema import JOURNAL, Key, cursor_key, journal_index_pks
from shared.store.table import Item, Query, Table, rows, text

PAGE_SLACK: Final = 8
"""Rows of a partition read beyond its even share: shards are hashes, so a few more or less are usual."""

MAX_PAGE: Final = 500
"""Rows of a partition read at once: some 200 KB, as eight partitions are read side by side."""


class DynamoJournal:
    """The `Journal` in the table."""

    def __init__(self, table: Table, spread: Spread) -> None:
        self._table = table
        self._spread = spread

    def between(
        self,
        workspace_id: str,
        kinds: Sequence[Kind],
        start_ms: int | None,
        end_ms: int | None,
        *,
        descending: bool,
        after: str | None = None,
        expected: int,
    ) -> Iterator[tuple[str, ListedEntry]]:
        """`(key to go on from, entry)` of a half-open range of `createdAt`, in order of time.

        About `expected` of them are read at once, all partitions of the kinds side by side.
        """
        low = None if start_ms is None else utc_text(start_ms)
        high = None if end_ms is None else utc_text(end_ms)
        if after is not None and descending:
            high = after if high is None else min(high, after)
        elif after is not None:
            low = after if low is None else max(low, after)
        if low is not None and high is not None and low >= high:
            return
        partitions = [pk for kind in kinds for pk in journal_index_pks(workspace_id, kind)]
        size = min(expected // len(partitions) + PAGE_SLACK, MAX_PAGE)
        queries = [
            Query(pk, JOURNAL, low, high, descending=descending, limit=size) for pk in partitions
        ]
        begun = self._spread(lambda query: _begun(rows(self._table, query)), queries)
        ordered = merge(*begun, key=_place, reverse=descending)
        for item in ordered:
            place = _place(item)
            if place != after:
                yield place, listed_from(item)

    def folded(self, workspace: Workspace, account_ids: Sequence[str]) -> dict[str, int]:
        """Up to which entry accounts' journals are in the cells of transactions, consistently.

        Of an entry that is folded in parts, the first part has those cells.
        """
        generation = workspace.generation
        keys = {a: cursor_key(workspace.workspace_id, a, generation) for a in account_ids}
        found = self._table.get_many(list(keys.values()))
        return {account_id: _folded(found, key) for account_id, key in keys.items()}


def _folded(found: dict[tuple[str, str], Item], key: Key) -> int:
    cursor = cursor_from(found.get((key["pk"], key["sk"])))
    return cursor.seq + (1 if cursor.part else 0)


def _place(item: Item) -> str:
    return text(item, JOURNAL.sort_key)


def _begun(found: Iterator[Item]) -> Iterator[Item]:
    """The same rows, the first of them read already (with all that comes in one piece with it)."""
    first = list(islice(found, 1))
    return chain(first, found)
