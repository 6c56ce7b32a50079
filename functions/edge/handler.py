"""The service itself: its health, its document and reference page, and every path that is not there."""

from __future__ import annotations

from typing import Final

from functions.edge.files import serve
from functions.edge.service import CheckHealth
from functions.edge.settings import Settings
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.http.messages import Request, Response
from shared.http.params import Params

FILES: Final = {
    "GET /api/openapi.json": "openapi.json",
    "GET /api/reference": "reference/index.html",
}
PAGES: Final = (*FILES, "GET /api/reference/{file}")


def build(settings: Settings) -> App:
    """The function, put together. What has no route is refused by `App` itself."""
    deps = dependencies(settings)
    check_health = CheckHealth(deps.workspaces)

    def get_health(request: Request) -> Response:
        Params(request.query, frozenset())
        check_health()
        return Response(200, {"status": "ok", "version": settings.version})

    def file(request: Request) -> Response:
        Params(request.query, frozenset())
        return serve(request, FILES.get(request.route_key) or f"reference/{request.path['file']}")

    return http_app(deps, {}, {"GET /api/health": get_health, **dict.fromkeys(PAGES, file)})


handler = build(Settings.read())
