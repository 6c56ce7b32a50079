"""Customers and prices through the handler, on moto (PRI-1, REC-7, SEC-5)."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from typing import Any, Final

import pytest

from functions.admin.handler import build
from functions.admin.settings import Settings
from functions.record_usage.handler import build as build_record_usage
from functions.record_usage.settings import Settings as RecordUsageSettings
from shared.domain.price_book import price_book
from shared.store.dynamo import DynamoTable
from shared.store.workspaces import DynamoWorkspaces
from tests.client import Answer, Client
from tests.factories import a_workspace
from tests.people import People

ACME = "/api/admin/workspaces/acme"
CUSTOMERS = "/api/admin/customers"
PRICES = "/api/admin/prices"


@pytest.fixture
def people(moto_table: DynamoTable, keys_url: str) -> People:
    DynamoWorkspaces(moto_table).create(a_workspace())
    return People(build(Settings.read({**os.environ, "JWT_JWKS_URL": keys_url})))


@pytest.fixture
def admin(people: People) -> Client:
    return people.admin()


def recorder(credential: str) -> Client:
    """A service that records usage, with an instance of its own: workspaces are made anew here."""
    return Client(build_record_usage(RecordUsageSettings.read()), credential)


def names(answer: Answer, member: str, name: str) -> list[str]:
    return [row[name] for row in answer.body[member]]


def test_a_customer_is_registered_and_changed(people: People, admin: Client) -> None:
    secret = admin.post("/api/admin/api-keys", {"name": "backend"}).body["secret"]
    service = people.key(secret)

    first = service.put(f"{CUSTOMERS}/alice%40example.com", {"name": "Alice", "active": True})
    second = admin.put(f"{CUSTOMERS}/alice%40example.com", {"name": "Alice B", "active": False})

    alice = {"userId": "alice@example.com", "name": "Alice", "active": True}
    assert (first.status, first.body) == (200, {"customer": alice})
    assert second.body == {"customer": {**alice, "name": "Alice B", "active": False}}
    assert service.get(CUSTOMERS).body == {
        "customers": [second.body["customer"]],
        "total": 1,
        "page": 1,
        "limit": 20,
    }


def test_a_customer_can_be_named_by_the_account_once_known(admin: Client) -> None:
    admin.put(f"{CUSTOMERS}/alice", {"name": "Alice"})
    unknown = admin.put(f"{CUSTOMERS}/acct_{'0' * 20}", {"name": "Nobody"})

    assert (unknown.status, unknown.body["code"]) == (404, "not_found")
    assert admin.get(CUSTOMERS).body["total"] == 1


def test_customers_are_listed_page_by_page(admin: Client) -> None:
    for number in range(5):
        admin.put(f"{CUSTOMERS}/user-{number}", {"name": f"User {number}"})

    everything = names(admin.get(CUSTOMERS), "customers", "userId")
    first = admin.get(CUSTOMERS, limit="2")
    second = admin.get(CUSTOMERS, limit="2", cursor=first.body["nextCursor"])
    third = admin.get(CUSTOMERS, limit="2", page="3")
    ascending = names(admin.get(CUSTOMERS, order="asc"), "customers", "userId")

    assert sorted(everything) == [f"user-{n}" for n in range(5)]
    assert names(first, "customers", "userId") == everything[:2]
    assert names(second, "customers", "userId") == everything[2:4]
    assert names(third, "customers", "userId") == everything[4:]
    assert "nextCursor" not in third.body
    assert ascending == everything[::-1]
    assert admin.get(CUSTOMERS, page="4", limit="2").body["customers"] == []


def test_a_wrong_customer_is_refused(admin: Client) -> None:
    wrong: list[tuple[object, str]] = [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "A", "active": "yes"}, "/active"),
        ({"name": "A", "userId": "bob"}, "/userId"),
    ]
    for body, pointer in wrong:
        answer = admin.put(f"{CUSTOMERS}/alice", body)

        assert (answer.status, answer.pointers) == (422, [pointer]), body
    assert admin.get(CUSTOMERS).body["total"] == 0


def test_only_registered_active_customers_are_charged_where_the_workspace_says_so(
    admin: Client,
) -> None:
    admin.put(ACME, {"registeredOnly": True, "enforceCredits": False})
    secret = admin.post("/api/admin/api-keys", {"name": "backend"}).body["secret"]
    service = recorder(secret)
    call = {"userId": "alice", "service": "chat"}

    refused = service.post("/api/usage-logs", call)
    admin.put(f"{CUSTOMERS}/alice", {"name": "Alice", "active": True})
    taken = service.post("/api/usage-logs", call)
    admin.put(f"{CUSTOMERS}/alice", {"name": "Alice", "active": False})
    refused_again = service.post("/api/usage-logs", call)

    assert (refused.status, refused.body["code"]) == (422, "customer_not_registered")
    assert taken.status == 201
    assert refused_again.status == 422


def test_prices_are_listed_as_they_were_put(admin: Client) -> None:
    flat = {
        "service": "chat/eu",
        "model": "gpt-5",
        "effectiveFrom": "2026-01-01T00:00:00.000Z",
        "perRequest": Decimal("0.02"),
    }
    by_token = {
        "service": "chat/eu",
        "model": "gpt-5",
        "effectiveFrom": "2026-02-01T00:00:00.000Z",
        "perMillion": {"input": Decimal("1.25"), "output": 10, "cachedInput": Decimal("0.000001")},
    }
    without_model = {
        "service": "bot",
        "effectiveFrom": "2026-01-01T00:00:00.000Z",
        "perRequest": 0,
    }

    for price in (by_token, flat, without_model):
        answer = admin.put(PRICES, json.dumps(price, default=float).replace("1e-06", "0.000001"))
        assert (answer.status, answer.body) == (200, {"price": price})

    assert admin.get(PRICES).body == {
        "prices": [without_model, flat, by_token],
        "unpriced": [],
        "book": {"version": price_book().version},
    }


def test_a_price_of_the_same_moment_replaces_whatever_its_offset(admin: Client) -> None:
    price = {"service": "chat", "model": "m", "effectiveFrom": "2026-01-01T00:00:00Z"}
    admin.put(PRICES, {**price, "perRequest": 1})
    admin.put(PRICES, {**price, "effectiveFrom": "2026-01-01T07:00:00+07:00", "perRequest": 2})

    (shown,) = admin.get(PRICES).body["prices"]

    assert (shown["perRequest"], shown["effectiveFrom"]) == (2, "2026-01-01T00:00:00.000Z")


def test_a_price_prices_the_next_log(admin: Client) -> None:
    admin.put(ACME, {"enforceCredits": False})
    secret = admin.post("/api/admin/api-keys", {"name": "backend"}).body["secret"]
    rates = {"input": 3, "output": 15}
    admin.put(
        PRICES,
        {
            "service": "chat",
            "model": "m",
            "effectiveFrom": "2020-01-01T00:00:00Z",
            "perMillion": rates,
        },
    )

    call = {"userId": "a", "service": "chat", "model": "m", "tokens": {"input": 1000, "output": 10}}
    log = recorder(secret).post("/api/usage-logs", call).body["usageLog"]

    assert log["cost"] == Decimal("0.00315")
    assert log["receipt"]["basis"] == "workspace_price"


WRONG_PRICES: Final[list[tuple[dict[str, Any], str]]] = [
    ({"service": None}, "/service"),
    ({"service": "a b"}, "/service"),
    ({"effectiveFrom": None}, "/effectiveFrom"),
    ({"effectiveFrom": "2026-01-01"}, "/effectiveFrom"),
    ({"effectiveFrom": 0}, "/effectiveFrom"),
    ({"perRequest": None}, ""),
    ({"perMillion": {"input": 1, "output": 1}}, ""),
    ({"perRequest": None, "perMillion": {"input": 1}}, "/perMillion/output"),
    (
        {"perRequest": None, "perMillion": {"input": 1, "output": Decimal("0.0000001")}},
        "/perMillion/output",
    ),
    ({"perRequest": -1}, "/perRequest"),
    ({"perRequest": 10**10}, "/perRequest"),
    ({"currency": "USD"}, "/currency"),
]


def test_a_wrong_price_is_refused(admin: Client) -> None:
    price = {
        "service": "chat",
        "model": "m",
        "effectiveFrom": "2026-01-01T00:00:00Z",
        "perRequest": 1,
    }
    for changes, pointer in WRONG_PRICES:
        body = json.dumps(price | changes, default=float).replace("1e-07", "0.0000001")
        answer = admin.send("PUT", PRICES, body)

        assert (answer.status, answer.pointers) == (422, [pointer]), changes
    assert admin.get(PRICES).body["prices"] == []
