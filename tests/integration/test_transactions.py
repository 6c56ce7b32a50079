"""Accounts and transactions through the handler, on moto (LED-1, LED-2, LED-4, LED-5, LED-6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from functions.record_usage.handler import handler as record
from functions.transactions.handler import build
from functions.transactions.handler import handler as transactions
from shared.compose import HttpSettings
from shared.store.dynamo import DynamoTable
from tests.client import Answer
from tests.integration.backend import Backend

POST = "/api/admin/transactions"


@pytest.fixture
def shop(moto_table: DynamoTable) -> Backend:
    return Backend(moto_table)


def post(shop: Backend, key: str | None = None, **body: Any) -> Answer:
    return shop.call(transactions, "POST", POST, {"userId": "alice", **body}, idempotency_key=key)


def use(shop: Backend, credits: int) -> str:
    body = {"userId": "alice", "service": "chat", "credits": credits}
    answer = shop.call(record, "POST", "/api/usage-logs", body)
    assert answer.status == 201
    return str(answer.body["transaction"]["id"])


def test_a_purchase_is_answered_with_the_transaction_and_the_account(shop: Backend) -> None:
    paid = {"amount": 9.99, "currency": "EUR"}
    answer = post(
        shop, amount=100, reason="purchase", note="May", paid=paid, metadata={"invoice": 7}
    )
    assert answer.status == 201
    made = answer.body["transaction"]
    assert (made["type"], made["amount"], made["seq"], made["balanceAfter"]) == (
        "credit",
        100,
        1,
        100,
    )
    assert made["paid"] == {"amount": Decimal("9.99"), "currency": "EUR"}
    assert (made["note"], made["metadata"]) == ("May", {"invoice": 7})
    assert answer.body["account"]["balance"] == 100
    assert answer.body["account"]["userId"] == made["userId"] == "alice"


def test_a_repeat_under_the_key_is_answered_with_current_balances(shop: Backend) -> None:
    first = post(shop, "k", amount=10, reason="purchase")
    use(shop, 4)
    again = post(shop, "k", amount=10, reason="purchase")
    assert (again.status, again.replayed) == (200, True)
    assert again.body["transaction"] == first.body["transaction"]
    assert again.body["account"]["balance"] == 6
    other = post(shop, "k", amount=11, reason="purchase")
    assert (other.status, other.body["code"]) == (409, "idempotency_conflict")
    assert other.body["errors"] == [
        {"pointer": "/amount", "message": "differs from the first request"}
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": 0, "reason": "purchase"}, "/amount"),
        ({"amount": 1.5, "reason": "purchase"}, "/amount"),
        ({"amount": 10**16, "reason": "purchase"}, "/amount"),
        ({"amount": 1, "reason": "usage"}, "/reason"),
        ({"amount": 1, "reason": "adjustment", "type": "debit"}, "/note"),
        ({"amount": 1, "reason": "adjustment", "type": "debit", "note": " "}, "/note"),
        ({"amount": 1, "reason": "adjustment", "note": "why"}, "/type"),
        ({"amount": 1, "reason": "purchase", "type": "debit"}, "/type"),
        ({"amount": 1, "reason": "refund"}, "/refundOf"),
        ({"amount": 1, "reason": "refund", "refundOf": "nothing"}, "/refundOf"),
        ({"amount": 1, "reason": "promo", "refundOf": "tx_1"}, "/refundOf"),
        ({"amount": 1, "reason": "purchase", "paid": {"amount": 1}}, "/paid/currency"),
        ({"amount": 1, "reason": "promo", "balance": 1}, "/balance"),
        ({"amount": True, "reason": "promo"}, "/amount"),
        ({"amount": "1", "reason": "promo"}, "/amount"),
        ({"amount": -1, "reason": "promo"}, "/amount"),
        ({"amount": 1, "reason": "promo", "note": "n" * 1001}, "/note"),
        ({"amount": 1, "reason": "promo", "metadata": {"m": "x" * 4096}}, "/metadata"),
        ({"amount": 1, "reason": "promo", "metadata": [1]}, "/metadata"),
        ({"amount": 1, "reason": "promo", "userId": "a b"}, "/userId"),
        ({"amount": 1, "reason": "promo", "userId": "acct_" + "0" * 20}, "/userId"),
        ({"amount": 1, "reason": "refund", "refundOf": "tx_" + "0" * 20 + "_1"}, "/refundOf"),
    ],
)
def test_a_refusal_names_the_field(shop: Backend, body: dict[str, Any], pointer: str) -> None:
    answer = post(shop, **body)
    assert answer.status == 422
    assert pointer in [error["pointer"] for error in answer.body["errors"]]


def test_a_debit_by_hand_never_overdraws(shop: Backend) -> None:
    post(shop, amount=5, reason="promo")
    answer = post(shop, amount=6, reason="adjustment", type="debit", note="correction")
    assert (answer.status, answer.body["balance"], answer.body["required"]) == (402, 5, 6)


def test_refunds_together_never_exceed_what_they_refund(shop: Backend) -> None:
    """LED-5."""
    post(shop, amount=50, reason="purchase")
    used = use(shop, 20)
    assert post(shop, amount=15, reason="refund", refundOf=used).status == 201
    too_much = post(shop, amount=6, reason="refund", refundOf=used)
    assert (too_much.status, too_much.body["errors"][0]["pointer"]) == (422, "/amount")
    last = post(shop, amount=5, reason="refund", refundOf=used)
    assert last.status == 201
    assert last.body["account"]["balance"] == 50


def test_only_usage_of_the_same_user_is_refunded(shop: Backend) -> None:
    """LED-5."""
    bought = post(shop, amount=50, reason="purchase").body["transaction"]["id"]
    used = use(shop, 20)
    other = {"amount": 1, "reason": "refund", "refundOf": used, "userId": "bob"}
    for body in ({"amount": 1, "reason": "refund", "refundOf": bought}, other):
        answer = post(shop, **body)
        assert (answer.status, answer.pointers) == (422, ["/refundOf"])
    free = use(shop, 0)
    answer = post(shop, amount=1, reason="refund", refundOf=free)
    assert (answer.status, answer.pointers) == (422, ["/amount"])


def test_a_refund_repeated_under_its_key_is_not_counted_twice(shop: Backend) -> None:
    """LED-5: the repeat comes when nothing is left to refund, and is told what the first one did."""
    post(shop, amount=50, reason="purchase")
    body = {"amount": 20, "reason": "refund", "refundOf": use(shop, 20)}
    first, again = post(shop, "k", **body), post(shop, "k", **body)
    assert (first.status, again.status, again.replayed) == (201, 200, True)
    assert again.body == first.body


def test_a_key_goes_with_the_body_as_sent_whoever_it_names(shop: Backend) -> None:
    """The user's id and the account's are the same account, but not the same body."""
    first = post(shop, "k", amount=5, reason="promo").body
    again = post(shop, "k", amount=5, reason="promo", userId=first["account"]["accountId"])
    assert (again.status, again.pointers) == (409, ["/userId"])
    by_account = post(shop, "l", amount=5, reason="promo", userId=first["account"]["accountId"])
    assert by_account.body["account"]["balance"] == 10
    assert by_account.body["transaction"]["userId"] == "alice"


def test_an_account_is_found_by_user_and_by_account_id_and_unknown_ones_are_not(
    shop: Backend,
) -> None:
    account = post(shop, amount=5, reason="promo").body["account"]
    for name in ("alice", account["accountId"]):
        answer = shop.call(transactions, "GET", f"/api/admin/accounts/{name}")
        assert answer.body["account"] == account
    for name in ("bob", "acct_" + "0" * 20):
        assert shop.call(transactions, "GET", f"/api/admin/accounts/{name}").status == 404


def test_another_workspace_s_key_finds_nothing(shop: Backend, moto_table: DynamoTable) -> None:
    """SEC-1: as if it did not exist."""
    account = post(shop, amount=5, reason="promo").body["account"]
    other = Backend(moto_table, "other")
    for name in ("alice", account["accountId"]):
        assert other.call(transactions, "GET", f"/api/admin/accounts/{name}").status == 404


def test_a_service_may_not_use_routes_of_people(shop: Backend) -> None:
    for path in ("/api/accounts/me", "/api/transactions", "/api/admin/accounts/alice/verify"):
        assert shop.call(transactions, "GET", path).status == 403


def test_posting_needs_the_scope(shop: Backend) -> None:
    writer = shop.new_key(("usage:write", "usage:read"))
    body = {"userId": "alice", "amount": 1, "reason": "promo"}
    assert shop.call(transactions, "POST", POST, body, key=writer).status == 403


def test_the_function_answers_api_keys_without_an_issuer_of_tokens(shop: Backend) -> None:
    """JWTs are optional: without an issuer in the settings only API keys are taken."""
    post(shop, amount=5, reason="promo")
    handler = build(HttpSettings("tally-test", "1", "test"))
    assert shop.call(handler, "GET", "/api/admin/accounts/alice").status == 200
    assert shop.call(handler, "GET", "/api/admin/accounts/alice", key="eyJ.x.y").status == 401
