"""Workspaces, keys, customers, prices, repricings, audit, erasure, and the state of the system."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, RootModel

from openapi.values import (
    Count,
    Currency,
    Id,
    ModelName,
    Money,
    RetentionDays,
    ServiceName,
    SignedMoney,
    Timestamp,
    UserId,
    View,
    WorkspaceId,
    absent,
)


class Pricing(View):
    """How a workspace charges."""

    mode: Literal["flat", "tokens"]
    per_request: Money


class AlertAddress(View):
    """An address that gets alerts once its owner has confirmed it."""

    address: str = Field(examples=["ops@acme.example"])
    confirmed: bool


class Workspace(View):
    """A workspace's settings."""

    workspace_id: WorkspaceId
    name: str = Field(examples=["Acme"])
    timezone: str = Field(examples=["Asia/Bangkok"])
    currency: Currency
    pricing: Pricing
    credit_value: Money = Field(examples=[0.001])
    enforce_credits: bool
    registered_only: bool = Field(examples=[False])
    retention_days: RetentionDays
    user_privacy: Literal["pseudonymous", "visible"]
    exchange_rate: Money = absent(
        description="Units of the currency for one US dollar.", examples=[34.5]
    )
    alert_emails: list[AlertAddress]


class WorkspaceAnswer(View):
    """A workspace."""

    workspace: Workspace


class WorkspaceList(View):
    """A page of workspaces."""

    workspaces: list[Workspace]
    total: Count
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["YWNtZQ"])


class ApiKey(View):
    """An API key, without its secret."""

    id: Id
    name: str = Field(examples=["Billing backend"])
    scopes: list[Literal["usage:write", "usage:read", "credits:write"]]
    rate_per_minute: int = absent(ge=1, examples=[6000])
    created_at: Timestamp
    last_used_at: Timestamp = absent(
        description="When a request with it was last let through, to three seconds."
    )
    expires_at: Timestamp = absent()
    revoked_at: Timestamp = absent()


class ApiKeyList(View):
    """A page of the workspace's API keys."""

    api_keys: list[ApiKey]
    total: Count
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["a2V5"])


class IssuedApiKey(View):
    """A new API key with its secret, which is shown this once."""

    api_key: ApiKey
    secret: str = Field(examples=["tally_acme_k1_S3cr3t"])


class ApiKeyAnswer(View):
    """An API key that was made before; its secret is not told again."""

    api_key: ApiKey


class Customer(View):
    """A registered user."""

    user_id: UserId
    name: str = Field(examples=["Alice Example"])
    active: bool


class CustomerAnswer(View):
    """A customer."""

    customer: Customer


class CustomerList(View):
    """A page of the workspace's customers."""

    customers: list[Customer]
    total: Count
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["YWxpY2U"])


class PerMillion(View):
    """Prices of a million tokens."""

    input: Money = Field(examples=[0.25])
    output: Money = Field(examples=[2])
    cached_input: Money = absent(examples=[0.025])
    cache_write: Money = absent()
    reasoning: Money = absent()


class Price(View):
    """A workspace's own price, in force from `effectiveFrom` until the next."""

    service: ServiceName
    model: ModelName = absent(shown=True)
    effective_from: Timestamp
    per_request: Money = absent()
    per_million: PerMillion = absent(examples=[{"input": 0.25, "output": 2, "cachedInput": 0.025}])


class PriceAnswer(View):
    """A price."""

    price: Price


class Unpriced(View):
    """Logs of the retention that nothing priced."""

    service: ServiceName
    model: ModelName | None
    logs: Count
    last_seen: Timestamp


class PriceBook(View):
    """The price book that ships with Tally."""

    version: str = Field(examples=["genai-prices-0.2.3-r1"])


class PricesAnswer(View):
    """The workspace's own prices, what is unpriced, and the book behind them."""

    prices: list[Price]
    unpriced: list[Unpriced]
    book: PriceBook


class Repricing(View):
    """A run that prices logs anew. The differences are new − old."""

    id: Id
    status: Literal["done", "running", "failed"]
    dry_run: bool
    logs: Count = Field(description="Logs whose figures change.")
    accounts: Count
    unpaid: Count = Field(description="Accounts that could not pay; the next run takes them up.")
    cost_difference: SignedMoney
    credit_difference: int = Field(examples=[-3])
    created_at: Timestamp


class RepricingAnswer(View):
    """A repricing."""

    repricing: Repricing


class AuditEntry(View):
    """One access: who, what, when, from where, outcome."""

    id: Id
    at: Timestamp
    actor: str = Field(examples=["key:k1"], description="`user:<userId>` or `key:<id>`.")
    role: Literal["service", "user", "admin", "operator"]
    action: str = Field(examples=["GET /api/transactions/{id}"])
    resource: str = Field(examples=["/api/transactions/tx_3f9c2b7a10e84d56c1aa_7"])
    outcome: Literal["allowed", "denied", "not_found"]
    status: int = Field(examples=[200])
    ip: str = Field(examples=["203.0.113.7"])
    request_id: str = Field(examples=["0f5c2a4e-8b1d-4a7c-9f63-1c0d2e3f4a5b"])


class AuditList(View):
    """A part of the audit log, newest first."""

    entries: list[AuditEntry]
    next_cursor: str = absent(examples=["MjAyNi0xMS0yMA"])


class Erasure(View):
    """The erasure of a user: the id leads nowhere at once, a job does the rest. Repeat to see how far."""

    id: Id
    status: Literal["running", "done"]
    at: Timestamp


class ErasureAnswer(View):
    """An erasure."""

    erasure: Erasure


class SystemAnswer(View):
    """The state of the whole system."""

    stream_lag_seconds: Count
    dead_letters: Count
    pending_alerts: Count
    drift: int | None = Field(
        examples=[0], description="Cells against journal; anything but 0 is a defect."
    )
    last_reconciled: Timestamp | None
    last_archived: Timestamp | None
    version: str = Field(examples=["0.1.0"])


class OpenApiDocument(RootModel[dict[str, Any]]):
    """An OpenAPI 3.1 document."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"openapi": "3.1.1", "info": {"title": "Tally"}}]}
    )


class HealthAnswer(View):
    """The service answers."""

    status: Literal["ok"]
    version: str = Field(examples=["0.1.0"])
