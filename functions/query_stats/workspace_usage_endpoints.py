"""The routes of a workspace's usage: each reads its parameters, reads the figures, and shows them."""

from __future__ import annotations

from collections.abc import Mapping

from functions.query_stats.workspace_usage import ReadWorkspaceUsage
from functions.query_stats.workspace_usage_schemas import UsageRange
from functions.query_stats.workspace_usage_views import (
    dashboard_view,
    stats_view,
    usage_summary_view,
)
from shared.domain.workspace import Workspace
from shared.http.access import workspace_of
from shared.http.app import Endpoint
from shared.http.messages import Identity, Request, Response
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces


class WorkspaceUsageEndpoints:
    """Answers about the workspace that the path names."""

    def __init__(self, workspaces: Workspaces, usage: ReadWorkspaceUsage, clock: Clock) -> None:
        self._workspaces = workspaces
        self._usage = usage
        self._clock = clock

    def routes(self) -> Mapping[str, Endpoint]:
        """The endpoints by their routes' keys."""
        return {
            "GET /api/usage/stats/{workspaceId}": self.stats,
            "GET /api/usage/dashboard/{workspaceId}": self.dashboard,
            "GET /api/usage/summary/{workspaceId}": self.summary,
        }

    def stats(self, request: Request, identity: Identity) -> Response:
        """Statistics of a range of days."""
        workspace = self._workspace(request, identity)
        asked = UsageRange.of_stats(request.query, workspace.zone, self._clock.now_ms())
        usage = self._usage.usage(workspace, asked)
        top = self._usage.top_clients(workspace, identity, asked)
        return Response(200, stats_view(usage, top, workspace.currency))

    def dashboard(self, request: Request, identity: Identity) -> Response:
        """The last days at a glance, and the months before."""
        workspace = self._workspace(request, identity)
        asked = UsageRange.of_dashboard(request.query, workspace.zone, self._clock.now_ms())
        usage = self._usage.usage(workspace, asked)
        top = self._usage.top_clients(workspace, identity, asked)
        return Response(200, dashboard_view(usage, top, workspace.currency))

    def summary(self, request: Request, identity: Identity) -> Response:
        """The last 30 days in a few figures."""
        workspace = self._workspace(request, identity)
        asked = UsageRange.of_summary(request.query, workspace.zone, self._clock.now_ms())
        return Response(
            200, usage_summary_view(self._usage.usage(workspace, asked), workspace.currency)
        )

    def _workspace(self, request: Request, identity: Identity) -> Workspace:
        return self._workspaces.get(workspace_of(identity, request.path["workspaceId"]))
