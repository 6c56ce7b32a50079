"""Reads of usage: single logs, a user's logs, statistics, summaries, analytics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from functions.query_stats.endpoints import Endpoints
from functions.query_stats.insight_endpoints import InsightEndpoints
from functions.query_stats.my_usage import ReadMyUsage
from functions.query_stats.service import ReadStatistics
from functions.query_stats.settings import Settings
from shared.analytics.active import FindActive
from shared.analytics.forecast import Forecaster
from shared.analytics.savings import FindSavings
from shared.compose import dependencies, http_app
from shared.domain.price_book import price_book
from shared.http.access import Access
from shared.http.app import App
from shared.store.accounts import DynamoAccounts
from shared.store.cells import DynamoCells
from shared.store.logs import DynamoUsageLogs
from shared.store.thresholds import DynamoThresholds

READERS: Final = 8
"""Reads under way at once: they wait for the table; with more they would wait for the function's CPU."""


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings)
    clock, workspaces = deps.clock, deps.workspaces
    cells, accounts = DynamoCells(deps.table), DynamoAccounts(deps.table)
    spread = ThreadPoolExecutor(READERS).map
    forecaster = Forecaster(cells, FindActive(cells, clock, spread), accounts, clock, spread)
    endpoints = Endpoints(
        workspaces, deps.directory, DynamoUsageLogs(deps.table), cells, clock, spread
    )
    insight = InsightEndpoints(
        workspaces,
        Access(deps.directory),
        FindSavings(cells, workspaces, clock, price_book),
        forecaster,
        ReadMyUsage(
            ReadStatistics(cells, clock, spread),
            accounts,
            DynamoThresholds(deps.table, clock).readable,
            clock,
        ),
        clock,
    )
    return http_app(deps, {**endpoints.routes(), **insight.routes()})


handler = build(Settings.read())
