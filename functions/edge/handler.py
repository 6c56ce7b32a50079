"""GET /api/health, and every path that is not there (`$default`)."""

from __future__ import annotations

from functions.edge.service import CheckHealth
from functions.edge.settings import Settings
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.http.messages import Request, Response
from shared.http.params import Params


def build(settings: Settings) -> App:
    """The function, put together. What has no route is refused by `App` itself."""
    deps = dependencies(settings)
    check_health = CheckHealth(deps.workspaces)

    def get_health(request: Request) -> Response:
        Params(request.query, frozenset())
        check_health()
        return Response(200, {"status": "ok", "version": settings.version})

    return http_app(deps, {}, {"GET /api/health": get_health})


handler = build(Settings.read())
