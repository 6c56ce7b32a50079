"""The routes of insight: what could be saved, what is to come, and a user's own overview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from functions.query_stats.my_usage import MyUsage, ReadMyUsage
from functions.query_stats.schemas import STATISTICS_PARAMETERS, StatisticsQuery
from functions.query_stats.views import statistics_view
from shared.analytics.forecast import Forecaster
from shared.analytics.savings import FindSavings
from shared.domain.statistics import Selection
from shared.domain.workspace import Workspace
from shared.http.access import Access
from shared.http.app import Endpoint
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params
from shared.http.views.alerts import current_view, threshold_view
from shared.http.views.forecast import forecast_view
from shared.http.views.savings import savings_view
from shared.http.views.view import View
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

FORECAST_PARAMETERS: Final = frozenset({"userId", "service", "model"})
OWN_PARAMETERS: Final = STATISTICS_PARAMETERS - {"userId"}


@dataclass(frozen=True, slots=True)
class ForecastQuery:
    """What of all usage is forecast. The range is this month, always."""

    user_id: str | None
    what: Selection

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Read the parameters.

        Raises:
            ValidationFailedError: one is unknown or wrong.
        """
        params = Params(query, FORECAST_PARAMETERS)
        what = Selection(params.label("service"), params.label("model"))
        return cls(params.user_id(), what)


class InsightEndpoints:
    """Answers that say what to do, not only what was."""

    def __init__(
        self,
        workspaces: Workspaces,
        access: Access,
        savings: FindSavings,
        forecaster: Forecaster,
        my_usage: ReadMyUsage,
        clock: Clock,
    ) -> None:
        self._workspaces = workspaces
        self._access = access
        self._savings = savings
        self._forecaster = forecaster
        self._my_usage = my_usage
        self._clock = clock

    def routes(self) -> Mapping[str, Endpoint]:
        """The endpoints by their routes' keys."""
        return {
            "GET /api/analytics/savings": self.savings,
            "GET /api/analytics/forecast": self.forecast,
            "GET /api/analytics/my-usage": self.my_usage,
        }

    def savings(self, request: Request, identity: Identity) -> Response:
        """Proposals to save, with their arithmetic."""
        workspace = self._workspaces.get(identity.workspace_id)
        query = StatisticsQuery.parse(request.query, workspace.zone, self._clock.now_ms())
        account_id = self._access.scope(workspace, identity, query.user_id)
        found = self._savings(workspace, account_id, query.what, query.first, query.last)
        return Response(200, savings_view(found, workspace.currency))

    def forecast(self, request: Request, identity: Identity) -> Response:
        """The month's cost to be, and who runs out of credits."""
        workspace = self._workspaces.get(identity.workspace_id)
        query = ForecastQuery.parse(request.query)
        account_id = self._access.scope(workspace, identity, query.user_id)
        found = self._forecaster(workspace, account_id, query.what)
        accounts = [run_out.account_id for run_out in found.run_outs]
        shown = self._access.shown_ids(workspace, identity, accounts)
        return Response(200, {"forecast": forecast_view(found, shown, workspace.currency)})

    def my_usage(self, request: Request, identity: Identity) -> Response:
        """The caller's own statistics, balance and thresholds."""
        Params(request.query, OWN_PARAMETERS)
        workspace = self._workspaces.get(identity.workspace_id)
        query = StatisticsQuery.parse(request.query, workspace.zone, self._clock.now_ms())
        account_id = self._access.account(workspace, identity, identity.subject)
        found = self._my_usage(workspace, account_id, query)
        return Response(200, _my_usage_view(found, workspace, identity.subject))


def _my_usage_view(found: MyUsage, workspace: Workspace, user_id: str) -> View:
    """`{usage, balance, thresholds}`; `current` of each is the user's, also where it is for all."""
    head = found.head
    return {
        "usage": statistics_view(found.statistics, workspace.currency)["statistics"],
        "balance": head.balance,
        "thresholds": [
            threshold_view(
                threshold,
                None if threshold.rules.account_id is None else user_id,
                current_view(threshold, head.today, head.this_month, found.day, workspace.zone),
            )
            for threshold in found.thresholds
        ],
    }
