"""Workspaces, keys, customers, prices, repricings, audit, erasure, and the state of the system."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from tally._call import (
    Call,
    Day,
    Moment,
    body,
    delete,
    get,
    listed,
    member,
    members_of,
    nothing,
    path,
    post,
    put,
    query,
    whole,
)
from tally._models.administration import (
    ApiKey,
    AuditEntry,
    Customer,
    Erasure,
    Health,
    IssuedApiKey,
    PerMillion,
    Price,
    Prices,
    Pricing,
    Repricing,
    System,
    Workspace,
)
from tally._models.pages import Page

if TYPE_CHECKING:
    from typing_extensions import Unpack

Order = Literal["desc", "asc"]


class WorkspaceSettings(TypedDict, total=False):
    """The settings of a workspace; what is left out gets its default."""

    name: str | None
    timezone: str | None
    currency: str | None
    pricing: Pricing | None
    credit_value: Decimal | None
    enforce_credits: bool | None
    registered_only: bool | None
    retention_days: int | None
    user_privacy: Literal["pseudonymous", "visible"] | None
    exchange_rate: Decimal | None
    alert_emails: Sequence[str] | None


_workspace = member("workspace", Workspace)
_repricing = member("repricing", Repricing)


def workspaces(
    *,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Order | None = None,
) -> Call[Page[Workspace]]:
    """A page of every workspace (operators)."""
    params = query(page=page, limit=limit, cursor=cursor, order=order)
    return get("/api/admin/workspaces", listed("workspaces", Workspace), params)


def workspace(workspace_id: str) -> Call[Workspace]:
    """A workspace's settings."""
    return get(path("/api/admin/workspaces/{}", workspace_id), _workspace)


def create_workspace(workspace_id: str, **settings: Unpack[WorkspaceSettings]) -> Call[Workspace]:
    """A new workspace (operators)."""
    return post("/api/admin/workspaces", _workspace, body(workspace_id=workspace_id, **settings))


def change_workspace(workspace_id: str, **settings: Unpack[WorkspaceSettings]) -> Call[Workspace]:
    """A workspace with these settings in place of its own."""
    return put(path("/api/admin/workspaces/{}", workspace_id), _workspace, body(**settings))


def customers(
    *,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Order | None = None,
) -> Call[Page[Customer]]:
    """A page of the registered customers."""
    params = query(page=page, limit=limit, cursor=cursor, order=order)
    return get("/api/admin/customers", listed("customers", Customer), params)


def put_customer(user_id: str, name: str, *, active: bool = True) -> Call[Customer]:
    """Register a customer, or change one."""
    sent = {"name": name, "active": active}
    return put(path("/api/admin/customers/{}", user_id), member("customer", Customer), sent)


def api_keys(
    *,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Order | None = None,
) -> Call[Page[ApiKey]]:
    """A page of the workspace's API keys."""
    params = query(page=page, limit=limit, cursor=cursor, order=order)
    return get("/api/admin/api-keys", listed("apiKeys", ApiKey), params)


def create_api_key(
    name: str,
    *,
    scopes: Sequence[Literal["usage:write", "usage:read", "credits:write"]] | None = None,
    rate_per_minute: int | None = None,
    expires_at: datetime | None = None,
    idempotency_key: str | None = None,
) -> Call[IssuedApiKey]:
    """A new API key. Its secret is in this answer only."""
    sent = body(name=name, scopes=scopes, rate_per_minute=rate_per_minute, expires_at=expires_at)
    return post("/api/admin/api-keys", whole(IssuedApiKey), sent, key=idempotency_key)


def revoke_api_key(key_id: str) -> Call[None]:
    """Revoke an API key; it stops working within 60 seconds."""
    return delete(path("/api/admin/api-keys/{}", key_id), nothing)


def prices() -> Call[Prices]:
    """The workspace's own prices, and what nothing priced."""
    return get("/api/admin/prices", whole(Prices))


def put_price(
    service: str,
    model: str | None = None,
    *,
    effective_from: datetime,
    per_request: Decimal | None = None,
    per_million: PerMillion | None = None,
) -> Call[Price]:
    """A price from a moment on: of a request, or of a million tokens."""
    sent = body(
        service=service,
        model=model,
        effective_from=effective_from,
        per_request=per_request,
        per_million=per_million,
    )
    return put("/api/admin/prices", member("price", Price), sent)


def start_repricing(
    start_date: Day,
    end_date: Day,
    *,
    dry_run: bool,
    service: str | None = None,
    model: str | None = None,
    user_id: str | None = None,
) -> Call[Repricing]:
    """Price logs anew by the prices of today; differences are posted as adjustments."""
    sent = body(
        start_date=start_date,
        end_date=end_date,
        dry_run=dry_run,
        service=service,
        model=model,
        user_id=user_id,
    )
    return post("/api/admin/repricings", _repricing, sent)


def repricing(repricing_id: str) -> Call[Repricing]:
    """How far a repricing is."""
    return get(path("/api/admin/repricings/{}", repricing_id), _repricing)


def audit(
    *,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
    actor: str | None = None,
    action: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Order | None = None,
) -> Call[Page[AuditEntry]]:
    """A part of the audit log: who did what, when, from where, with which outcome."""
    params = query(
        start_date=start_date,
        end_date=end_date,
        actor=actor,
        action=action,
        limit=limit,
        cursor=cursor,
        order=order,
    )
    return get("/api/admin/audit", listed("entries", AuditEntry), params)


def erase_user(user_id: str) -> Call[Erasure]:
    """Erase a user: id and texts go, balances and sums stay provable."""
    return delete(path("/api/admin/users/{}", user_id), member("erasure", Erasure))


def system() -> Call[System]:
    """The state of the whole system (operators)."""
    return get("/api/admin/system", whole(System))


def health() -> Call[Health]:
    """Whether the service answers."""
    return get("/api/health", whole(Health))


def openapi() -> Call[dict[str, Any]]:
    """The OpenAPI document of the service."""
    return get("/api/openapi.json", lambda answer: dict(members_of(answer)))
