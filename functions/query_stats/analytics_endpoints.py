"""The routes of the analytics: each reads its parameters, asks a service, and shows the answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from functions.query_stats.analytics import ReadOverview
from functions.query_stats.analytics_schemas import (
    SERIES,
    TOKEN_GROUPS,
    GroupedQuery,
    TopQuery,
)
from functions.query_stats.analytics_views import (
    hours_view,
    metrics_view,
    models_view,
    overview_view,
    parts_view,
    query_view,
    series_view,
    services_view,
    token_usage_view,
    top_view,
)
from functions.query_stats.schemas import StatisticsQuery
from functions.query_stats.service import ReadStatistics
from shared.analytics.query import AnswerQuestion
from shared.analytics.question import Answer, Filters, Group, Question
from shared.domain.statistics import Breakdown
from shared.domain.workspace import Workspace
from shared.http.access import Access
from shared.http.app import Endpoint
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params
from shared.http.questions import QUESTION_PARAMETERS, question_of
from shared.ports.cells import Cells
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces


class AnalyticsEndpoints:
    """What the function answers about a workspace's usage as a whole, over whatever keeps the data."""

    def __init__(
        self,
        workspaces: Workspaces,
        access: Access,
        cells: Cells,
        clock: Clock,
        spread: Spread,
        overview: ReadOverview,
    ) -> None:
        self._workspaces = workspaces
        self._clock = clock
        self._access = access
        self._statistics = ReadStatistics(cells, clock, spread)
        self._answer = AnswerQuestion(cells, clock, spread)
        self._overview = overview

    def routes(self) -> Mapping[str, Endpoint]:
        """The endpoints by their routes' keys."""
        return {
            "GET /api/analytics/dashboard": self.dashboard,
            "GET /api/analytics/metrics": self.metrics,
            "GET /api/analytics/services": self.services,
            "GET /api/analytics/models": self.models,
            "GET /api/analytics/countries": partial(self.parts, "countries", "country"),
            "GET /api/analytics/platforms": partial(self.parts, "platforms", "platform"),
            "GET /api/analytics/hours": self.hours,
            "GET /api/analytics/timeseries": self.timeseries,
            "GET /api/analytics/users/top": self.top_users,
            "GET /api/analytics/token-usage": self.token_usage,
            "GET /api/analytics/query": self.query,
        }

    def dashboard(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/dashboard."""
        workspace, query, filters = self._filtered(request, identity)
        found = self._overview(workspace, query.first, query.last, filters)
        accounts = {
            *found.top.accounts,
            *(run_out.account_id for run_out in found.forecast.run_outs),
            *(a.line.account_id for a in found.alerts if a.line.account_id is not None),
        }
        shown = self._access.shown_ids(workspace, identity, accounts)
        return Response(200, overview_view(found, shown, workspace.currency))

    def metrics(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/metrics."""
        workspace, query, filters = self._filtered(request, identity)
        found = self._statistics.statistics(workspace, filters.account_id, query)
        return Response(200, metrics_view(found, workspace.currency))

    def services(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/services."""
        workspace, figures, percentile = self._figures(request, identity)
        rows = services_view(figures, percentile=percentile)
        return Response(200, {"services": rows, "currency": workspace.currency})

    def models(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/models."""
        workspace, figures, percentile = self._figures(request, identity)
        rows = models_view(figures, percentile=percentile)
        return Response(200, {"models": rows, "currency": workspace.currency})

    def parts(self, name: str, group: Group, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/countries and /platforms."""
        workspace, query, filters = self._filtered(request, identity)
        answer = self._answer(workspace, Question(query.first, query.last, group, filters))
        return Response(200, {name: parts_view(group, answer), "currency": workspace.currency})

    def hours(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/hours."""
        workspace, figures, _ = self._figures(request, identity)
        return Response(200, hours_view(figures.hours) | {"currency": workspace.currency})

    def timeseries(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/timeseries."""
        workspace, _, answer = self._grouped(request, identity, SERIES)
        body = {"timeseries": series_view(answer), "currency": workspace.currency}
        return Response(200, body)

    def top_users(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/users/top."""
        workspace = self._workspaces.get(identity.workspace_id)
        query = TopQuery.parse(request.query, workspace.zone, self._clock.now_ms())
        asked, filters = query.asked, _filters(query.asked, None)
        answer = self._answer(
            workspace,
            Question(asked.first, asked.last, "user", filters, query.metric, query.limit),
        )
        shown = self._shown(workspace, identity, answer)
        view = top_view(answer, query.metric, shown) | {"currency": workspace.currency}
        return Response(200, view)

    def token_usage(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/token-usage."""
        workspace, group, answer = self._grouped(request, identity, TOKEN_GROUPS)
        shown = self._shown(workspace, identity, answer) if group == "user" else {}
        return Response(200, token_usage_view(answer, shown, workspace.currency))

    def query(self, request: Request, identity: Identity) -> Response:
        """GET /api/analytics/query."""
        workspace = self._workspaces.get(identity.workspace_id)
        params = Params(request.query, QUESTION_PARAMETERS)
        question, user_id = question_of(params, workspace.zone, self._clock.now_ms())
        if user_id is not None:
            question = question.about(self._access.account(workspace, identity, user_id))
        answer = self._answer(workspace, question)
        shown = self._shown(workspace, identity, answer) if question.group == "user" else {}
        return Response(200, query_view(answer, shown, workspace.currency))

    def _filtered(
        self, request: Request, identity: Identity
    ) -> tuple[Workspace, StatisticsQuery, Filters]:
        workspace = self._workspaces.get(identity.workspace_id)
        query = StatisticsQuery.parse(request.query, workspace.zone, self._clock.now_ms())
        return workspace, query, self._filters(workspace, identity, query)

    def _grouped(
        self, request: Request, identity: Identity, groups: tuple[Group, ...]
    ) -> tuple[Workspace, Group, Answer]:
        workspace = self._workspaces.get(identity.workspace_id)
        now_ms = self._clock.now_ms()
        query = GroupedQuery.parse(request.query, workspace.zone, now_ms, groups)
        asked = query.asked
        filters = self._filters(workspace, identity, asked)
        question = Question(asked.first, asked.last, query.group, filters)
        return workspace, query.group, self._answer(workspace, question)

    def _figures(self, request: Request, identity: Identity) -> tuple[Workspace, Breakdown, bool]:
        """The figures asked for, and whether p95 is kept for their services and models."""
        workspace, query, filters = self._filtered(request, identity)
        account_id = filters.account_id
        figures = self._statistics.figures(
            workspace, account_id, query.first, query.last, query.what
        )
        return workspace, figures, account_id is None

    def _filters(self, workspace: Workspace, identity: Identity, query: StatisticsQuery) -> Filters:
        return _filters(query, self._access.scope(workspace, identity, query.user_id))

    def _shown(self, workspace: Workspace, identity: Identity, answer: Answer) -> dict[str, str]:
        return self._access.shown_ids(workspace, identity, answer.accounts)


def _filters(query: StatisticsQuery, account_id: str | None) -> Filters:
    return Filters(account_id, query.what.service, query.what.model)
