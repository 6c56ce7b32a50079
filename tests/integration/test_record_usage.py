"""POST /api/usage-logs and /batch through the handler, on moto (REC-1 to REC-5, PRI-1, PRI-3, PRI-5)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from functions.record_usage.handler import handler as record
from functions.transactions.handler import handler as transactions
from shared.store.dynamo import DynamoTable
from tests.client import Answer
from tests.integration.backend import Backend

FULL = {
    "userId": "alice",
    "service": "assistant",
    "provider": "openai",
    "model": "gpt-4o",
    "tokens": {"input": 1000, "output": 200, "cachedInput": 300, "cacheWrite": 50, "reasoning": 40},
    "status": "error",
    "errorCode": "rate_limit",
    "responseTimeMs": 1234,
    "responseBytes": 5678,
    "country": "TH",
    "platform": "web",
    "requestId": "req-9",
    "metadata": {"feature": "summary", "depth": {"n": 1}},
}


@pytest.fixture
def shop(moto_table: DynamoTable) -> Backend:
    backend = Backend(moto_table)
    credit(backend, 1000)
    return backend


def credit(backend: Backend, amount: int, user: str = "alice") -> None:
    body = {"userId": user, "amount": amount, "reason": "purchase"}
    assert backend.call(transactions, "POST", "/api/admin/transactions", body).status == 201


def post(backend: Backend, body: object, key: str | None = None) -> Answer:
    return backend.call(record, "POST", "/api/usage-logs", body, idempotency_key=key)


def post_batch(backend: Backend, rows: list[Any], key: str | None = None) -> Answer:
    body = {"usageLogs": rows}
    return backend.call(record, "POST", "/api/usage-logs/batch", body, idempotency_key=key)


def test_a_log_is_answered_with_all_it_told_its_transaction_and_the_account(shop: Backend) -> None:
    """REC-1, LED-1: every member comes back, the balance is after it."""
    answer = post(shop, FULL | {"status": "success", "errorCode": None})
    assert answer.status == 201
    log, transaction, account = (answer.body[n] for n in ("usageLog", "transaction", "account"))
    told = {n: v for n, v in FULL.items() if n not in {"tokens", "status", "errorCode"}}
    assert {name: log[name] for name in told} == told
    assert log["tokens"] == {**FULL["tokens"], "total": 1200}  # type: ignore[dict-item]
    assert "errorCode" not in log
    assert (log["credits"], log["cost"], log["currency"]) == (5, Decimal("0.005"), "USD")
    assert transaction["usageLogIds"] == [log["id"]]
    assert log["transactionId"] == transaction["id"]
    assert (transaction["seq"], transaction["amount"], transaction["type"]) == (2, 5, "debit")
    assert transaction["balanceAfter"] == account["balance"] == 995
    assert account["day"] == account["month"]
    assert account["day"] == {
        "credits": 5,
        "cost": Decimal("0.005"),
        "tokens": 1200,
        "requests": 1,
    }


def test_a_log_needs_no_model_and_no_tokens(shop: Backend) -> None:
    """REC-9: a message or a tool call is usage too."""
    log = post(shop, {"userId": "alice", "service": "tool"}).body["usageLog"]
    assert "model" not in log
    assert "tokens" not in log
    assert log["provider"] == "tool"


def test_a_plain_total_of_tokens_shows_just_the_total(shop: Backend) -> None:
    log = post(shop, {"userId": "alice", "service": "chat", "tokens": 77}).body["usageLog"]
    assert log["tokens"] == {"total": 77}


def test_a_failed_call_costs_nothing_at_a_flat_price(shop: Backend) -> None:
    log = post(shop, FULL).body["usageLog"]
    assert (log["cost"], log["credits"], log["unpriced"]) == (0, 0, False)


@pytest.mark.parametrize(
    ("stated", "cost", "credits"),
    [
        ({"cost": 0.0123, "credits": 3}, "0.0123", 3),
        ({"cost": 0.0123}, "0.0123", 13),
        ({"credits": 3}, "0.005", 3),
        ({"credits": 0}, "0.005", 0),
        ({"cost": 12.3000075}, "12.3000075", 12301),
    ],
)
def test_what_is_stated_is_taken_and_what_is_not_is_computed_exactly(
    moto_table: DynamoTable, stated: dict[str, Any], cost: str, credits: int
) -> None:
    shop = Backend(moto_table)
    credit(shop, 20_000)
    log = post(shop, {"userId": "alice", "service": "chat", **stated}).body["usageLog"]
    assert str(log["cost"]) == cost
    assert log["credits"] == credits
    if "credits" not in stated:
        value = Fraction(str(log["receipt"]["creditValue"]))
        assert credits == -(-Fraction(cost) // value)


def test_a_repeat_is_answered_200_and_says_so_whatever_way_the_id_came(shop: Backend) -> None:
    first = post(shop, FULL | {"id": "one"})
    again = post(shop, FULL, key="one")
    assert (first.status, again.status) == (201, 200)
    assert not first.replayed
    assert again.replayed
    assert again.body["usageLog"] == first.body["usageLog"]
    assert again.body["transaction"] == first.body["transaction"]


def test_id_and_key_that_differ_are_refused(shop: Backend) -> None:
    answer = post(shop, FULL | {"id": "one"}, key="two")
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"] == "/id"


@pytest.mark.parametrize("key", ["", "has space", "x" * 129, "a/b"])
def test_a_key_that_cannot_be_an_id_is_refused(shop: Backend, key: str) -> None:
    assert post(shop, FULL, key=key).status == 422


def test_a_conflict_names_each_member_that_differs_and_only_those(shop: Backend) -> None:
    post(shop, FULL | {"id": "one"})
    changed = {**FULL, "tokens": {"input": 1, "output": 200}, "model": "gpt-4", "country": None}
    answer = post(shop, changed, key="one")
    assert (answer.status, answer.body["code"]) == (409, "idempotency_conflict")
    assert [error["pointer"] for error in answer.body["errors"]] == [
        "/country",
        "/model",
        "/tokens/cacheWrite",
        "/tokens/cachedInput",
        "/tokens/input",
        "/tokens/reasoning",
    ]


def test_without_enough_credits_the_answer_is_402_with_balance_and_need(shop: Backend) -> None:
    """LED-4."""
    answer = post(shop, {"userId": "alice", "service": "chat", "credits": 1001})
    assert (answer.status, answer.body["code"]) == (402, "insufficient_credits")
    assert (answer.body["balance"], answer.body["required"]) == (1000, 1001)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("member", "value", "pointer"),
    [
        ("userId", "", "/userId"),
        ("userId", "a b", "/userId"),
        ("userId", "a/b", "/userId"),
        ("userId", "a\n", "/userId"),
        ("userId", 7, "/userId"),
        ("userId", None, "/userId"),
        ("service", "x" * 129, "/service"),
        ("tokens", -1, "/tokens"),
        ("tokens", True, "/tokens"),
        ("tokens", "5", "/tokens"),
        ("tokens", 1.5, "/tokens"),
        ("tokens", {"input": 1}, "/tokens/output"),
        ("tokens", {"input": 1, "output": 1, "total": 2}, "/tokens/total"),
        ("tokens", {"input": 10, "output": 1, "cachedInput": 6, "cacheWrite": 5}, "/tokens"),
        ("tokens", {"input": 10, "output": 1, "reasoning": 2}, "/tokens"),
        ("credits", 1.5, "/credits"),
        ("credits", -1, "/credits"),
        ("credits", True, "/credits"),
        ("cost", "1", "/cost"),
        ("cost", -0.1, "/cost"),
        ("cost", 0.1234567890123, "/cost"),
        ("cost", True, "/cost"),
        ("status", "ok", "/status"),
        ("country", "germany", "/country"),
        ("country", "de", "/country"),
        ("platform", "a#b", "/platform"),
        ("occurredAt", "2026-11-20T09:30:00", "/occurredAt"),
        ("occurredAt", "yesterday", "/occurredAt"),
        ("occurredAt", 1_795_167_000, "/occurredAt"),
        ("metadata", ["a"], "/metadata"),
        ("metadata", {"a": "x" * 4096}, "/metadata"),
        ("responseTimeMs", -1, "/responseTimeMs"),
        ("unknown", 1, "/unknown"),
    ],
)
def test_a_refusal_names_the_field_and_nothing_is_written(
    shop: Backend, member: str, value: object, pointer: str
) -> None:
    """REC-2."""
    answer = post(shop, {"userId": "alice", "service": "chat", "id": "one", member: value})
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert pointer in [error["pointer"] for error in answer.body["errors"]]
    assert post(shop, {"userId": "alice", "service": "chat", "id": "one"}).status == 201


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '"x"',
        "{'a':1}",
        '{"userId":"alice","service":"chat","cost":NaN}',
        '{"userId":"\\ud800","service":"chat"}',
        "[" * 5000,
    ],
)
def test_what_is_no_json_object_is_refused_at_the_root(shop: Backend, text: str) -> None:
    answer = post(shop, text)
    assert answer.status == 422
    assert answer.body["errors"][0]["pointer"] in {"", "/userId"}


def test_deeply_nested_metadata_is_refused(shop: Backend) -> None:
    nested: dict[str, object] = {}
    for _ in range(500):
        nested = {"a": nested}
    answer = post(shop, {"userId": "alice", "service": "chat", "metadata": nested})
    assert answer.status == 422


def test_events_too_old_or_from_the_future_are_told_apart(shop: Backend) -> None:
    """REC-6."""
    old = post(shop, {"userId": "alice", "service": "c", "occurredAt": "2020-01-01T00:00:00Z"})
    new = post(shop, {"userId": "alice", "service": "c", "occurredAt": "2199-01-01T00:00:00Z"})
    assert (old.status, old.body["code"]) == (422, "event_too_old")
    assert (new.status, new.body["code"]) == (422, "event_in_future")


def test_each_row_of_a_batch_has_its_own_outcome(shop: Backend) -> None:
    """REC-3: good rows survive bad ones, wherever those stand."""
    post(shop, {"userId": "alice", "service": "chat", "id": "known"})
    rows: list[Any] = [
        {"userId": "alice", "service": "chat", "id": "new"},
        {"userId": "alice", "service": "chat", "id": "known"},
        {"userId": "alice", "service": "other", "id": "known"},
        {"userId": "alice", "service": "chat", "credits": "3"},
        "no object",
        {"userId": "bob", "service": "chat"},
        {"userId": "alice", "service": "chat", "id": "new"},
        {"userId": "alice", "service": "else", "id": "new"},
        {"userId": "alice", "service": "chat", "id": "last"},
    ]
    answer = post_batch(shop, rows)
    assert answer.status == 200
    assert [(r["index"], r["status"]) for r in answer.body["results"]] == [
        (0, "created"),
        (1, "replayed"),
        (2, "conflict"),
        (3, "rejected"),
        (4, "rejected"),
        (5, "rejected"),
        (6, "replayed"),
        (7, "conflict"),
        (8, "created"),
    ]
    assert answer.body["summary"] == {"created": 2, "replayed": 2, "conflict": 2, "rejected": 3}
    codes = [r["error"]["code"] for r in answer.body["results"] if "error" in r]
    assert codes == [
        "idempotency_conflict",
        "validation_failed",
        "validation_failed",
        "insufficient_credits",
        "idempotency_conflict",
    ]


def test_a_repeated_batch_answers_its_rows_replayed_and_a_changed_row_conflict(
    shop: Backend,
) -> None:
    rows = [{"userId": "alice", "service": "chat"} for _ in range(3)]
    first = post_batch(shop, rows, "batch")
    again = post_batch(shop, rows, "batch")
    assert first.body["summary"]["created"] == 3
    assert [r["usageLog"]["id"] for r in first.body["results"]] == ["batch:0", "batch:1", "batch:2"]
    assert again.body["summary"]["replayed"] == 3
    assert again.replayed
    changed = post_batch(shop, [*rows[:2], {"userId": "alice", "service": "else"}], "batch")
    assert [r["status"] for r in changed.body["results"]] == ["replayed", "replayed", "conflict"]
    assert not changed.replayed


def test_all_rows_of_one_user_share_one_transaction(shop: Backend) -> None:
    rows = [{"userId": "alice", "service": "chat"} for _ in range(20)]
    results = post_batch(shop, rows).body["results"]
    assert len({r["usageLog"]["transactionId"] for r in results}) == 1


@pytest.mark.parametrize(
    "body",
    [{}, {"usageLogs": []}, {"usageLogs": {}}, {"usageLogs": [{}] * 501}, {"logs": []}],
)
def test_a_batch_of_the_wrong_form_is_refused_as_a_whole(shop: Backend, body: object) -> None:
    assert shop.call(record, "POST", "/api/usage-logs/batch", body).status == 422


def test_a_batch_key_leaves_room_for_the_index(shop: Backend) -> None:
    rows = [{"userId": "alice", "service": "chat"}]
    assert post_batch(shop, rows, "k" * 124).body["summary"]["created"] == 1
    assert post_batch(shop, rows, "k" * 125).status == 422


def test_a_key_without_the_scope_may_not_write(shop: Backend) -> None:
    reader = shop.new_key(("usage:read",))
    answer = shop.call(record, "POST", "/api/usage-logs", FULL, key=reader)
    assert (answer.status, answer.body["code"]) == (403, "forbidden")


def test_an_unknown_query_parameter_is_refused(shop: Backend) -> None:
    answer = shop.call(record, "POST", "/api/usage-logs", FULL, query={"dryRun": "1"})
    assert answer.status == 422
