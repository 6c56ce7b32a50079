"""Thresholds, and the alerts they fired."""

from __future__ import annotations

from functions.thresholds.alerts import ReadAlerts
from functions.thresholds.endpoints import Endpoints
from functions.thresholds.service import ManageThresholds
from functions.thresholds.settings import Settings
from functions.thresholds.testing import FireTest
from shared.compose import Deps, dependencies, http_app
from shared.http.app import App
from shared.http.conditional import announced
from shared.store.alerts import DynamoAlerts
from shared.store.thresholds import DynamoThresholds
from shared.store.versions import DynamoVersions


def app(deps: Deps) -> App:
    """The function on what it stands on."""
    kept, alerts = DynamoThresholds(deps.table, deps.clock), DynamoAlerts(deps.table)
    endpoints = Endpoints(
        ManageThresholds(kept, deps.workspaces, deps.directory, deps.clock),
        ReadAlerts(alerts, deps.workspaces, deps.directory, deps.clock),
        FireTest(kept, alerts, deps.workspaces, deps.clock),
        deps.directory,
    )
    routes = {
        "GET /api/thresholds": endpoints.list_thresholds,
        "POST /api/thresholds": endpoints.create_threshold,
        "GET /api/thresholds/{id}": endpoints.get_threshold,
        "PUT /api/thresholds/{id}": endpoints.change_threshold,
        "DELETE /api/thresholds/{id}": endpoints.delete_threshold,
        "POST /api/thresholds/{id}/test": endpoints.test_threshold,
        "GET /api/alerts": endpoints.list_alerts,
        "POST /api/alerts/{id}/acknowledge": endpoints.acknowledge,
    }
    return http_app(deps, announced(routes, DynamoVersions(deps.table), deps.clock))


def build(settings: Settings) -> App:
    """The function, put together."""
    return app(dependencies(settings))


handler = build(Settings.read())
