"""Transactions of a workspace by local day: what cells have of them, and what is not there yet."""

from __future__ import annotations

from itertools import islice
from typing import Final

from shared.domain.calendar import local_day, local_day_hour
from shared.domain.cells import TRANSACTIONS, Moves
from shared.domain.journal import KINDS, Kind
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.journal import Journal
from shared.ports.runtime import Clock

TAIL_MS: Final = 120_000
"""How far back entries are looked at that the folding may not have taken yet: 60 times what it aims at."""

MAX_TAIL_ROWS: Final = 500
"""And at most so many: three seconds of ten thousand transactions a minute, a read unit for each account."""

TRIES: Final = 4
"""Reads of the tail until nothing is folded in between. Then entries being folded may be missing."""

FIRST_DAY, LAST_DAY = "1969-12-31", "9999-12-31"
"""No day of any time zone lies outside."""

Days = dict[str, Moves]


class TransactionDays:
    """Reads a workspace's transactions by day.

    Cells have an entry exactly when its account's cursor is past it. So the newest entries are held against
    the cursors, and if the cells are the same before and after that, cells and the entries that are not in
    them are all there is at that moment, each once.
    """

    def __init__(self, cells: Cells, journal: Journal, clock: Clock) -> None:
        self._cells = cells
        self._journal = journal
        self._clock = clock

    def read(
        self, workspace: Workspace, first: str, last: str, kinds: tuple[Kind, ...] = KINDS
    ) -> Days:
        """Transactions from one day to another, both included; days without any are left out.

        Of other kinds than those asked for there may be some missing.
        """
        days = self._cells_of(workspace, first, last)
        since_ms = self._clock.now_ms() - TAIL_MS
        begin = max(first, local_day(since_ms, workspace.zone))
        if begin > last:
            return days
        for tries_left in reversed(range(TRIES)):
            fresh = self._fresh(workspace, since_ms, kinds)
            if fresh is None:
                return days
            again = self._cells_of(workspace, begin, last)
            if not tries_left or again == {day: days[day] for day in days if day >= begin}:
                for day, moves in fresh.items():
                    if first <= day <= last:
                        days.setdefault(day, Moves()).add(moves)
                return days
            days |= again
        raise AssertionError("the last try returns")

    def opened(self, workspace: Workspace) -> int:
        """How many accounts have moved."""
        return sum(moves.opened for moves in self.read(workspace, FIRST_DAY, LAST_DAY).values())

    def _cells_of(self, workspace: Workspace, first: str, last: str) -> Days:
        cells = self._cells.shared(workspace, TRANSACTIONS, first, last)
        return {key.period: delta.moves for key, delta in cells.items()}

    def _fresh(self, workspace: Workspace, since_ms: int, kinds: tuple[Kind, ...]) -> Days | None:
        """The newest entries that are not in cells; None where there are no new entries at all."""
        tail = self._journal.between(
            workspace.workspace_id,
            kinds,
            since_ms,
            None,
            descending=True,
            expected=MAX_TAIL_ROWS,
        )
        entries = [entry for _, entry in islice(tail, MAX_TAIL_ROWS)]
        if not entries:
            return None
        accounts = list({entry.account_id for entry in entries})
        folded = self._journal.folded(workspace, accounts)
        days: Days = {}
        for entry in entries:
            if entry.seq > folded[entry.account_id]:
                day, hour = local_day_hour(entry.created_ms, workspace.zone)
                kind = KINDS.index((entry.reason, entry.type))
                moves = Moves({(kind, hour): 1}, {kind: entry.amount}, int(entry.seq == 1))
                days.setdefault(day, Moves()).add(moves)
        return days
