"""Users by what they used: how many, and the largest of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.analytics.active import Bounds, FindActive
from shared.analytics.figures import Figures
from shared.analytics.question import COUNTS, Metric, largest_by, value_of
from shared.domain.active import Active
from shared.domain.statistics import Selection
from shared.domain.sums import Sums
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.runtime import Clock, Spread

MAX_RANKED_ROWS: Final = 450_000
"""Rows of lists read to find the largest users: 10,000 who were active on each of 400 days."""

MAX_SAMPLED_ACCOUNTS: Final = 100
"""Accounts asked one by one whether they used a service or model: exact for so many, a sample beyond."""

MAX_EXAMINED: Final = 500
"""Accounts asked one by one for what they used: three reads each, so a second or two."""

EXAMINED_AT_ONCE: Final = 16
"""Accounts asked before looking whether the rest can still matter."""

LISTED: Final[frozenset[Metric]] = frozenset({"requests", "errors", "tokens", "credits", "cost"})
"""Measures that lists of active accounts carry, and that more usage can only raise."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about: days of a workspace, both included, and what of them."""

    workspace: Workspace
    first: str
    last: str
    what: Selection


@dataclass(frozen=True, slots=True)
class Top:
    """The largest accounts with all their figures.

    `truncated`: there are more. `approximate`: and one of those may be larger.
    """

    rows: list[tuple[str, Sums]]
    truncated: bool = False
    approximate: bool = False


class Users:
    """Answers who used what."""

    def __init__(self, cells: Cells, clock: Clock, spread: Spread) -> None:
        self._active = FindActive(cells, clock, spread)
        self._figures = Figures(cells)
        self._spread = spread

    def count(self, asked: Asked, active: Active | None = None) -> tuple[int, bool]:
        """How many accounts used what is asked for, and whether that is an estimate.

        `active` are the accounts active in the range, where they were read already.
        """
        if active is None:
            active = self._active(asked.workspace, asked.first, asked.last, figures=())
        if not asked.what:
            return active.count, not active.complete
        sample = sorted(active.accounts)[:MAX_SAMPLED_ACCOUNTS]
        found = sum(1 for total in self._figures_of(asked, sample).values() if total.requests)
        if active.count == len(sample):
            return found, False
        # Ids are hashes, so the accounts with the smallest ones are like any others.
        return round(found * active.count / len(sample)), True

    def top(self, asked: Asked, metric: Metric, limit: int, active: Active | None = None) -> Top:
        """The largest accounts by a measure, at most `limit` of them; `active` as above.

        Lists of whole months bound what an account used in a part of them. Accounts are asked one by
        one, the largest bounds first, until no other can be among the largest (the threshold algorithm
        of Fagin, Lotem and Naor, "Optimal aggregation algorithms for middleware", 2001). Where too many
        come close, lists that make up the range exactly are read instead. No list knows services and
        models: there the answer is approximate when too many come close. So it is by a measure that
        more usage can lower, where there are more accounts than are shown.
        """
        listed: Metric = metric if metric in LISTED else "cost"
        days = asked.workspace, asked.first, asked.last
        figures = {COUNTS[listed]}
        if active is not None and active.complete:
            bounds = Bounds(active, exact=True)
        else:
            bounds = self._active.bounds(*days, MAX_RANKED_ROWS, figures)
        known: dict[str, Sums] = {}
        settled = self._examine(asked, bounds, listed, limit, known)
        if not (settled or asked.what):
            bounds = Bounds(self._active(*days, MAX_RANKED_ROWS, figures), exact=True)
            settled = self._examine(asked, bounds, listed, limit, known)
        used = {account_id: total for account_id, total in known.items() if total.requests}
        truncated = len(used) > limit or bounds.active.count > len(known)
        doubtful = truncated and metric not in LISTED
        return Top(
            largest_by(metric, used)[:limit],
            truncated,
            approximate=doubtful or not settled or not bounds.active.complete,
        )

    def _examine(
        self, asked: Asked, bounds: Bounds, metric: Metric, limit: int, known: dict[str, Sums]
    ) -> bool:
        """Ask accounts until the largest are `known`; False when that would take too many."""
        accounts = bounds.active.accounts
        order = [account_id for account_id, _ in largest_by(metric, accounts)]
        position = 0
        while position < len(order):
            step = EXAMINED_AT_ONCE if position else limit
            batch = order[position : position + step]
            known |= self._figures_of(asked, [a for a in batch if a not in known])
            position += len(batch)
            if position >= len(order) or (bounds.exact and not asked.what):
                return True
            least = largest_by(metric, known)[limit - 1 : limit]
            rest = value_of(accounts[order[position]], metric)
            if least and rest < value_of(least[0][1], metric):
                return True
            if position >= MAX_EXAMINED:
                return False
        return True

    def _figures_of(self, asked: Asked, accounts: Sequence[str]) -> dict[str, Sums]:
        """What each of the accounts used of what is asked for."""
        totals = self._spread(
            lambda account_id: self._figures.total(
                asked.workspace, account_id, asked.first, asked.last, asked.what
            ),
            accounts,
        )
        return dict(zip(accounts, totals, strict=True))
