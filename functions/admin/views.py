"""Workspaces, API keys, customers and prices as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.calendar import utc_text
from shared.domain.money import money, per_million
from shared.domain.pricing import WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.unpriced import Unpriced
from shared.domain.workspace import ApiKey, Customer, Workspace
from shared.http.views.view import View


def workspace_view(workspace: Workspace, confirmed: Mapping[str, bool]) -> View:
    """A workspace's settings; `confirmed` tells which of its addresses get its alerts."""
    view: View = {
        "workspaceId": workspace.workspace_id,
        "name": workspace.name,
        "timezone": workspace.timezone,
        "currency": workspace.currency,
        "pricing": {"mode": workspace.pricing_mode, "perRequest": money(workspace.request_picos)},
        "creditValue": money(workspace.credit_value_picos),
        "enforceCredits": workspace.enforce_credits,
        "registeredOnly": workspace.registered_only,
        "retentionDays": workspace.retention_days,
        "userPrivacy": workspace.user_privacy,
        "alertEmails": [
            {"address": address, "confirmed": confirmed.get(address, False)}
            for address in workspace.alert_emails
        ],
    }
    if workspace.exchange_rate_picos is not None:
        view["exchangeRate"] = money(workspace.exchange_rate_picos)
    return view


def api_key_view(key: ApiKey, last_used_ms: int | None = None) -> View:
    """An API key, without its secret and what is kept of it."""
    view: View = {
        "id": key.key_id,
        "name": key.name,
        "scopes": list(key.scopes),
        "ratePerMinute": key.rate_per_minute,
        "createdAt": utc_text(key.created_ms),
        "lastUsedAt": None if last_used_ms is None else utc_text(last_used_ms),
        "expiresAt": None if key.expires_ms is None else utc_text(key.expires_ms),
        "revokedAt": None if key.revoked_ms is None else utc_text(key.revoked_ms),
    }
    return {name: value for name, value in view.items() if value is not None}


def customer_view(customer: Customer) -> View:
    """A customer."""
    return {"userId": customer.user_id, "name": customer.name, "active": customer.active}


def price_view(price: WorkspacePrice) -> View:
    """A workspace's own price."""
    view: View = {"service": price.service, "effectiveFrom": utc_text(price.effective_ms)}
    if price.model is not None:
        view["model"] = price.model
    if price.request_picos is not None:
        view["perRequest"] = money(price.request_picos)
    if price.rates is not None:
        view["perMillion"] = _rates_view(price.rates)
    return view


def unpriced_view(row: Unpriced) -> View:
    """A model whose logs wait for a price; `model` is null for calls that name none."""
    return {
        "service": row.service,
        "model": row.model,
        "logs": row.logs,
        "lastSeen": utc_text(row.last_seen_ms),
    }


def _rates_view(rates: TokenRates) -> View:
    parts = {
        "input": rates.input,
        "output": rates.output,
        "cachedInput": rates.cached_input,
        "cacheWrite": rates.cache_write,
        "reasoning": rates.reasoning,
    }
    return {name: per_million(picos) for name, picos in parts.items() if picos is not None}
