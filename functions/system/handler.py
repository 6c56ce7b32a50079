"""GET /api/admin/system: how the whole of it fares, for operators."""

from __future__ import annotations

from functions.system.service import ReadSystem, System
from functions.system.settings import Settings
from shared.adapters.queue_depths import SqsDepths
from shared.compose import dependencies, http_app
from shared.domain.calendar import utc_text
from shared.http.app import App
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params
from shared.http.views.view import View
from shared.store.alerts import DynamoAlerts
from shared.store.system import DynamoSystem


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings.http)
    kept = DynamoSystem(deps.table)
    depths = SqsDepths(settings.failure_queue_urls)
    read = ReadSystem(kept, DynamoAlerts(deps.table), depths, deps.clock)

    def get_system(request: Request, _: Identity) -> Response:
        Params(request.query, frozenset())
        return Response(200, system_view(read(), settings.http.version))

    return http_app(deps, {"GET /api/admin/system": get_system})


def system_view(system: System, version: str) -> View:
    """The state of the system; what the nightly jobs have not told yet is null."""
    return {
        "streamLagSeconds": -(-system.stream_lag_ms // 1000),
        "deadLetters": system.dead_letters,
        "pendingAlerts": system.pending_alerts,
        "drift": system.drift,
        "lastReconciled": _time(system.reconciled_ms),
        "lastArchived": _time(system.archived_ms),
        "version": version,
    }


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else utc_text(at_ms)


handler = build(Settings.read())
