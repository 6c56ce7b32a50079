"""Reads of usage: single logs, a user's logs, statistics, summaries, analytics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from functions.query_stats.composition import Ports, routes_of
from functions.query_stats.settings import Settings
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cells import DynamoCells
from shared.store.logs import DynamoUsageLogs
from shared.store.thresholds import DynamoThresholds

READERS: Final = 8
"""Reads under way at once: they wait for the table; with more they would wait for the function's CPU."""


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings)
    ports = Ports(
        deps.workspaces,
        deps.directory,
        DynamoUsageLogs(deps.table),
        DynamoCells(deps.table),
        DynamoAccounts(deps.table),
        DynamoThresholds(deps.table, deps.clock).readable,
        DynamoAlerts(deps.table).newest,
        deps.clock,
        ThreadPoolExecutor(READERS).map,
    )
    return http_app(deps, routes_of(ports))


handler = build(Settings.read())
