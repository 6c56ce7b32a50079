"""Endpoints of accounts: from a request to a use case, and back to an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.transactions.accounts import ListAccounts
from functions.transactions.service import AccountOf, Transactions
from functions.transactions.verification import VerifyAccount
from functions.transactions.views import proof_view
from shared.domain.errors import NotFoundError
from shared.domain.ids import ID
from shared.http.app import Endpoint
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params, page_body
from shared.http.views.accounts import account_view
from shared.http.views.view import View
from shared.ports.runtime import Clock

LIST: Final = frozenset({"page", "limit", "cursor", "order", "q"})
AT: Final = frozenset({"at"})
NONE: Final[frozenset[str]] = frozenset()


class AccountEndpoints:
    """The endpoints of accounts, each a method."""

    def __init__(
        self, transactions: Transactions, lists: ListAccounts, proofs: VerifyAccount, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._lists = lists
        self._proofs = proofs
        self._clock = clock

    def routes(self) -> Mapping[str, Endpoint]:
        """The endpoints by their routes."""
        return {
            "GET /api/accounts/me": self.own,
            "GET /api/admin/accounts": self.list,
            "GET /api/admin/accounts/{userId}": self.one,
            "GET /api/admin/accounts/{userId}/verify": self.verify,
        }

    def own(self, request: Request, identity: Identity) -> Response:
        """GET /api/accounts/me."""
        Params(request.query, NONE)
        account = self._transactions.account(identity.workspace_id, identity.subject)
        return Response(200, {"account": shown_account(account, self._clock.now_ms())})

    def list(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/accounts."""
        params = Params(request.query, LIST)
        paging, prefix = params.paging(), params.matching("q", ID) or ""
        workspace = self._transactions.workspace(identity.workspace_id)
        page = self._lists.page(workspace, prefix, paging, descending=params.descending())
        now_ms = self._clock.now_ms()
        rows: list[object] = [shown_account(account, now_ms) for account in page.accounts]
        body = page_body("accounts", rows, paging, page.total, page.next_key)
        return Response(200, body | {"totalCapped": True} if page.capped else body)

    def one(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/accounts/{userId}."""
        at_ms = Params(request.query, AT).timestamp("at")
        user_id, now_ms = user_of(request), self._clock.now_ms()
        if at_ms is None:
            account = self._transactions.known_account(identity.workspace_id, user_id)
        else:
            account = self._transactions.account_at(identity.workspace_id, user_id, at_ms)
            now_ms = min(at_ms, now_ms)
        return Response(200, {"account": shown_account(account, now_ms)})

    def verify(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/accounts/{userId}/verify."""
        at_ms = Params(request.query, AT).timestamp("at")
        account = self._transactions.known_account(identity.workspace_id, user_of(request))
        proof = self._proofs.now(account) if at_ms is None else self._proofs.at(account, at_ms)
        return Response(200, proof_view(proof))


def shown_account(account: AccountOf, now_ms: int) -> View:
    """An account as the contract shows it; `now_ms` says which day and month are the current ones."""
    workspace = account.workspace
    return account_view(account.head, account.user_id, workspace.currency, workspace.zone, now_ms)


def user_of(request: Request) -> str:
    """The user that a path names.

    Raises:
        NotFoundError: nobody can have such an id.
    """
    user_id = request.path.get("userId", "")
    if ID.fullmatch(user_id) is None:
        raise NotFoundError("There is no such user.")
    return user_id
