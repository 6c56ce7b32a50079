"""Reads of usage: single logs, a user's logs, statistics, summaries, analytics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.query_stats.caching import remembered
from functions.query_stats.composition import Ports, routes_of
from functions.query_stats.settings import Settings
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.http.conditional import Conditional
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cells import DynamoCells
from shared.store.logs import DynamoUsageLogs
from shared.store.thresholds import DynamoThresholds
from shared.store.versions import DynamoVersions

READERS: Final = 8
"""Reads under way at once: they wait for the table; with more they would wait for the function's CPU."""

metrics = Metrics()


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
    conditional = Conditional(
        DynamoVersions(deps.table),
        deps.workspaces,
        deps.directory,
        deps.clock,
        counted,
        settings.version,
    )
    return http_app(deps, remembered(routes_of(ports), conditional))


def counted(name: str) -> None:
    """Put one metric out, as a line of the log."""
    metrics.add_metric(name, MetricUnit.Count, 1)
    metrics.flush_metrics()


handler = build(Settings.read())
