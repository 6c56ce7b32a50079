"""The contract of recording line by line: bounds, absent members, ids and keys, who is charged (REC)."""

from __future__ import annotations

from typing import Any

import pytest

from functions.admin.handler import handler as admin
from functions.record_usage.handler import handler as record
from functions.transactions.handler import handler as transactions
from shared.domain.ids import account_id_of
from shared.store.dynamo import DynamoTable
from tests.client import Answer
from tests.integration.backend import Backend

CHAT = {"userId": "alice", "service": "chat"}
FREE = CHAT | {"credits": 0}


@pytest.fixture
def shop(moto_table: DynamoTable) -> Backend:
    backend = Backend(moto_table)
    body = {"userId": "alice", "amount": 10**12, "reason": "purchase"}
    assert backend.call(transactions, "POST", "/api/admin/transactions", body).status == 201
    return backend


def post(backend: Backend, body: object, key: str | None = None) -> Answer:
    return backend.call(record, "POST", "/api/usage-logs", body, idempotency_key=key)


def post_batch(backend: Backend, rows: list[Any], key: str | None = None) -> Answer:
    body = {"usageLogs": rows}
    return backend.call(record, "POST", "/api/usage-logs/batch", body, idempotency_key=key)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", "A-Za-z0-9._:@-" + "x" * 114),
        ("service", "A/z0.9_:@-" + "x" * 118),
        ("provider", "x/y"),
        ("model", "x" * 128),
        ("tokens", 0),
        ("tokens", 10**12),
        ("tokens", {"input": 0, "output": 0}),
        ("credits", 0),
        ("credits", 10**12),
        ("cost", 0),
        ("cost", 0.000000000001),
        ("cost", 10**9),
        ("errorCode", "e" * 128),
        ("responseTimeMs", 0),
        ("responseTimeMs", 7 * 86_400_000),
        ("responseBytes", 10**13),
        ("platform", "iOS 19 (한국어)"),
        ("requestId", "r #1|2"),
        ("metadata", {}),
        ("metadata", {"a": "x" * (4096 - len('{"a":""}'))}),
    ],
)
def test_what_just_fits_is_taken_and_comes_back(shop: Backend, member: str, value: object) -> None:
    """REC-1."""
    answer = post(shop, FREE | {member: value})

    assert answer.status == 201, answer.body
    shown = answer.body["usageLog"][member]
    if member == "tokens":
        shown = shown["total"]
        value = value if isinstance(value, int) else 0
    assert (float(shown) if member == "cost" else shown) == value


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("id", ""),
        ("id", "x" * 129),
        ("provider", "x y"),
        ("model", ""),
        ("model", "x" * 129),
        ("tokens", 10**12 + 1),
        ("tokens", []),
        ("credits", 10**12 + 1),
        ("credits", 1.0),
        ("cost", 10**9 + 1),
        ("errorCode", "e" * 129),
        ("errorCode", "a\tb"),
        ("responseTimeMs", 7 * 86_400_000 + 1),
        ("responseTimeMs", 1.5),
        ("responseBytes", 10**13 + 1),
        ("responseBytes", "1"),
        ("country", "DEU"),
        ("platform", ""),
        ("platform", "x" * 65),
        ("requestId", "x" * 129),
        ("status", True),
        ("metadata", "{}"),
        ("@id", "x"),
    ],
)
def test_what_just_does_not_fit_is_refused_by_name(
    shop: Backend, member: str, value: object
) -> None:
    """REC-2."""
    answer = post(shop, FREE | {member: value})

    assert (answer.status, answer.pointers) == (422, [f"/{member}"])


@pytest.mark.parametrize(
    "part", ["input", "output", "cachedInput", "cacheWrite", "reasoning", "@parts"]
)
def test_a_part_of_the_tokens_that_cannot_be_is_named(shop: Backend, part: str) -> None:
    tokens = {"input": 5, "output": 5}

    refused = post(shop, FREE | {"tokens": tokens | {part: "many"}})

    assert (refused.status, refused.pointers) == (422, [f"/tokens/{part}"])


def test_null_is_absent_for_every_optional_member_and_no_difference_to_a_repeat(
    shop: Backend,
) -> None:
    optional = (
        "id provider model tokens credits cost status errorCode responseTimeMs responseBytes country "
        "platform requestId occurredAt metadata"
    )
    nulls = CHAT | dict.fromkeys(optional.split())

    first, again = post(shop, nulls, "k"), post(shop, CHAT, "k")

    assert (first.status, again.status, again.replayed) == (201, 200, True)
    log = first.body["usageLog"]
    assert log["provider"] == "chat"
    assert set(optional.split()) & log.keys() == {
        "id",
        "provider",
        "credits",
        "cost",
        "status",
        "occurredAt",
    }
    parts = {"input": 1, "output": 1, "cachedInput": None, "cacheWrite": None, "reasoning": None}
    assert post(shop, FREE | {"tokens": parts}, "t").status == 201
    assert post(shop, FREE | {"tokens": {"output": 1, "input": 1}}, "t").replayed


