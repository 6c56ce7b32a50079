"""Endpoints of administration: from a request to a use case, and back to an answer."""

from __future__ import annotations

from typing import Final

from functions.admin.schemas import (
    ApiKeyInput,
    CustomerInput,
    SettingsInput,
    WorkspaceInput,
    price_of,
)
from functions.admin.service import (
    ManageApiKeys,
    ManageCustomers,
    ManagePrices,
    ManageWorkspaces,
)
from functions.admin.views import (
    api_key_view,
    customer_view,
    price_view,
    unpriced_view,
    workspace_view,
)
from shared.domain.errors import NotFoundError, ValidationFailedError
from shared.domain.fingerprint import members_of
from shared.domain.ids import ID
from shared.domain.price_book import price_book
from shared.domain.workspace import Workspace
from shared.http.bodies import parse_body
from shared.http.idempotency import idempotency_key_of
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params, page_body
from shared.http.views.view import View
from shared.routes import OPERATOR

LIST_PARAMETERS: Final = frozenset({"page", "limit", "cursor", "order"})
NONE: Final[frozenset[str]] = frozenset()


class WorkspaceEndpoints:
    """Workspaces and their settings."""

    def __init__(self, workspaces: ManageWorkspaces) -> None:
        self._workspaces = workspaces

    def list(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/workspaces."""
        del identity
        params = Params(request.query, LIST_PARAMETERS)
        paging = params.paging()
        page, total = self._workspaces.page(paging, descending=params.descending())
        seen = self._workspaces.last_seen(page.rows)
        rows: list[object] = [
            workspace_view(
                workspace,
                {
                    address: seen[workspace.workspace_id, address]
                    for address in workspace.alert_emails
                },
            )
            for workspace in page.rows
        ]
        return Response(200, page_body("workspaces", rows, paging, total, page.next_key))

    def post(self, request: Request, identity: Identity) -> Response:
        """POST /api/admin/workspaces."""
        del identity
        Params(request.query, NONE)
        key, body = idempotency_key_of(request), request.json_object()
        given = parse_body(WorkspaceInput, body)
        workspace, replayed = self._workspaces.create(given, key, members_of(body))
        answer = self._view(workspace)
        return Response.replayed(answer) if replayed else Response(201, answer)

    def get(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/workspaces/{workspaceId}."""
        Params(request.query, NONE)
        workspace_id = _named_workspace(request, identity)
        return Response(200, self._view(self._workspaces.get(workspace_id)))

    def put(self, request: Request, identity: Identity) -> Response:
        """PUT /api/admin/workspaces/{workspaceId}."""
        Params(request.query, NONE)
        workspace_id = _named_workspace(request, identity)
        given = parse_body(SettingsInput, request.json_object())
        return Response(200, self._view(self._workspaces.change(workspace_id, given)))

    def _view(self, workspace: Workspace) -> View:
        confirmed = self._workspaces.confirmed(workspace)
        return {"workspace": workspace_view(workspace, confirmed)}


class ApiKeyEndpoints:
    """API keys of a workspace."""

    def __init__(self, api_keys: ManageApiKeys) -> None:
        self._api_keys = api_keys

    def list(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/api-keys."""
        params = Params(request.query, LIST_PARAMETERS)
        paging = params.paging()
        page, total = self._api_keys.page(
            identity.workspace_id, paging, descending=params.descending()
        )
        used = self._api_keys.last_used_ms(identity.workspace_id, page.rows)
        rows: list[object] = [api_key_view(key, used.get(key.key_id)) for key in page.rows]
        return Response(200, page_body("apiKeys", rows, paging, total, page.next_key))

    def post(self, request: Request, identity: Identity) -> Response:
        """POST /api/admin/api-keys."""
        Params(request.query, NONE)
        key, body = idempotency_key_of(request), request.json_object()
        given = parse_body(ApiKeyInput, body)
        issued = self._api_keys.create(identity.workspace_id, given, key, members_of(body))
        answer: View = {"apiKey": api_key_view(issued.key)}
        if issued.secret is None:
            return Response.replayed(answer)
        return Response(201, answer | {"secret": issued.secret})

    def delete(self, request: Request, identity: Identity) -> Response:
        """DELETE /api/admin/api-keys/{id}."""
        Params(request.query, NONE)
        key_id = request.path.get("id", "")
        if ID.fullmatch(key_id) is None:
            raise NotFoundError("There is no such API key.")
        self._api_keys.revoke(identity.workspace_id, key_id)
        return Response(204)


class CustomerEndpoints:
    """Registered customers of a workspace."""

    def __init__(self, customers: ManageCustomers) -> None:
        self._customers = customers

    def list(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/customers."""
        params = Params(request.query, LIST_PARAMETERS)
        paging = params.paging()
        page, total = self._customers.page(
            identity.workspace_id, paging, descending=params.descending()
        )
        rows: list[object] = [customer_view(customer) for customer in page.rows]
        return Response(200, page_body("customers", rows, paging, total, page.next_key))

    def put(self, request: Request, identity: Identity) -> Response:
        """PUT /api/admin/customers/{userId}."""
        Params(request.query, NONE)
        user_id = request.path.get("userId", "")
        if ID.fullmatch(user_id) is None:
            raise ValidationFailedError.of("userId", "must be an id of 1 to 128 characters")
        given = parse_body(CustomerInput, request.json_object())
        customer = self._customers.put(identity.workspace_id, user_id, given)
        return Response(200, {"customer": customer_view(customer)})


class PriceEndpoints:
    """A workspace's own prices, and what has none."""

    def __init__(self, prices: ManagePrices) -> None:
        self._prices = prices

    def get(self, request: Request, identity: Identity) -> Response:
        """GET /api/admin/prices."""
        Params(request.query, NONE)
        prices = self._prices.list(identity.workspace_id)
        body: View = {
            "prices": [price_view(price) for price in prices],
            "unpriced": [
                unpriced_view(row) for row in self._prices.unpriced(identity.workspace_id)
            ],
            "book": {"version": price_book().version},
        }
        return Response(200, body)

    def put(self, request: Request, identity: Identity) -> Response:
        """PUT /api/admin/prices."""
        Params(request.query, NONE)
        price = price_of(request.json_object())
        self._prices.put(identity.workspace_id, price)
        return Response(200, {"price": price_view(price)})


def _named_workspace(request: Request, identity: Identity) -> str:
    """The workspace that the path names: an operator may name any, others their own."""
    named = request.path.get("workspaceId", "")
    allowed = identity.role == OPERATOR or named == identity.workspace_id
    if not allowed or ID.fullmatch(named) is None:
        raise NotFoundError("There is no such workspace.")
    return named
