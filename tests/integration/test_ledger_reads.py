"""The ledger's reads through the handler, on moto, each as who may ask (LED-3, LED-5, LED-6, SEC-1)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from functions.record_usage.handler import handler as record
from functions.transactions.handler import build
from functions.transactions.settings import Settings
from shared.store.accounts import DynamoAccounts
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from tests.conftest import dynamo_table
from tests.fakes.stream import stream_record
from tests.folding import fold
from tests.integration.backend import Backend
from tests.issuer import jwks, served
from tests.people import People
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ALL = "/api/admin/transactions"


class Shop:
    """Alice bought 100, used 7 in two services, got 2 back; bob got a promo of 5."""

    def __init__(self, table: DynamoTable, keys_url: str) -> None:
        self.backend = Backend(table)
        self.handler = build(Settings.read({**os.environ, "JWT_JWKS_URL": keys_url}))
        self.people = People(self.handler)
        admin = self.people.admin()
        bought = {"userId": "alice", "amount": 100, "reason": "purchase", "note": "Top-up"}
        self.bought = admin.post(ALL, bought | {"metadata": {"invoice": "INV-7"}}).body
        for service, credits in (("chat", 4), ("ocr", 3)):
            body = {"userId": "alice", "service": service, "credits": credits, "model": "gpt-4o"}
            used = self.backend.call(record, "POST", "/api/usage-logs", body).body["transaction"]
        refund = {"userId": "alice", "amount": 2, "reason": "refund", "refundOf": used["id"]}
        self.refund = admin.post(ALL, refund).body["transaction"]
        self.alice = self.refund["accountId"]
        self.promo = admin.post(ALL, {"userId": "bob", "amount": 5, "reason": "promo"}).body

    def fold(self) -> None:
        """Fold everything there is."""
        accounts = DynamoAccounts(self.backend.table)
        ids = (self.alice, self.promo["account"]["accountId"])
        entries = [entry for a in ids for entry in accounts.entries("acme", a, 1, 100)]
        fold(self.backend.table, [stream_record(entry_item(entry)) for entry in entries])


@pytest.fixture(scope="module", params=["fresh", "folded"])
def shop(dynamodb: DynamoDBClient, request: pytest.FixtureRequest) -> Iterator[Shop]:
    with mock_aws(), served(jwks()) as url:
        create_table(dynamodb, os.environ["TABLE_NAME"])
        made = Shop(dynamo_table(), url)
        if request.param == "folded":
            made.fold()
        yield made


def ids(body: dict[str, Any]) -> list[tuple[str, int]]:
    return [(row["userId"], row["seq"]) for row in body["transactions"]]


def test_lists(shop: Shop) -> None:
    """GET /api/transactions, /api/admin/transactions, /api/admin/transactions/{userId}."""
    admin, alice = shop.people.admin(), shop.people.user("alice")
    own = alice.get("/api/transactions").body
    assert ids(own) == [("alice", 4), ("alice", 3), ("alice", 2), ("alice", 1)]
    assert (own["total"], own["balance"], own["page"], own["limit"]) == (4, 95, 1, 20)
    assert "nextCursor" not in own
    assert admin.get(f"{ALL}/alice").body == own == admin.get(f"{ALL}/{shop.alice}").body

    every = admin.get(ALL).body
    assert ids(every) == [("bob", 1), *ids(own)]
    assert every["total"] == 5
    assert every["transactions"][1:] == own["transactions"]
    oldest = admin.get(ALL, order="asc", limit="2").body
    assert ids(oldest) == [("alice", 1), ("alice", 2)]
    rest = admin.get(ALL, order="asc", limit="100", cursor=oldest["nextCursor"]).body
    assert ids(oldest) + ids(rest) == ids(every)[::-1]
    assert ids(admin.get(ALL, order="asc", limit="2", page="3").body) == [("bob", 1)]
    assert ids(admin.get(ALL, userId="alice").body) == ids(own)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"reason": "usage"}, [3, 2]),
        ({"type": "credit"}, [4, 1]),
        ({"reason": "refund", "type": "debit"}, []),
        ({"q": "inv-7"}, [1]),
        ({"q": "GPT ocr"}, [3]),
        ({"q": "refund"}, [4]),
        ({"startDate": "2000-01-01", "endDate": "2000-01-31"}, []),
        ({"startDate": "2000-01-01T00:00:00Z"}, [4, 3, 2, 1]),
    ],
)
def test_filters(shop: Shop, query: dict[str, str], found: list[int]) -> None:
    for client, path, more in (
        (shop.people.user("alice"), "/api/transactions", {}),
        (shop.people.admin(), f"{ALL}/alice", {}),
        (shop.people.admin(), ALL, {"userId": "alice"}),
    ):
        body = client.get(path, **query, **more).body
        assert [row["seq"] for row in body["transactions"]] == found
        assert body["total"] == len(found)
    everyone = shop.people.admin().get(ALL, **query).body
    assert [n for user, n in ids(everyone) if user == "alice"] == found


@pytest.mark.parametrize(
    "query",
    [
        {"type": "free"},
        {"reason": "gift"},
        {"q": " "},
        {"limit": "0"},
        {"limit": "101"},
        {"page": "0"},
        {"cursor": "x"},
        {"order": "up"},
        {"startDate": "today"},
        {"startDate": "2026-11-21", "endDate": "2026-11-20"},
        {"service": "chat"},
    ],
)
def test_what_no_list_takes_is_refused_by_name(shop: Shop, query: dict[str, str]) -> None:
    for client, path in (
        (shop.people.user("alice"), "/api/transactions"),
        (shop.people.admin(), ALL),
        (shop.people.admin(), f"{ALL}/alice"),
    ):
        answer = client.get(path, **query)
        assert (answer.status, answer.body["code"]) == (422, "validation_failed")
        assert answer.pointers[0].removeprefix("?") in query


def test_single_transactions(shop: Shop) -> None:
    """GET /api/transactions/{id}: its owner's and the admins'."""
    path = f"/api/transactions/{shop.refund['id']}"
    assert shop.people.user("alice").get(path).body == {"transaction": shop.refund}
    assert shop.people.admin().get(path).body == {"transaction": shop.refund}
    used = shop.people.admin().get(f"/api/transactions/{shop.refund['refundOf']}").body
    assert used["transaction"]["id"] == shop.refund["refundOf"]
    assert used["refunded"] == shop.refund["amount"]
    assert shop.people.user("bob").get(path).status == 404
    assert shop.people.key(shop.backend.key).get(path).status == 403
    for missing in (f"tx_{shop.alice[5:]}_9", "tx_1", "nothing"):
        assert shop.people.admin().get(f"/api/transactions/{missing}").status == 404


def test_statements(shop: Shop) -> None:
    """GET /api/transactions/statement, /api/admin/transactions/{userId}/statement."""
    own = shop.people.user("alice").get("/api/transactions/statement").body
    statement = own["statement"]
    assert (statement["openingBalance"], statement["closingBalance"]) == (0, 95)
    assert statement["totals"] == {
        "purchase": 100,
        "usage": -7,
        "refund": 2,
        "promo": 0,
        "adjustment": 0,
    }
    assert statement["byService"] == [
        {"service": "chat", "credits": 4, "requests": 1},
        {"service": "ocr", "credits": 3, "requests": 1},
    ]
    assert statement["days"][-1]["closingBalance"] == 95
    path = f"{ALL}/alice/statement"
    assert shop.people.admin().get(path, month=statement["month"]).body == own
    assert shop.people.user("alice").get(path).status == 403


def test_summaries(shop: Shop) -> None:
    """GET /api/admin/transactions/summary."""
    admin = shop.people.admin()
    month = admin.get(f"{ALL}/summary", groupBy="month").body
    assert month["totals"] == {
        "purchase": 100,
        "usage": -7,
        "refund": 2,
        "promo": 5,
        "adjustment": 0,
        "credits": 107,
        "debits": 7,
        "net": 100,
        "transactions": 5,
    }
    days = admin.get(f"{ALL}/summary", userId="alice").body
    assert days["totals"]["net"] == 95
    assert len(days["summary"]) == 30
    assert shop.people.user("alice").get(f"{ALL}/summary").status == 403


def test_accounts(shop: Shop) -> None:
    """GET /api/accounts/me, /api/admin/accounts, /api/admin/accounts/{userId}?at."""
    admin = shop.people.admin()
    own = shop.people.user("alice").get("/api/accounts/me").body
    assert (own["account"]["balance"], own["account"]["seq"]) == (95, 4)
    assert own["account"]["month"]["credits"] == own["account"]["day"]["credits"] == 7
    assert admin.get("/api/admin/accounts/alice").body == own
    assert shop.people.key(shop.backend.key).get("/api/admin/accounts/alice").body == own
    at = shop.bought["transaction"]["createdAt"]
    then = admin.get("/api/admin/accounts/alice", at=at).body["account"]
    assert (then["balance"], then["seq"], then["day"]["credits"]) == (100, 1, 0)

    every = admin.get("/api/admin/accounts", order="asc").body
    assert [row["userId"] for row in every["accounts"]] == ["alice", "bob"]
    assert (every["total"], every["accounts"][0]) == (2, own["account"])
    for q in ("al", shop.alice[:12]):
        found = admin.get("/api/admin/accounts", q=q).body
        assert (found["total"], found["accounts"]) == (1, [own["account"]])


def test_proofs(shop: Shop) -> None:
    """GET /api/admin/accounts/{userId}/verify."""
    admin, path = shop.people.admin(), "/api/admin/accounts/alice/verify"
    assert admin.get(path).body == {
        "verified": True,
        "entries": 4,
        "balance": 95,
        "recomputedBalance": 95,
        "headHash": shop.refund["hash"],
    }
    first = shop.bought["transaction"]
    then = admin.get(path, at=first["createdAt"]).body
    assert (then["entries"], then["balance"], then["headHash"]) == (1, 100, first["hash"])
    assert admin.get(path, at="2020-01-01T00:00:00Z").body["entries"] == 0


def test_an_operator_reads_the_workspace_that_the_query_names(shop: Shop) -> None:
    operator = shop.people.operator()
    assert operator.get(ALL, workspaceId="acme").body["total"] == 5
    assert operator.get("/api/admin/accounts", workspaceId="acme").body["total"] == 2
    assert operator.get("/api/transactions", workspaceId="acme").status == 403


def test_admins_of_another_workspace_find_nothing(shop: Shop) -> None:
    Backend(shop.backend.table, "other")
    admin = shop.people.admin("other")
    assert admin.get(ALL).body["transactions"] == []
    assert admin.get(ALL, q="top-up").body["transactions"] == []
    assert admin.get("/api/admin/accounts").body["accounts"] == []
    for path in (f"/api/admin/accounts/{shop.alice}", f"{ALL}/{shop.alice}/statement"):
        assert admin.get(path).status == 404
