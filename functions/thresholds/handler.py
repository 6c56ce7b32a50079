"""Thresholds, and the alerts they fired."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from functions.thresholds.alerts import ReadAlerts
from functions.thresholds.endpoints import Endpoints
from functions.thresholds.service import ManageThresholds
from functions.thresholds.settings import Settings
from functions.thresholds.testing import FireTest
from functions.thresholds.trial import TryThreshold
from shared.compose import Deps, dependencies, http_app
from shared.http.app import App
from shared.http.conditional import announced
from shared.ports.runtime import Spread
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cells import DynamoCells
from shared.store.journal import DynamoJournal
from shared.store.thresholds import DynamoThresholds
from shared.store.versions import DynamoVersions

READERS: Final = 8
"""Reads under way at once: they wait for the table; with more they would wait for the function's CPU."""


def app(deps: Deps, spread: Spread = map) -> App:
    """The function on what it stands on. `spread` reads several journals at the same time."""
    kept, alerts = DynamoThresholds(deps.table, deps.clock), DynamoAlerts(deps.table)
    endpoints = Endpoints(
        ManageThresholds(kept, deps.workspaces, deps.directory, deps.clock),
        ReadAlerts(alerts, deps.workspaces, deps.directory, deps.clock),
        FireTest(kept, alerts, deps.workspaces, deps.clock),
        TryThreshold(
            DynamoAccounts(deps.table),
            DynamoJournal(deps.table, spread),
            DynamoCells(deps.table),
            deps.workspaces,
            deps.directory,
            deps.clock,
            spread,
            kept,
        ),
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
    changing = announced(routes, DynamoVersions(deps.table), deps.clock)
    return http_app(deps, {**changing, "POST /api/thresholds/try": endpoints.try_threshold})


def build(settings: Settings) -> App:
    """The function, put together."""
    return app(dependencies(settings), ThreadPoolExecutor(READERS).map)


handler = build(Settings.read())
