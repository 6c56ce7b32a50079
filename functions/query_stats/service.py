"""Statistics and summaries of a workspace, or of one user, over a range of local days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from functions.query_stats.schemas import StatisticsQuery, SummaryQuery
from shared.analytics.active import FindActive
from shared.domain.cells import DAY_TOTAL, MODEL, Sums
from shared.domain.statistics import (
    Breakdown,
    breakdown,
    by_day,
    by_period,
    cost_of,
    largest_first,
    model_key,
    summed,
)
from shared.domain.workspace import Workspace
from shared.ports import Cells, Spread

RangeQuery = StatisticsQuery | SummaryQuery

MAX_SAMPLED_ACCOUNTS: Final = 100
"""Accounts asked one by one whether they used a service or model: exact for so many, a sample beyond."""

MAX_USER_ROWS: Final = 500
"""Users in a summary by user, those with the largest cost: each needs reads of its own."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known of a range: figures broken down, and how many users they are of.

    `estimated` marks a number of users that was too expensive to count. `percentile` and
    `parts_percentile` say whether p95 is kept for the totals and for the rows by service and model.
    """

    figures: Breakdown
    users: int
    estimated: bool
    percentile: bool
    parts_percentile: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """Rows of a range under their keys (account ids where it is grouped by user), and all of it.

    `truncated` says that there are more rows, smaller ones. `percentile` as above.
    """

    rows: list[tuple[str, Sums]]
    totals: Sums
    truncated: bool = False
    rows_percentile: bool = True
    percentile: bool = True


class ReadStatistics:
    """Answers questions about ranges of days from cells."""

    def __init__(self, cells: Cells, active: FindActive, spread: Spread) -> None:
        self._cells = cells
        self._active = active
        self._spread = spread

    def statistics(
        self, workspace: Workspace, account_id: str | None, query: StatisticsQuery
    ) -> Statistics:
        """Figures of the workspace, or of one account, in every breakdown."""
        figures = self._breakdown(workspace, account_id, query)
        one = account_id is not None
        if one:
            users, estimated = int(figures.total.requests > 0), False
        else:
            users, estimated = self._users(workspace, query)
        return Statistics(
            figures,
            users,
            estimated,
            percentile=not (one and query.what),
            parts_percentile=not one,
        )

    def summary(self, workspace: Workspace, account_id: str | None, query: SummaryQuery) -> Summary:
        """Figures of the workspace, or of one account, grouped in one way."""
        one, parted = account_id is not None, bool(query.what)
        if query.group == "user":
            return self._by_user(workspace, account_id, query)
        if query.group in {"service", "model"}:
            figures = self._breakdown(workspace, account_id, query)
            models = largest_first(figures.models, cost_of)
            return Summary(
                largest_first(figures.services, cost_of)
                if query.group == "service"
                else [(model_key(model), sums) for model, sums in models],
                figures.total,
                rows_percentile=not one,
                percentile=not (one and parted),
            )
        days = self._days(workspace, account_id, query)
        return Summary(
            list(by_period(days, query.group).items()),
            summed(days.values()),
            rows_percentile=not (one and parted),
            percentile=not (one and parted),
        )

    def _by_user(
        self, workspace: Workspace, account_id: str | None, query: SummaryQuery
    ) -> Summary:
        if account_id is not None:
            total = self._total(workspace, account_id, query)
            rows = [(account_id, total)] if total.requests else []
            kept = not query.what
            return Summary(rows, total, rows_percentile=kept, percentile=kept)
        active = self._active(workspace, query.first, query.last)
        ranked = [account for account, _ in largest_first(active.accounts, cost_of)]
        accounts = ranked[:MAX_USER_ROWS]
        totals = self._spread(lambda account: self._total(workspace, account, query), accounts)
        figures = zip(accounts, totals, strict=True)
        used = {account: total for account, total in figures if total.requests}
        return Summary(
            largest_first(used, cost_of),
            self._total(workspace, None, query),
            truncated=len(ranked) > MAX_USER_ROWS or not active.complete,
            rows_percentile=not query.what,
        )

    def _users(self, workspace: Workspace, query: StatisticsQuery) -> tuple[int, bool]:
        """How many accounts the figures are of, and whether that is an estimate."""
        active = self._active(workspace, query.first, query.last)
        if not query.what:
            return active.count, not active.complete
        sample = sorted(active.accounts)[:MAX_SAMPLED_ACCOUNTS]
        totals = self._spread(lambda account: self._total(workspace, account, query), sample)
        found = sum(1 for total in totals if total.requests)
        if active.count == len(sample):
            return found, False
        # Ids are hashes, so the accounts with the smallest ones are like any others.
        return round(found * active.count / len(sample)), True

    def _breakdown(
        self, workspace: Workspace, account_id: str | None, query: RangeQuery
    ) -> Breakdown:
        first, last = query.first, query.last
        if account_id is None:
            cells = self._cells.shared(workspace, MODEL, first, last)
        else:
            cells = self._cells.private(workspace, account_id, MODEL, first, last)
        return breakdown(cells, first, last, query.what)

    def _total(self, workspace: Workspace, account_id: str | None, query: RangeQuery) -> Sums:
        return summed(self._days(workspace, account_id, query).values())

    def _days(
        self, workspace: Workspace, account_id: str | None, query: RangeQuery
    ) -> dict[str, Sums]:
        if query.what:
            return self._breakdown(workspace, account_id, query).days
        first, last = query.first, query.last
        if account_id is None:
            cells = self._cells.shared(workspace, DAY_TOTAL, first, last)
        else:
            cells = self._cells.private(workspace, account_id, DAY_TOTAL, first, last)
        return by_day(cells, first, last)
