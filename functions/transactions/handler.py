"""Accounts and transactions: balances, history, posting, verification."""

from __future__ import annotations

from functions.transactions.endpoints import Endpoints
from functions.transactions.service import Transactions
from functions.transactions.settings import Settings
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.store.accounts import DynamoAccounts
from shared.store.ledger import DynamoLedger


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings)
    transactions = Transactions(
        DynamoLedger(deps.table, deps.clock),
        DynamoAccounts(deps.table),
        deps.workspaces,
        deps.directory,
    )
    endpoints = Endpoints(transactions, deps.clock)
    return http_app(
        deps,
        {
            "GET /api/transactions": endpoints.own_list,
            "GET /api/transactions/{id}": endpoints.one,
            "GET /api/accounts/me": endpoints.own_account,
            "GET /api/admin/accounts/{userId}": endpoints.account_of,
            "GET /api/admin/accounts/{userId}/verify": endpoints.verify,
            "POST /api/admin/transactions": endpoints.post,
            "GET /api/admin/transactions/{userId}": endpoints.list_of,
        },
    )


handler = build(Settings.read())
