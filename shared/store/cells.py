"""Reads of cells: shared ones as they stand, private ones exactly as of now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from shared.domain.cells import CellKey, Delta, Deltas
from shared.domain.errors import ValidationFailedError
from shared.domain.folding import Foldable, Place, Step, private_of
from shared.domain.workspace import Workspace
from shared.ports.cells import CellRange
from shared.store.cell_items import (
    delta_from,
    names_of,
    private_cell_key,
    private_query,
    shared_cell_key,
    shared_query,
    up_to,
)
from shared.store.fold_items import cursor_from, read_steps
from shared.store.schema import ACTIVE, active_pk, cursor_key
from shared.store.table import Query, Table, rows, text

MAX_TAIL_ENTRIES: Final = 1_000
"""Entries folded while reading: twenty seconds of the busiest account. Beyond, cells are what there is."""


LATEST_PAGE: Final = 1_000
"""Cells read at once where only the latest are wanted."""

ACTIVE_PAGE: Final = 1_000
"""Accounts read at once: some 200 KB, so that many days side by side stay small."""


MAX_CELLS: Final = 60_000
"""Cells of one answer: 150 models on each of 400 days, some seconds and 150 MB. Services name models and
platforms as they like, so nothing else keeps a range from growing."""


class DynamoCells:
    """`Cells` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def shared(
        self, workspace: Workspace, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        """Shared cells of a family whose period lies between two days (or months), both included.

        Raises:
            ValidationFailedError: there are more than `MAX_CELLS`.
        """
        query = shared_query(workspace.workspace_id, workspace.generation, family, first, last)
        cells: Deltas = {}
        for item in rows(self._table, query):
            if len(cells) == MAX_CELLS:
                message = f"holds more than {MAX_CELLS:,} different figures: ask for fewer days"
                raise ValidationFailedError.of("?startDate", f"the range {message}")
            cells[shared_cell_key(item, family)] = delta_from(item)
        return cells

    def latest(
        self, workspace: Workspace, family: str, days: tuple[str, str], at_most: int
    ) -> dict[CellKey, Delta]:
        """Like `shared`, the latest first and only so many."""
        whole = shared_query(workspace.workspace_id, workspace.generation, family, *days)
        query = replace(whole, descending=True, limit=min(at_most, LATEST_PAGE))
        found = islice(rows(self._table, query), at_most)
        return {shared_cell_key(item, family): delta_from(item) for item in found}

    def private(
        self, workspace: Workspace, account_id: str, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        """An account's cells of a family, with its journal's tail folded in: exact now."""
        wanted = CellRange(family, first, last)
        return self.private_as_of(workspace, account_id, (wanted,))[1]

    def private_as_of(
        self, workspace: Workspace, account_id: str, wanted: Sequence[CellRange]
    ) -> tuple[int, dict[CellKey, Delta]]:
        """An account's cells of several ranges, all right after one entry, and that entry's number.

        The cursor is read first. Cells are written before it moves, so every entry up to it is in the cells
        read after it; of the entries above it each cell says by itself which ones it has. Where the tail
        is longer than `MAX_TAIL_ENTRIES`, or holds an entry that cannot be folded, the rest is left out,
        and cells that are further already go beyond the number.
        """
        place = Place(workspace.workspace_id, workspace.generation, account_id)
        cursor = cursor_from(
            self._table.get(cursor_key(place.workspace_id, account_id, place.generation))
        )
        cells: Deltas = {}
        folded: dict[CellKey, int] = {}
        for family, first, last in wanted:
            for item in rows(self._table, private_query(place, family, first, last)):
                key = private_cell_key(item, place.generation, family)
                cells[key] = delta_from(item)
                folded[key] = up_to(item)
        steps = read_steps(
            self._table, place.workspace_id, account_id, cursor.seq + 1, MAX_TAIL_ENTRIES
        )
        seq = cursor.seq
        for entry in _foldable(steps):
            seq = entry.seq
            for key, delta in private_of(entry, workspace.zone).items():
                if entry.seq > folded.get(key, 0) and _within(key, wanted):
                    cells.setdefault(key, Delta()).add(delta)
        return seq, cells

    def active(
        self, workspace: Workspace, period: str, figures: Collection[str] | None = None
    ) -> Iterator[tuple[str, Delta]]:
        """`(account_id, figures)` of the accounts active on a local day or month (sums only).

        In the order of the account ids, from an index that follows the cells after a moment.
        """
        # Very long lists are mostly decoding: what is not looked at is not asked for.
        kept = ACTIVE.include if figures is None else names_of(figures)
        partition = active_pk(workspace.workspace_id, workspace.generation, period)
        only = (ACTIVE.sort_key, *kept)
        for item in rows(self._table, Query(partition, ACTIVE, limit=ACTIVE_PAGE, only=only)):
            yield text(item, ACTIVE.sort_key), delta_from(item)


def _within(key: CellKey, wanted: Iterable[CellRange]) -> bool:
    return any(
        key.family == family and first <= key.period <= last for family, first, last in wanted
    )


def _foldable(steps: Iterable[Step]) -> Iterator[Foldable]:
    """The entries before the first that cannot be folded."""
    for step in steps:
        if not isinstance(step, Foldable):
            return
        yield step
