"""Endpoints of transactions: from a request to a use case, and back to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.transactions.account_endpoints import shown_account, user_of
from functions.transactions.lists import ListTransactions
from functions.transactions.schemas import month_of_query, movement_of
from functions.transactions.service import AccountOf, Transactions
from functions.transactions.statements import StateMonth
from functions.transactions.sums import GROUPS, SummariseTransactions
from functions.transactions.views import entries_view, statement_view, summary_view
from shared.http.app import Endpoint
from shared.http.entry_filters import ENTRY_FILTERS, entry_filter
from shared.http.idempotency import idempotency_key_of
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params
from shared.http.views.accounts import transaction_view
from shared.http.views.view import View
from shared.ports.runtime import Clock
from shared.routes import USER

OF_ONE: Final = ENTRY_FILTERS | {"page", "limit", "cursor", "order"}
OF_ALL: Final = OF_ONE | {"userId"}
SUMMARY: Final = frozenset({"groupBy", "startDate", "endDate", "userId"})
STATEMENT: Final = frozenset({"month"})
NONE: Final[frozenset[str]] = frozenset()


class TransactionEndpoints:
    """The endpoints of transactions, each a method."""

    def __init__(
        self,
        transactions: Transactions,
        lists: ListTransactions,
        statements: StateMonth,
        summaries: SummariseTransactions,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._lists = lists
        self._statements = statements
        self._summaries = summaries
        self._clock = clock

    def routes(self) -> Mapping[str, Endpoint]:
        """The endpoints by their routes."""
        return {
            "GET /api/transactions": self.own_list,
            "GET /api/transactions/statement": self.own_statement,
            "GET /api/transactions/{id}": self.one,
            "GET /api/admin/transactions": self.list_of_all,
            "POST /api/admin/transactions": self.post,
            "GET /api/admin/transactions/summary": self.summary,
            "GET /api/admin/transactions/{userId}": self.list_of,
            "GET /api/admin/transactions/{userId}/statement": self.statement_of,
        }

    def post(self, request: Request, identity: Identity) -> Response:
        """POST /api/admin/transactions."""
        Params(request.query, NONE)
        user_id, movement = movement_of(request.json_object())
        key = idempotency_key_of(request)
        moved, account = self._transactions.post(identity.workspace_id, user_id, movement, key)
        body: View = {
            "transaction": transaction_view(moved.entry, account.user_id),
            "account": shown_account(account, self._clock.now_ms()),
        }
        return Response.replayed(body) if moved.replayed else Response(201, body)

    def one(self, request: Request, identity: Identity) -> Response:
        """GET /api/transactions/{id}."""
        Params(request.query, NONE)
        owner = identity.subject if identity.role == USER else None
        entry, user_id = self._transactions.one(
            identity.workspace_id, request.path.get("id", ""), owner
        )
        body: View = {"transaction": transaction_view(entry, user_id)}
        if entry.reason == "usage":
            body["refunded"] = self._transactions.refunded(identity.workspace_id, entry)
        return Response(200, body)

    def own_list(self, request: Request, identity: Identity) -> Response:
        """GET /api/transactions."""
        account = self._transactions.account(identity.workspace_id, identity.subject)
        return self._list(Params(request.query, OF_ONE), account)

    def list_of(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/transactions/{userId}."""
        account = self._transactions.account(identity.workspace_id, user_of(request))
        return self._list(Params(request.query, OF_ONE), account)

    def _list(self, params: Params, account: AccountOf) -> Response:
        body = self._of_account(params, account)
        return Response(200, body | {"balance": account.head.balance})

    def list_of_all(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/transactions."""
        params = Params(request.query, OF_ALL)
        user_id = params.user_id()
        if user_id is not None:
            account = self._transactions.account(identity.workspace_id, user_id)
            return Response(200, self._of_account(params, account))
        workspace = self._transactions.workspace(identity.workspace_id)
        where, paging = entry_filter(params, workspace.zone), params.paging()
        page = self._lists.of_workspace(workspace, where, paging, descending=params.descending())
        accounts = [entry.account_id for entry in page.entries]
        users = self._transactions.names(identity.workspace_id, accounts)
        return Response(200, entries_view(page, paging, users))

    def _of_account(self, params: Params, account: AccountOf) -> View:
        where, paging = entry_filter(params, account.workspace.zone), params.paging()
        page = self._lists.of_account(account, where, paging, descending=params.descending())
        return entries_view(page, paging, {account.head.account_id: account.user_id})

    def own_statement(self, request: Request, identity: Identity) -> Response:
        """GET /api/transactions/statement."""
        account = self._transactions.account(identity.workspace_id, identity.subject)
        return self._statement(request, account)

    def statement_of(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/transactions/{userId}/statement."""
        account = self._transactions.known_account(identity.workspace_id, user_of(request))
        return self._statement(request, account)

    def _statement(self, request: Request, account: AccountOf) -> Response:
        params = Params(request.query, STATEMENT)
        month = month_of_query(params, account.workspace.zone, self._clock.now_ms())
        return Response(200, {"statement": statement_view(self._statements(account, month))})

    def summary(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/transactions/summary."""
        params = Params(request.query, SUMMARY)
        workspace = self._transactions.workspace(identity.workspace_id)
        first, last = params.days(workspace.zone, self._clock.now_ms())
        group = params.choice("groupBy", GROUPS) or "day"
        user_id = params.user_id()
        if user_id is None:
            found = self._summaries.of_workspace(workspace, first, last, group)
        else:
            account = self._transactions.account(identity.workspace_id, user_id)
            found = self._summaries.of_account(account, first, last, group)
        return Response(200, summary_view(found))