@pytest.mark.parametrize(
    "members", [{"model": "m"}, {"tokens": 7}, {"tokens": {"input": 1, "output": 2}}, {}]
)
def test_a_model_needs_no_tokens_and_tokens_no_model(
    shop: Backend, members: dict[str, object]
) -> None:
    """REC-9."""
    log = post(shop, CHAT | members).body["usageLog"]

    assert ("model" in log, "tokens" in log) == ("model" in members, "tokens" in members)
    assert (log["credits"], str(log["cost"])) == (5, "0.005")


def test_rows_without_an_id_get_one_of_the_key_and_those_with_one_keep_it(shop: Backend) -> None:
    rows = [CHAT, CHAT | {"id": "own"}, CHAT | {"id": None}]

    first = post_batch(shop, rows, "K")
    ids = [result["usageLog"]["id"] for result in first.body["results"]]

    assert ids == ["K:0", "own", "K:2"]
    assert post(shop, CHAT, "K:2").replayed, "the key of a row is an id like any other"
    # In another order each row has another id: what is said twice is told apart by its place alone.
    again = post_batch(shop, [rows[1], rows[0], rows[2]], "K")
    assert [r["status"] for r in again.body["results"]] == ["replayed", "created", "replayed"]
    assert not again.replayed


def test_rows_without_id_or_key_are_each_their_own(shop: Backend) -> None:
    results = post_batch(shop, [CHAT, CHAT]).body["results"]

    assert [result["status"] for result in results] == ["created", "created"]
    assert len({result["usageLog"]["id"] for result in results}) == 2


def test_a_row_that_cannot_be_afforded_is_rejected_and_later_ones_are_taken(
    shop: Backend,
) -> None:
    """`insufficient_credits` says balance and need as of its place in the order."""
    body = {"userId": "bob", "amount": 10, "reason": "purchase"}
    shop.call(transactions, "POST", "/api/admin/transactions", body)

    answer = post_batch(
        shop, [{"userId": "bob", "service": "s", "credits": n} for n in (6, 5, 4, 1)]
    )

    assert [r["status"] for r in answer.body["results"]] == ["created", "rejected"] * 2
    errors = [r["error"] for r in answer.body["results"] if "error" in r]
    assert [(e["status"], e["balance"], e["required"]) for e in errors] == [
        (402, 4, 5),
        (402, 0, 1),
    ]
    assert all("usageLog" not in r for r in answer.body["results"] if "error" in r)


def test_an_answer_to_a_repeat_has_the_balance_of_now(shop: Backend) -> None:
    first = post(shop, CHAT | {"credits": 3}, "k").body
    post(shop, CHAT | {"credits": 4})

    again = post(shop, CHAT | {"credits": 3}, "k").body

    assert (again["usageLog"], again["transaction"]) == (first["usageLog"], first["transaction"])
    assert again["account"]["balance"] == first["account"]["balance"] - 4


def test_only_registered_and_active_customers_are_charged_where_it_is_asked(
    moto_table: DynamoTable,
) -> None:
    """REC-7."""
    shop = Backend(moto_table, registered_only=True)

    def customer(*, active: bool) -> None:
        body = {"name": "Alice", "active": active}
        assert shop.call(admin, "PUT", "/api/admin/customers/alice", body).status == 200

    refused = post(shop, FREE, "k")
    assert (refused.status, refused.body["code"]) == (422, "customer_not_registered")
    assert refused.pointers == ["/userId"]
    customer(active=True)
    assert post(shop, FREE, "k").status == 201
    customer(active=False)
    assert post(shop, FREE, "k").replayed, "a repeat is a repeat"
    assert post_batch(shop, [FREE]).body["results"][0]["error"]["code"] == "customer_not_registered"


def test_an_account_id_goes_in_where_a_user_id_does_and_the_user_is_shown(shop: Backend) -> None:
    account = account_id_of(shop.workspace.secret, "alice")

    one = post(shop, CHAT | {"userId": account}, "k")
    rows = post_batch(shop, [CHAT | {"userId": account}, CHAT])

    assert (one.status, one.body["usageLog"]["userId"]) == (201, "alice")
    assert [r["usageLog"]["userId"] for r in rows.body["results"]] == ["alice", "alice"]
    assert post(shop, CHAT | {"userId": account}, "k").replayed
    unknown = post(shop, CHAT | {"userId": "acct_00000000000000000000"})
    assert (unknown.status, unknown.pointers) == (422, ["/userId"])


@pytest.mark.parametrize("name", ["more", "a/b~c"])
def test_an_unknown_member_beside_the_rows_is_named(shop: Backend, name: str) -> None:
    body = {"usageLogs": [CHAT], name: 1}

    answer = shop.call(record, "POST", "/api/usage-logs/batch", body)

    escaped = name.replace("~", "~0").replace("/", "~1")
    assert (answer.status, answer.pointers) == (422, [f"/{escaped}"])


def test_five_hundred_rows_are_taken_at_once(shop: Backend) -> None:
    answer = post_batch(shop, [FREE] * 500, "many")

    assert answer.body["summary"] == {"created": 500, "replayed": 0, "conflict": 0, "rejected": 0}
    assert len({r["usageLog"]["transactionId"] for r in answer.body["results"]}) == 6
