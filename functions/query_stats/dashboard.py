"""The dashboard of a workspace that charges per message: a few days at a glance, and the months before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from functions.query_stats.schemas import DashboardQuery
from shared.analytics.active import FindActive
from shared.domain.calendar import month_of, previous_month
from shared.domain.cells import DAY_TOTAL, MONTH_TOTAL, HourSums, Sums
from shared.domain.statistics import by_day, by_hour, cost_of, largest_first, requests_of
from shared.domain.workspace import Workspace
from shared.http.access import Access
from shared.http.messages import Identity
from shared.http.privacy import sees_user_ids
from shared.ports import Cells, Spread, Workspaces

TOP_CLIENTS: Final = 10
TREND_MONTHS: Final = 4


@dataclass(frozen=True, slots=True)
class Client:
    """A user as the caller may see them, with their figures; `name` as registered, where it shows."""

    client_id: str
    name: str | None
    figures: Sums


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Figures by day, hour and month (oldest first); `truncated` when not all clients were compared."""

    days: Mapping[str, Sums]
    hours: Mapping[int, HourSums]
    months: Mapping[str, Sums]
    clients: list[Client]
    truncated: bool


class ReadDashboard:
    """Puts the dashboard's figures together."""

    def __init__(
        self,
        active: FindActive,
        cells: Cells,
        workspaces: Workspaces,
        access: Access,
        spread: Spread,
    ) -> None:
        self._active = active
        self._cells = cells
        self._workspaces = workspaces
        self._access = access
        self._spread = spread

    def __call__(
        self, workspace: Workspace, identity: Identity, query: DashboardQuery
    ) -> Dashboard:
        """The dashboard of a range of days that ends today."""
        cells = self._cells.shared(workspace, DAY_TOTAL, query.first, query.last)
        active = self._active(workspace, query.first, query.last)
        figure = cost_of if query.ranking == "cost" else requests_of
        top = dict(largest_first(active.accounts, figure)[:TOP_CLIENTS])
        return Dashboard(
            days=by_day(cells, query.first, query.last),
            hours=dict(enumerate(by_hour(cells.values()))),
            months=self._months(workspace, month_of(query.last)),
            clients=self._clients(workspace, identity, top),
            truncated=not active.complete,
        )

    def _months(self, workspace: Workspace, current: str) -> dict[str, Sums]:
        months = [current]
        while len(months) < TREND_MONTHS:
            months.insert(0, previous_month(months[0]))
        cells = self._cells.shared(workspace, MONTH_TOTAL, months[0], current)
        nothing = Sums()
        found = {key.period: delta.sums for key, delta in cells.items()}
        return {month: found.get(month, nothing) for month in months}

    def _clients(
        self, workspace: Workspace, identity: Identity, top: Mapping[str, Sums]
    ) -> list[Client]:
        shown = self._access.shown_ids(workspace, identity, top)
        names = self._names(workspace, top) if sees_user_ids(workspace, identity) else {}
        return [
            Client(shown[account_id], names.get(account_id), figures)
            for account_id, figures in top.items()
        ]

    def _names(self, workspace: Workspace, accounts: Mapping[str, Sums]) -> dict[str, str]:
        customers = self._spread(
            lambda account_id: self._workspaces.customer(workspace.workspace_id, account_id),
            accounts,
        )
        return {found.account_id: found.name for found in customers if found is not None}
