"""What the analytics show beyond the answer to one question: overviews, months, the dashboard."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from shared.analytics.active import FindActive
from shared.analytics.figures import Figures
from shared.analytics.forecast import Forecast, Forecaster
from shared.analytics.question import Answer, Filters, Row, largest_by
from shared.analytics.users import Asked, Top, Users
from shared.domain.alerts import Alert, AlertFilter
from shared.domain.calendar import day_start_ms, local_day, month_of, previous_month
from shared.domain.statistics import Breakdown, breakdown, grouped
from shared.domain.sums import Sums
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.runtime import Clock, Spread

MONTHS: Final = 4
"""Months that are compared: this one and the three before."""

MAX_LISTED_ROWS: Final = 10_000
"""Rows of lists of active accounts read for a dashboard; beyond, users are estimated (±4 %)."""

TOP_USERS: Final = 10
NEWEST_ALERTS: Final = 10

NewestAlerts = Callable[[str, AlertFilter], Iterable[tuple[str, Alert]]]
"""`(key, alert)` of a workspace's alerts, newest first."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A dashboard's figures. `months` has the last four, the oldest first, whatever the range.

    `users` of them are counted, or `estimated`. `kept` and `parts_kept` say whether p95 is kept for
    totals and days, and for services, models and users.
    """

    figures: Breakdown
    series: list[Row]
    users: int
    estimated: bool
    kept: bool
    parts_kept: bool
    top: Answer
    months: dict[str, Sums]
    forecast: Forecast
    alerts: list[Alert]


class ReadOverview:
    """Puts a dashboard together."""

    def __init__(
        self,
        cells: Cells,
        clock: Clock,
        spread: Spread,
        forecaster: Forecaster,
        newest_alerts: NewestAlerts,
    ) -> None:
        self._figures = Figures(cells)
        self._active = FindActive(cells, clock, spread)
        self._users = Users(cells, clock, spread)
        self._clock = clock
        self._forecaster = forecaster
        self._newest_alerts = newest_alerts

    def __call__(self, workspace: Workspace, first: str, last: str, filters: Filters) -> Overview:
        """The dashboard of a range of days, both included."""
        account_id, what = filters.account_id, filters.what
        cells = self._figures.models(workspace, account_id, first, last, what)
        figures = breakdown(cells, first, last, what)
        asked = Asked(workspace, first, last, what)
        kept, parts_kept = account_id is None or not what, account_id is None
        if account_id is None:
            top, users, estimated = self._largest(asked)
        else:
            used = [(account_id, figures.total)] if figures.total.requests else []
            top, users, estimated = Top(used), len(used), False
        alerts = self._newest_alerts(workspace.workspace_id, AlertFilter(account_id))
        zone = workspace.zone
        return Overview(
            figures=figures,
            series=[Row(day, sums, day_start_ms(day, zone)) for day, sums in figures.days.items()],
            users=users,
            estimated=estimated,
            kept=kept,
            parts_kept=parts_kept,
            top=Answer(
                [Row(account, sums) for account, sums in top.rows],
                figures.total,
                "sums" if what else "all",
                "all" if kept else "sums",
            ),
            months=self._months(workspace, filters),
            forecast=self._forecaster(workspace, account_id, what),
            alerts=[alert for _, alert in islice(alerts, NEWEST_ALERTS)],
        )

    def _largest(self, asked: Asked) -> tuple[Top, int, bool]:
        """The largest users, and how many there are.

        Lists that were read to the end have all but their times: asking each user would take more the
        more they used.
        """
        active = self._active(asked.workspace, asked.first, asked.last, MAX_LISTED_ROWS)
        if active.complete and not asked.what:
            top = Top(largest_by("cost", active.accounts)[:TOP_USERS])
        else:
            top = self._users.top(asked, "cost", TOP_USERS, active)
        return top, *self._users.count(asked, active)

    def _months(self, workspace: Workspace, filters: Filters) -> dict[str, Sums]:
        today = local_day(self._clock.now_ms(), workspace.zone)
        months = [month_of(today)]
        while len(months) < MONTHS:
            months.insert(0, previous_month(months[0]))
        account_id, what = filters.account_id, filters.what
        if what:
            first = f"{months[0]}-01"
            cells = self._figures.models(workspace, account_id, first, today, what)
        else:
            cells = self._figures.months(workspace, account_id, months[0], months[-1])
        found = grouped((month_of(key.period), delta.sums) for key, delta in cells.items())
        return {month: found.get(month) or Sums() for month in months}
