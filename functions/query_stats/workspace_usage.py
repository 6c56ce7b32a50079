"""The usage of a workspace that charges per message: days, hours and months, and who sent most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from functions.query_stats.workspace_usage_schemas import UsageRange
from shared.analytics.active import FindActive
from shared.domain.calendar import month_of, previous_month
from shared.domain.cells import DAY_TOTAL, MONTH_TOTAL, HourSums
from shared.domain.statistics import by_day, by_hour, cost_of, largest_first, requests_of
from shared.domain.sums import Sums
from shared.domain.workspace import Workspace
from shared.http.access import Access
from shared.http.messages import Identity
from shared.http.privacy import sees_user_ids
from shared.ports.cells import Cells
from shared.ports.runtime import Spread
from shared.ports.workspaces import Workspaces

TOP_CLIENTS: Final = 10
TREND_MONTHS: Final = 4


@dataclass(frozen=True, slots=True)
class Client:
    """A user as the caller may see them, with their figures; `name` as registered, where it shows."""

    client_id: str
    name: str | None
    figures: Sums


@dataclass(frozen=True, slots=True)
class Usage:
    """Figures by day and hour of a range, and by month (oldest first) whatever the range."""

    days: Mapping[str, Sums]
    hours: Mapping[int, HourSums]
    months: Mapping[str, Sums]


@dataclass(frozen=True, slots=True)
class TopClients:
    """The clients with most, the first ten; `truncated` when not all clients were compared."""

    clients: Sequence[Client]
    truncated: bool


class ReadWorkspaceUsage:
    """Reads the usage of a workspace as a whole."""

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

    def usage(self, workspace: Workspace, asked: UsageRange) -> Usage:
        """The figures of a range of days, and of this month and those before."""
        cells = self._cells.shared(workspace, DAY_TOTAL, asked.first, asked.last)
        return Usage(
            days=by_day(cells, asked.first, asked.last),
            hours=dict(enumerate(by_hour(cells.values()))),
            months=self._months(workspace, month_of(asked.today)),
        )

    def top_clients(
        self, workspace: Workspace, identity: Identity, asked: UsageRange
    ) -> TopClients:
        """The clients with the largest cost (or most messages) in a range of days."""
        active = self._active(workspace, asked.first, asked.last)
        figure = cost_of if asked.ranking == "cost" else requests_of
        top = dict(largest_first(active.accounts, figure)[:TOP_CLIENTS])
        shown = self._access.shown_ids(workspace, identity, top)
        names = self._names(workspace, top) if sees_user_ids(workspace, identity) else {}
        return TopClients(
            [
                Client(shown[account_id], names.get(account_id), figures)
                for account_id, figures in top.items()
            ],
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

    def _names(self, workspace: Workspace, accounts: Mapping[str, Sums]) -> dict[str, str]:
        customers = self._spread(
            lambda account_id: self._workspaces.customer(workspace.workspace_id, account_id),
            accounts,
        )
        return {found.account_id: found.name for found in customers if found is not None}
