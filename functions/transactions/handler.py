"""Accounts and transactions: balances, history, statements, posting, verification."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from functions.transactions.composition import routes
from functions.transactions.settings import Settings
from shared.compose import dependencies, http_app
from shared.http.app import App

READERS: Final = 9
"""Reads under way at once: the journal index has nine partitions a workspace, one page of each."""


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings)
    spread = ThreadPoolExecutor(READERS).map
    return http_app(deps, routes(deps.table, deps.clock, spread))


handler = build(Settings.read())
