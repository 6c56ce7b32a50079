"""The demo workspace: its settings, prices, customers, thresholds, API key and the people who sign in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Final

from local.cloud import Cloud
from local.seed.api import Api, RefusedError
from local.seed.catalogue import CREDIT_VALUE, price_bodies
from local.seed.people import PEOPLE
from local.seed.plan import ZONE_NAME
from shared.domain.calendar import parse_timestamp
from shared.domain.money import Figure
from shared.routes import ADMIN, OPERATOR, SCOPES, USER

WORKSPACE: Final = "demo"
ALERT_EMAIL: Final = "alerts@example.com"

SIGN_IN: Final[Mapping[str, str]] = {
    "operator": OPERATOR,
    "admin": ADMIN,
    "alice": USER,
    "bob": USER,
}
"""User names and roles of those who can sign in; a user's name is the user id of their usage."""

SETTINGS: Final[Mapping[str, object]] = {
    "name": "Demo",
    "timezone": ZONE_NAME,
    "currency": "USD",
    "pricing": {"mode": "tokens"},
    "creditValue": Figure(CREDIT_VALUE),
    "enforceCredits": True,
    # Examples and charts that say "alice" read better than those that say "acct_5f0c…".
    "userPrivacy": "visible",
    "alertEmails": [ALERT_EMAIL],
}

THRESHOLDS: Final[Mapping[str, Mapping[str, object]]] = {
    "user-daily": {"scope": "user", "metric": "requests", "dailyLimit": 80},
    "user-monthly": {"scope": "user", "metric": "cost", "monthlyLimit": 20},
    "workspace": {
        "scope": "workspace",
        "metric": "cost",
        "dailyLimit": 12,
        "monthlyLimit": 200,
        "notifyAtPercent": [50, 80, 100],
    },
}
"""None of them blocks. The heaviest users pass theirs on a workday and by the end of a month."""


def sign_ins(passwords: Mapping[str, str]) -> list[dict[str, str]]:
    """Those who can sign in; passwords are made up unless they are known already."""
    return [
        {
            "role": role,
            "userId": name,
            "username": name,
            "password": passwords.get(name) or _password(),
        }
        for name, role in SIGN_IN.items()
    ]


def create_sign_ins(cloud: Cloud, people: Iterable[Mapping[str, str]]) -> None:
    """Put them into the user pool. An operator belongs to no workspace."""
    for person in people:
        workspace_id = None if person["role"] == OPERATOR else WORKSPACE
        cloud.create_user(
            person["username"], person["password"], group=person["role"], workspace_id=workspace_id
        )


def ensure_workspace(operator: Api) -> None:
    """Create the workspace, unless it is there; somebody may have changed its settings since."""
    try:
        operator.post("/api/admin/workspaces", {"workspaceId": WORKSPACE, **SETTINGS}, WORKSPACE)
    except RefusedError as error:
        if error.code not in ("already_exists", "idempotency_conflict"):
            raise


def ensure_key(operator: Api, known: Api | None) -> str | None:
    """A new API key with every scope; None when the known one still works."""
    if known is not None:
        try:
            known.get("/api/usage-logs/summary", period="today")
        except RefusedError as error:
            if error.status not in (401, 403):
                raise
        else:
            return None
    made = operator.post("/api/admin/api-keys", {"name": "Demo service", "scopes": list(SCOPES)})
    return str(made["secret"])


def ensure_prices(operator: Api) -> None:
    """Put the prices that are not there."""
    there = {_price_key(price) for price in operator.get("/api/admin/prices")["prices"]}
    for body in price_bodies():
        if _price_key(body) not in there:
            operator.put("/api/admin/prices", body)


def ensure_customers(operator: Api) -> None:
    """Register everybody who is not, so that answers can say their names."""
    path, registered = "/api/admin/customers", set[str]()
    cursor: dict[str, str] = {}
    while True:
        page = operator.get(path, limit="100", **cursor)
        registered |= {customer["userId"] for customer in page["customers"]}
        if "nextCursor" not in page:
            break
        cursor = {"cursor": page["nextCursor"]}
    for person in PEOPLE:
        if person.user_id not in registered:
            operator.put(f"{path}/{person.user_id}", {"name": person.name, "active": True})


def ensure_thresholds(operator: Api) -> None:
    """Set the thresholds; the key makes each one once, also when it was changed or deleted since."""
    for name, body in THRESHOLDS.items():
        operator.post("/api/thresholds", body, f"demo-threshold-{name}")


def _password() -> str:
    """Made up for this machine; the ending satisfies every rule of the pool."""
    return secrets.token_urlsafe(18) + "-aA1"


def _price_key(price: Mapping[str, object]) -> tuple[object, object, int]:
    since = parse_timestamp(str(price["effectiveFrom"]))
    return price["service"], price.get("model"), since
