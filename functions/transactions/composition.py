"""What the function's routes are made of."""

from __future__ import annotations

from collections.abc import Mapping

from functions.transactions.account_endpoints import AccountEndpoints
from functions.transactions.accounts import ListAccounts
from functions.transactions.days import TransactionDays
from functions.transactions.endpoints import TransactionEndpoints
from functions.transactions.lists import ListTransactions
from functions.transactions.service import Transactions
from functions.transactions.statements import StateMonth
from functions.transactions.sums import SummariseTransactions
from functions.transactions.verification import VerifyAccount
from shared.http.app import Endpoint
from shared.ports.runtime import Clock, Spread
from shared.store.accounts import DynamoAccounts
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.journal import DynamoJournal
from shared.store.ledger import DynamoLedger
from shared.store.table import Table
from shared.store.workspaces import DynamoWorkspaces


def routes(table: Table, clock: Clock, spread: Spread) -> Mapping[str, Endpoint]:
    """The endpoints by their routes, on a table."""
    accounts, cells, directory = DynamoAccounts(table), DynamoCells(table), DynamoDirectory(table)
    days = TransactionDays(cells, DynamoJournal(table, spread), clock)
    transactions = Transactions(
        DynamoLedger(table, clock), accounts, DynamoWorkspaces(table), directory
    )
    of_transactions = TransactionEndpoints(
        transactions,
        ListTransactions(accounts, DynamoJournal(table, spread), days),
        StateMonth(accounts, cells, clock),
        SummariseTransactions(accounts, days),
        clock,
    )
    of_accounts = AccountEndpoints(
        transactions, ListAccounts(directory, accounts, days), VerifyAccount(accounts), clock
    )
    return {**of_transactions.routes(), **of_accounts.routes()}
