"""Items of a workspace's settings, prices and customers. Each carries its schema version.

Attribute names are short because items are billed by the kilobyte; `docs/data-model.md` lists them.
A customer's item holds no user id: that stands in the directory alone.
"""

from __future__ import annotations

import json
from typing import Final

from shared.domain.pricing import PricingMode, WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.workspace import Customer, UserPrivacy, Workspace
from shared.store.schema import (
    SCHEMA_VERSION,
    WORKSPACES,
    customer_key,
    prices_key,
    workspace_key,
)
from shared.store.table import Item, binary, number, optional_number, readable, text, texts

PRICING_MODES: Final[dict[str, PricingMode]] = {"flat": "flat", "tokens": "tokens"}
PRIVACIES: Final[dict[str, UserPrivacy]] = {"pseudonymous": "pseudonymous", "visible": "visible"}

FILLING: Final = "gf"
RETIRED: Final = "gr"
RETIRED_MS: Final = "ga"


def workspace_item(workspace: Workspace) -> Item:
    """A workspace's settings, listed in the ops index.

    Without the count of erasures and what becomes of other generations of cells: nobody sets those.
    """
    item: Item = {
        **workspace_key(workspace.workspace_id),
        "ok": WORKSPACES,
        "os": workspace.workspace_id,
        "v": SCHEMA_VERSION,
        "ve": workspace.version,
        "nm": workspace.name,
        "sc": workspace.secret,
        "ca": workspace.created_ms,
        "tz": workspace.timezone,
        "cu": workspace.currency,
        "pm": workspace.pricing_mode,
        "rp": workspace.request_picos,
        "cv": workspace.credit_value_picos,
        "ef": workspace.enforce_credits,
        "ro": workspace.registered_only,
        "rd": workspace.retention_days,
        "up": workspace.user_privacy,
        "gn": workspace.generation,
    }
    if workspace.kept_since_ms:
        item["ks"] = workspace.kept_since_ms
    if workspace.exchange_rate_picos is not None:
        item["xr"] = workspace.exchange_rate_picos
    if workspace.alert_emails:
        item["em"] = list(workspace.alert_emails)
    if workspace.in_use:
        item["iu"] = True
    return item


def workspace_from(item: Item) -> Workspace:
    """The workspace of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    mode, privacy = text(item, "pm"), text(item, "up")
    if mode not in PRICING_MODES or privacy not in PRIVACIES:
        raise ValueError("the workspace has a setting that is not known here")
    return Workspace(
        workspace_id=text(item, "os"),
        name=text(item, "nm"),
        secret=binary(item, "sc"),
        created_ms=number(item, "ca"),
        timezone=text(item, "tz"),
        currency=text(item, "cu"),
        pricing_mode=PRICING_MODES[mode],
        request_picos=number(item, "rp"),
        credit_value_picos=number(item, "cv"),
        enforce_credits=item["ef"] is True,
        registered_only=item["ro"] is True,
        retention_days=number(item, "rd"),
        kept_since_ms=number(item, "ks", 0),
        user_privacy=PRIVACIES[privacy],
        exchange_rate_picos=optional_number(item, "xr"),
        alert_emails=texts(item, "em"),
        in_use=item.get("iu") is True,
        generation=number(item, "gn"),
        filling=number(item, FILLING, 0),
        retired=number(item, RETIRED, 0),
        retired_ms=number(item, RETIRED_MS, 0),
        erasures=number(item, "en", 0),
        version=number(item, "ve"),
    )


def prices_item(workspace_id: str, prices: tuple[WorkspacePrice, ...], version: int) -> Item:
    """All of a workspace's own prices, and how often they have been written."""
    return {
        **prices_key(workspace_id),
        "v": SCHEMA_VERSION,
        "ve": version,
        "pr": [_price_text(price) for price in prices],
    }


def prices_from(item: Item | None) -> tuple[WorkspacePrice, ...]:
    """The prices of an item; none without one.

    Raises:
        ValueError: one of them is none.
    """
    if item is None:
        return ()
    readable(item)
    return tuple(map(_price_of, texts(item, "pr")))


def _price_text(price: WorkspacePrice) -> str:
    rates = price.rates
    fields: list[object] = [price.service, price.model, price.effective_ms, price.request_picos]
    if rates is not None:
        fields += [rates.input, rates.output]
        fields += [rates.cached_input, rates.cache_write, rates.reasoning]
    return json.dumps(fields, separators=(",", ":"))


def _price_of(line: str) -> WorkspacePrice:
    service, model, effective_ms, request_picos, *rates = json.loads(line)
    return WorkspacePrice(
        service, model, effective_ms, request_picos, TokenRates(*rates) if rates else None
    )


def customer_item(workspace_id: str, customer: Customer) -> Item:
    """A customer's registration, without the user's id."""
    return {
        **customer_key(workspace_id, customer.account_id),
        "v": SCHEMA_VERSION,
        "nm": customer.name,
        "ac": customer.active,
    }


def customer_from(item: Item, user_id: str | None) -> Customer:
    """The customer of an item; one who is not in the directory is shown by the account.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    account_id = text(item, "sk")
    return Customer(account_id, user_id or account_id, text(item, "nm"), item["ac"] is True)
