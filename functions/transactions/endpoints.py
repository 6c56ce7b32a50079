"""Endpoints of accounts and transactions: from a request to a use case, and back to an answer."""

from __future__ import annotations

from typing import Final

from functions.transactions.schemas import movement_of
from functions.transactions.service import AccountOf, Filter, Transactions
from shared.domain.errors import NotFoundError
from shared.domain.ids import ID
from shared.domain.journal import REASONS
from shared.http.idempotency import idempotency_key_of
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params, page_body, refused
from shared.http.views import View, account_view, transaction_view
from shared.ports import Clock
from shared.routes import USER

LIST_PARAMETERS: Final = frozenset(
    {"page", "limit", "cursor", "order", "startDate", "endDate", "type", "reason"}
)
AT: Final = frozenset({"at"})
NONE: Final[frozenset[str]] = frozenset()


class Endpoints:
    """The endpoints, each a method."""

    def __init__(self, transactions: Transactions, clock: Clock) -> None:
        self._transactions = transactions
        self._clock = clock

    def post(self, request: Request, identity: Identity) -> Response:
        """POST /api/admin/transactions."""
        Params(request.query, NONE)
        user_id, movement = movement_of(request.json_object())
        key = idempotency_key_of(request)
        moved, account = self._transactions.post(identity.workspace_id, user_id, movement, key)
        body: View = {
            "transaction": transaction_view(moved.entry, account.user_id),
            "account": self._account(account),
        }
        return Response.replayed(body) if moved.replayed else Response(201, body)

    def own_list(self, request: Request, identity: Identity) -> Response:
        """GET /api/transactions."""
        account = self._transactions.account(identity.workspace_id, identity.subject)
        return self._list(request, account)

    def list_of(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/transactions/{userId}."""
        account = self._transactions.account(identity.workspace_id, _user_of(request))
        return self._list(request, account)

    def _list(self, request: Request, account: AccountOf) -> Response:
        params = Params(request.query, LIST_PARAMETERS)
        start_ms, end_ms = params.instants(account.workspace.zone)
        where = Filter(
            start_ms,
            end_ms,
            params.choice("type", ("debit", "credit")),
            params.choice("reason", REASONS),
        )
        paging = params.paging()
        if paging.cursor is not None and not (paging.cursor.isascii() and paging.cursor.isdigit()):
            raise refused("cursor", "is not a cursor of this list")
        page = self._transactions.page(account, where, paging, descending=params.descending())
        body = page_body(
            "transactions",
            [transaction_view(entry, account.user_id) for entry in page.entries],
            paging,
            page.total,
            None if page.next_seq is None else str(page.next_seq),
        )
        return Response(200, body | {"balance": account.head.balance})

    def one(self, request: Request, identity: Identity) -> Response:
        """GET /api/transactions/{id}."""
        Params(request.query, NONE)
        owner = identity.subject if identity.role == USER else None
        entry, user_id = self._transactions.one(
            identity.workspace_id, request.path.get("id", ""), owner
        )
        return Response(200, {"transaction": transaction_view(entry, user_id)})

    def own_account(self, request: Request, identity: Identity) -> Response:
        """GET /api/accounts/me."""
        Params(request.query, NONE)
        account = self._transactions.account(identity.workspace_id, identity.subject)
        return Response(200, {"account": self._account(account)})

    def account_of(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/accounts/{userId}."""
        at_ms = Params(request.query, AT).timestamp("at")
        user_id = _user_of(request)
        if at_ms is None:
            account = self._transactions.known_account(identity.workspace_id, user_id)
        else:
            account = self._transactions.account_at(identity.workspace_id, user_id, at_ms)
        return Response(200, {"account": self._account(account)})

    def verify(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/accounts/{userId}/verify."""
        at_ms = Params(request.query, AT).timestamp("at")
        proof = self._transactions.verify(identity.workspace_id, _user_of(request), at_ms)
        body: View = {
            "verified": proof.verified,
            "entries": proof.entries,
            "balance": proof.balance,
            "recomputedBalance": proof.recomputed_balance,
            "headHash": proof.head_hash.hex(),
        }
        if proof.first_bad_seq is not None:
            body["firstBadSeq"] = proof.first_bad_seq
        return Response(200, body)

    def _account(self, account: AccountOf) -> View:
        workspace = account.workspace
        return account_view(
            account.head,
            account.user_id,
            workspace.currency,
            workspace.zone,
            self._clock.now_ms(),
        )


def _user_of(request: Request) -> str:
    user_id = request.path.get("userId", "")
    if ID.fullmatch(user_id) is None:
        raise NotFoundError("There is no such user.")
    return user_id
