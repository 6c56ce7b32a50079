"""The routes: each reads its parameters, asks a service, and shows the answer."""

from __future__ import annotations

from collections.abc import Mapping

from functions.query_stats.logs import ReadUsageLogs
from functions.query_stats.schemas import (
    LogsQuery,
    StatisticsQuery,
    SummaryQuery,
)
from functions.query_stats.service import ReadStatistics
from functions.query_stats.views import (
    log_page_view,
    statistics_view,
    summary_view,
)
from functions.query_stats.workspace_usage import ReadWorkspaceUsage
from functions.query_stats.workspace_usage_endpoints import WorkspaceUsageEndpoints
from shared.analytics.active import FindActive
from shared.domain.errors import NotFoundError
from shared.domain.ids import ID
from shared.http.access import Access
from shared.http.app import Endpoint
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params
from shared.http.views.logs import usage_log_view
from shared.ports.cells import Cells
from shared.ports.directory import Directory
from shared.ports.logs import UsageLogs
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces


class Endpoints:
    """What the function answers, over whatever keeps the data."""

    def __init__(
        self,
        workspaces: Workspaces,
        directory: Directory,
        logs: UsageLogs,
        cells: Cells,
        clock: Clock,
        spread: Spread,
    ) -> None:
        self._workspaces = workspaces
        self._clock = clock
        self._access = Access(directory)
        self._logs = ReadUsageLogs(logs, cells, clock)
        self._statistics = ReadStatistics(cells, clock, spread)
        active = FindActive(cells, clock, spread)
        usage = ReadWorkspaceUsage(active, cells, workspaces, self._access, spread)
        self._workspace_usage = WorkspaceUsageEndpoints(workspaces, usage, clock)

    def routes(self) -> Mapping[str, Endpoint]:
        """The endpoints by their routes' keys."""
        return {
            "GET /api/usage-logs/{id}": self.usage_log,
            "GET /api/usage-logs/user/{userId}": self.user_logs,
            "GET /api/usage-logs/stats": self.statistics,
            "GET /api/usage-logs/summary": self.summary,
            **self._workspace_usage.routes(),
        }

    def usage_log(self, request: Request, identity: Identity) -> Response:
        """One log, for those who may see it."""
        Params(request.query, frozenset())
        log_id = request.path["id"]
        if ID.fullmatch(log_id) is None:
            raise NotFoundError("There is no such usage log.")
        workspace = self._workspaces.get(identity.workspace_id)
        log = self._logs.one(workspace, log_id)
        self._access.require(workspace, identity, log.account_id)
        user_id = self._access.user_id(workspace, log.account_id)
        return Response(200, {"usageLog": usage_log_view(log, user_id)})

    def user_logs(self, request: Request, identity: Identity) -> Response:
        """A page of a user's logs; none for a user nobody has heard of."""
        workspace = self._workspaces.get(identity.workspace_id)
        query = LogsQuery.parse(request.query, workspace.zone)
        account_id = self._access.account(workspace, identity, request.path["userId"])
        page = self._logs.page(workspace, account_id, query)
        user_id = self._access.user_id(workspace, account_id) if page.rows else ""
        before_ms = self._logs.archived_before_ms(workspace)
        return Response(200, log_page_view(page, query, user_id, before_ms))

    def statistics(self, request: Request, identity: Identity) -> Response:
        """Statistics of the workspace or of one user."""
        workspace = self._workspaces.get(identity.workspace_id)
        query = StatisticsQuery.parse(request.query, workspace.zone, self._clock.now_ms())
        account_id = self._access.scope(workspace, identity, query.user_id)
        found = self._statistics.statistics(workspace, account_id, query)
        return Response(200, statistics_view(found, workspace.currency))

    def summary(self, request: Request, identity: Identity) -> Response:
        """A summary of the workspace or of one user."""
        workspace = self._workspaces.get(identity.workspace_id)
        query = SummaryQuery.parse(request.query, workspace.zone, self._clock.now_ms())
        account_id = self._access.scope(workspace, identity, query.user_id)
        found = self._statistics.summary(workspace, account_id, query)
        accounts = found.accounts if query.group == "user" else []
        shown = self._access.shown_ids(workspace, identity, accounts)
        return Response(200, summary_view(found, shown, workspace.currency))
