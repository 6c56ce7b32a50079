"""Exports: asked for and fetched over HTTP, the long ones run as jobs of a queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.export.composition import parts_of
from functions.export.schemas import QUERIES, QueryReader, is_jobs, jobs_of, paging_query
from functions.export.settings import Settings
from functions.export.views import answer_view, list_view
from shared.compose import dependencies, http_app
from shared.http.access import workspace_of
from shared.http.app import Endpoint
from shared.http.messages import Event, Identity, Request, Response
from shared.http.params import Params


def build(settings: Settings) -> Callable[[Event, Any], Any]:
    """The function, put together."""
    deps = dependencies(settings.http)
    exports, run = parts_of(deps, settings)
    now_ms = deps.clock.now_ms

    def asking(read: QueryReader) -> Endpoint:
        def ask(request: Request, identity: Identity) -> Response:
            named = request.path.get("workspaceId", identity.workspace_id)
            workspace = deps.workspaces.get(workspace_of(identity, named))
            export = exports.ask(identity, workspace, read, request.query)
            links = exports.links(workspace, export)
            return Response(202 if links is None else 200, answer_view(export, links, now_ms()))

        return ask

    def get_export(request: Request, identity: Identity) -> Response:
        Params(request.query, frozenset())
        workspace = deps.workspaces.get(identity.workspace_id)
        export = exports.get(identity, workspace, request.path["id"])
        return Response(200, answer_view(export, exports.links(workspace, export), now_ms()))

    def list_exports(request: Request, identity: Identity) -> Response:
        paging = paging_query(request.query)
        page, total = exports.list(identity, deps.workspaces.get(identity.workspace_id), paging)
        return Response(200, list_view(page, total, paging, now_ms()))

    endpoints = {route: asking(read) for route, read in QUERIES.items()}
    looks = {"GET /api/exports": list_exports, "GET /api/exports/{id}": get_export}
    app = http_app(deps, endpoints | looks)

    def handle(event: Event, context: Any) -> Any:
        if not is_jobs(event):
            return app(event, context)
        return run.all(jobs_of(event), context.get_remaining_time_in_millis())

    return handle


handler = build(Settings.read())
