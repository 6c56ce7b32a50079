"""Workspaces, keys, customers, prices, repricings, audit, erasure, and the state of the system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing:
    """How a workspace charges; `per_request` is the price in the flat mode."""

    mode: Literal["flat", "tokens"]
    per_request: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertAddress:
    """An address that gets alerts once its owner has confirmed it."""

    address: str
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """A workspace's settings. `credit_value` is what a credit is worth in the currency."""

    workspace_id: str
    name: str
    timezone: str
    currency: str
    pricing: Pricing
    credit_value: Decimal
    enforce_credits: bool
    registered_only: bool
    retention_days: int
    user_privacy: Literal["pseudonymous", "visible"]
    exchange_rate: Decimal | None = None
    alert_emails: tuple[AlertAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """An API key, without its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    rate_per_minute: int | None = None
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedApiKey:
    """A new API key. `secret` is told this once; None when the key was made before."""

    api_key: ApiKey
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A registered user."""

    user_id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PerMillion:
    """Prices of a million tokens."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """A workspace's own price, in force from `effective_from` until the next."""

    service: str
    model: str | None = None
    effective_from: datetime
    per_request: Decimal | None = None
    per_million: PerMillion | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """Logs that nothing priced."""

    service: str
    model: str | None = None
    logs: int
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """The price book that the service has."""

    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """The workspace's own prices, what is unpriced, and the book behind them."""

    prices: tuple[Price, ...]
    unpriced: tuple[Unpriced, ...]
    book: PriceBook


@dataclass(frozen=True, slots=True, kw_only=True)
class Repricing:
    """A run that prices logs anew. The differences are new − old."""

    id: str
    status: Literal["done", "running", "failed"]
    dry_run: bool | None = None
    logs: int
    accounts: int
    unpaid: int
    cost_difference: Decimal
    credit_difference: int
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One access: who, what, when, from where, outcome."""

    id: str
    at: datetime
    actor: str
    role: str
    action: str
    resource: str
    outcome: Literal["allowed", "denied", "not_found"]
    status: int
    ip: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The erasure of a user; repeat the call to see how far it is."""

    id: str
    status: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The state of the whole system."""

    stream_lag_seconds: int
    dead_letters: int
    pending_alerts: int
    drift: int | None = None
    last_reconciled: datetime | None = None
    last_archived: datetime | None = None
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The service answers."""

    status: str
    version: str
