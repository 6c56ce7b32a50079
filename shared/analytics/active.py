"""The accounts active in a range of days, from the lists of those active on single days and months."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple, TypeVar

from shared.domain.active import Active, Term, active_in, cover, outline
from shared.domain.calendar import add_days, local_day
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.runtime import Clock, Spread

R = TypeVar("R")

MAX_ACTIVE_ROWS: Final = 50_000
"""Rows of the lists of active accounts read to count or list them (about 10 MB)."""

FEW_LISTS: Final = 8
"""So many lists of a range itself are read rather than those of the months around it."""


class Bounds(NamedTuple):
    """Active accounts with figures that theirs of a range cannot exceed, or (`exact`) that they are."""

    active: Active
    exact: bool


class FindActive:
    """Finds active accounts and their figures."""

    def __init__(self, cells: Cells, clock: Clock, spread: Spread) -> None:
        self._cells = cells
        self._clock = clock
        self._spread = spread

    def __call__(
        self,
        workspace: Workspace,
        first: str,
        last: str,
        max_rows: int | None = None,
        figures: Collection[str] | None = None,
    ) -> Active:
        """The accounts active between two days, both included.

        `max_rows` bounds what is read (default `MAX_ACTIVE_ROWS`); of their figures, only requests
        and the `figures` named are there (default: all that lists have).
        """
        terms = cover(first, last, self._latest(workspace))
        return self._listed(workspace, terms, max_rows or MAX_ACTIVE_ROWS, figures)

    def bounds(
        self, workspace: Workspace, first: str, last: str, max_rows: int, figures: Collection[str]
    ) -> Bounds:
        """The accounts that can have been active between two days, from few lists."""
        latest = self._latest(workspace)
        terms = cover(first, last, latest)
        exact = len(terms) <= FEW_LISTS
        if not exact:
            terms = outline(first, last, latest)
        return Bounds(self._listed(workspace, terms, max_rows, figures), exact)

    def _latest(self, workspace: Workspace) -> str:
        # A clock that is a little ahead may have dated usage into tomorrow, nothing is later.
        return add_days(local_day(self._clock.now_ms(), workspace.zone), 1)

    def _listed(
        self,
        workspace: Workspace,
        terms: Sequence[Term],
        max_rows: int,
        figures: Collection[str] | None,
    ) -> Active:
        wanted = None if figures is None else {"requests", *figures}
        lists = self._spread(
            lambda term: begun(self._cells.active(workspace, term.period, wanted)), terms
        )
        signs = (term.sign for term in terms)
        return active_in(zip(signs, lists, strict=True), max_rows)


def begun(rows: Iterator[R]) -> Iterator[R]:
    """The same rows, the first of them read already (with all that comes in one piece with it)."""
    first = list(islice(rows, 1))
    return chain(first, rows)
