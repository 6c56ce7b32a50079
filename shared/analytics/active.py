"""The accounts active in a range of days, from the lists of those active on single days and months."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final, TypeVar

from shared.domain.active import Active, active_in, cover
from shared.domain.calendar import add_days, local_day
from shared.domain.workspace import Workspace
from shared.ports import Cells, Clock, Spread

R = TypeVar("R")

MAX_ACTIVE_ROWS: Final = 50_000
"""Rows of the lists of active accounts read for one answer (about 12 MB)."""


class FindActive:
    """Finds active accounts and their figures."""

    def __init__(self, cells: Cells, clock: Clock, spread: Spread) -> None:
        self._cells = cells
        self._clock = clock
        self._spread = spread

    def __call__(self, workspace: Workspace, first: str, last: str) -> Active:
        """The accounts active between two days, both included."""
        # A clock that is a little ahead may have dated usage into tomorrow, nothing is later.
        latest = add_days(local_day(self._clock.now_ms(), workspace.zone), 1)
        terms = cover(first, last, latest)
        lists = self._spread(lambda term: begun(self._cells.active(workspace, term.period)), terms)
        signs = (term.sign for term in terms)
        return active_in(zip(signs, lists, strict=True), MAX_ACTIVE_ROWS)


def begun(rows: Iterator[R]) -> Iterator[R]:
    """The same rows, the first of them read already (with all that comes in one piece with it)."""
    first = list(islice(rows, 1))
    return chain(first, rows)
