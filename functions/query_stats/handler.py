"""Reads of usage: single logs, a user's logs, statistics, summaries, a workspace's dashboard."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from functions.query_stats.endpoints import Endpoints
from functions.query_stats.settings import Settings
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.store.cells import DynamoCells
from shared.store.logs import DynamoUsageLogs

READERS: Final = 8
"""Reads under way at once: they wait for the table; with more they would wait for the function's CPU."""


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings)
    endpoints = Endpoints(
        deps.workspaces,
        deps.directory,
        DynamoUsageLogs(deps.table),
        DynamoCells(deps.table),
        deps.clock,
        ThreadPoolExecutor(READERS).map,
    )
    return http_app(deps, endpoints.routes())


handler = build(Settings.read())
