"""Prices through the handlers, on moto: every figure of every answer equals a sum of fractions.

PRI-2 … PRI-6: the price book, workspace prices with dates, currencies, quarantine, repricing.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import boto3
import pytest

from functions.admin.handler import build as build_admin
from functions.admin.settings import Settings as AdminSettings
from functions.aggregate.handler import handler as aggregate
from functions.query_stats.handler import build as build_query_stats
from functions.query_stats.settings import Settings as QuerySettings
from functions.record_usage.handler import build as build_record_usage
from functions.record_usage.settings import Settings as RecordSettings
from functions.repricing import service
from functions.repricing.handler import build as build_repricing
from functions.repricing.settings import Settings as RepricingSettings
from functions.transactions.handler import build as build_transactions
from functions.transactions.settings import Settings as TransactionSettings
from shared.domain.ids import account_id_of
from shared.domain.price_book import price_book
from shared.store.accounts import DynamoAccounts
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from tests.client import Answer, Client, Handler
from tests.factories import LambdaContext, records_event
from tests.fakes.stream import stream_record
from tests.integration.backend import Backend
from tests.issuer import person

LOGS = "/api/usage-logs"
PRICES = "/api/admin/prices"
REPRICINGS = "/api/admin/repricings"
NOW = datetime.now(UTC)
LONG_AGO = "2020-01-01T00:00:00Z"
RANGE = {
    "startDate": (NOW - timedelta(days=60)).date().isoformat(),
    "endDate": (NOW + timedelta(days=1)).date().isoformat(),
}


class Acme:
    """A workspace that charges by tokens, and everybody who deals with it."""

    def __init__(self, table: DynamoTable, keys_url: str, **settings: Any) -> None:
        self._environ = {**os.environ, "JWT_JWKS_URL": keys_url}
        self.table = table
        self.backend = Backend(table, **{"pricing_mode": "tokens", **settings})
        self.accounts = DynamoAccounts(table)
        self._folded = 0
        queue = boto3.client("sqs").create_queue(QueueName="tally-test-repricings")
        assert queue["QueueUrl"] == os.environ["REPRICING_QUEUE_URL"]
        self.queue_url = queue["QueueUrl"]
        self.repricing = build_repricing(RepricingSettings.read(self._environ), map)
        self._handlers: dict[str, Handler] = {
            LOGS: build_record_usage(RecordSettings.read(self._environ)),
            PRICES: build_admin(AdminSettings.read(self._environ)),
            REPRICINGS: self.repricing,
            "/api/admin": build_transactions(TransactionSettings.read(self._environ)),
        }
        self._reads = build_query_stats(QuerySettings.read(self._environ))

    def _handler(self, method: str, path: str) -> Handler:
        if method == "GET" and path.startswith((LOGS, "/api/analytics")):
            return self._reads
        return next(found for prefix, found in self._handlers.items() if path.startswith(prefix))

    def call(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        """A call of an admin."""
        client = Client(self._handler(method, path), person("admin", "ada", "acme"))
        return client.send(method, path, body, query=query)

    def get(self, path: str, **query: str) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status == 200, answer.body
        return answer.body

    def use(self, **members: object) -> Any:
        answer = self.call("POST", LOGS, {"userId": "alice", **members})
        assert answer.status == 201, answer.body
        return answer.body["usageLog"]

    def buy(self, amount: int) -> None:
        body = {"userId": "alice", "amount": amount, "reason": "purchase"}
        assert self.call("POST", "/api/admin/transactions", body).status == 201

    def price(self, **price: object) -> None:
        body = json.dumps({"effectiveFrom": LONG_AGO, **price}, default=float)
        assert self.call("PUT", PRICES, body).status == 200

    def reprice(self, *, dry: bool = False, status: int = 200, **where: object) -> Any:
        answer = self.call("POST", REPRICINGS, {**RANGE, "dryRun": dry, **where})
        assert answer.status == status, answer.body
        return answer.body["repricing"]

    def fold(self) -> None:
        """Let the stream bring what was committed since."""
        account_id = account_id_of(self.backend.workspace.secret, "alice")
        entries = list(self.accounts.entries("acme", account_id, self._folded + 1, 10**6))
        self._folded += len(entries)
        records = [stream_record(entry_item(entry)) for entry in entries]
        assert aggregate(records_event(records), LambdaContext())["batchItemFailures"] == []


MakeAcme = Callable[..., Acme]


@pytest.fixture
def acme(moto_table: DynamoTable, keys_url: str) -> MakeAcme:
    return lambda **settings: Acme(moto_table, keys_url, **settings)


def recomputed(receipt: Any) -> tuple[Fraction, int]:
    """Cost and credits by what a receipt says, nothing else."""
    lines = receipt["lines"]
    for line in lines:
        assert Fraction(line["quantity"]) * Fraction(line["rate"]) == Fraction(line["cost"])
        name = "perRequest" if line["item"] == "request" else line["item"]
        assert receipt["rates"][name] == line["rate"]
    cost = sum((Fraction(line["quantity"]) * Fraction(line["rate"]) for line in lines), Fraction(0))
    if "exchangeRate" in receipt:
        cost = _half_up(cost * Fraction(receipt["exchangeRate"]))
    return cost, math.ceil(cost / Fraction(receipt["creditValue"]))


def _half_up(value: Fraction) -> Fraction:
    return Fraction(math.floor(value * 10**12 + Fraction(1, 2)), 10**12)


def in_dollars(usd_per_million: dict[str, str], tokens: dict[str, int]) -> Fraction:
    """The cost of tokens at prices of a million, by fractions of the published decimals."""
    return sum((Fraction(usd_per_million[p]) * n / 10**6 for p, n in tokens.items()), Fraction(0))


TOKENS = {"input": 1000, "output": 301, "cachedInput": 400, "cacheWrite": 77, "reasoning": 50}
PARTS = {"input": 523, "cachedInput": 400, "cacheWrite": 77, "output": 251, "reasoning": 50}
SONNET = {
    "input": "3",
    "cachedInput": "0.3",
    "cacheWrite": "3.75",
    "output": "15",
    "reasoning": "15",
}


@pytest.mark.parametrize(
    ("call", "matched", "per_million"),
    [
        (
            {"service": "claude", "model": "claude-3-5-sonnet-20241022"},
            ("anthropic", "claude-3-5-sonnet"),
            SONNET,
        ),
        (
            {"service": "custom", "model": "gpt-4"},
            ("openai", "gpt-4"),
            dict.fromkeys(("input", "cachedInput", "cacheWrite"), "30")
            | dict.fromkeys(("output", "reasoning"), "60"),
        ),
        (
            {"service": "note-summariser", "provider": "gemini", "model": "gemini-2.0-flash"},
            ("google", "gemini-2.0-flash"),
            dict.fromkeys(("input", "cacheWrite"), "0.1")
            | {"cachedInput": "0.025", "output": "0.4", "reasoning": "0.4"},
        ),
    ],
)
def test_a_call_finds_its_price_and_the_receipt_says_whose_it_is(
    acme: MakeAcme, call: dict[str, str], matched: tuple[str, str], per_million: dict[str, str]
) -> None:
    """PRI-2, PRI-5: to the last digit, by fractions."""
    shop = acme(enforce_credits=False)
    log = shop.use(**call, tokens=TOKENS)
    receipt = log["receipt"]
    cost = in_dollars(per_million, PARTS)
    assert (receipt["basis"], receipt["priceBook"]) == ("price_book", price_book().version)
    assert receipt["matched"] == {"vendor": matched[0], "model": matched[1]}
    assert Fraction(log["cost"]) == cost
    assert log["credits"] == math.ceil(cost * 1000)
    assert recomputed(receipt) == (Fraction(log["cost"]), log["credits"])
    assert shop.get(f"{LOGS}/{log['id']}")["usageLog"] == log
    assert "exchangeRate" not in receipt


def test_a_failed_call_pays_the_tokens_it_reports(acme: MakeAcme) -> None:
    """PRI-2."""
    shop = acme(enforce_credits=False)
    call = {"service": "claude", "model": "claude-3-5-sonnet", "status": "error"}
    assert Fraction(shop.use(**call, tokens=TOKENS)["cost"]) == in_dollars(SONNET, PARTS)
    assert shop.use(**call)["cost"] == 0
    total_only = shop.use(service="claude", model="claude-3-5-sonnet", tokens=1000)
    assert (total_only["unpriced"], total_only["cost"]) == (True, 0)


def test_a_large_request_moves_to_its_tier_as_a_whole(acme: MakeAcme) -> None:
    """PRI-2: gemini-2.5-pro costs 1.25 and 10 up to 200,000 input tokens, 2.5 and 15 beyond."""
    shop = acme(enforce_credits=False)
    for tokens, rates in (
        (200_000, {"input": "1.25", "output": "10"}),
        (200_001, {"input": "2.5", "output": "15"}),
    ):
        parts = {"input": tokens, "output": 10}
        log = shop.use(service="gemini", model="gemini-2.5-pro", tokens=parts)
        assert Fraction(log["cost"]) == in_dollars(rates, parts)
        assert recomputed(log["receipt"]) == (Fraction(log["cost"]), log["credits"])


def test_another_currency_takes_the_workspace_s_rate_and_none_is_unpriced(acme: MakeAcme) -> None:
    """PRI-6: rounded half up once for each log, and the receipt keeps the rate."""
    rate = 1_378_123_456_789_012
    shop = acme(
        enforce_credits=False, currency="KRW", exchange_rate_picos=rate, credit_value_picos=10**12
    )
    log = shop.use(service="claude", model="claude-3-5-sonnet", tokens=TOKENS)
    won = _half_up(in_dollars(SONNET, PARTS) * Fraction(rate, 10**12))
    assert (Fraction(log["cost"]), log["currency"]) == (won, "KRW")
    assert Fraction(log["receipt"]["exchangeRate"]) == Fraction(rate, 10**12)
    assert recomputed(log["receipt"]) == (won, log["credits"])
    shop.price(service="bot", model="m", perMillion={"input": 3000, "output": 0})
    own = shop.use(service="bot", model="m", tokens={"input": 1, "output": 0})
    assert (own["cost"], "exchangeRate" in own["receipt"]) == (Decimal("0.003"), False)


def test_without_a_rate_a_foreign_workspace_is_unpriced(acme: MakeAcme) -> None:
    """PRI-6."""
    shop = acme(enforce_credits=False, currency="EUR")
    log = shop.use(service="claude", model="claude-3-5-sonnet", tokens=TOKENS)
    assert (log["unpriced"], log["cost"], log["receipt"]["basis"]) == (True, 0, "unpriced")


def test_quarantine_pricing_later_and_everything_that_follows(acme: MakeAcme) -> None:
    """PRI-4: listed as unpriced, tried, priced by a compensating transaction, shown everywhere."""
    shop = acme()
    shop.buy(100)
    usage: dict[str, Any] = {"service": "lab", "model": "secret-1"}
    logs = [
        shop.use(**usage, tokens={"input": 1000 + n, "output": 100}, responseTimeMs=10)
        for n in range(3)
    ]
    shop.fold()
    assert [log["unpriced"] for log in logs] == [True] * 3
    (waiting,) = shop.get(PRICES)["unpriced"]
    assert {name: waiting[name] for name in ("service", "model", "logs")} == {**usage, "logs": 3}
    assert waiting["lastSeen"] <= logs[-1]["occurredAt"] < _hour_after(waiting["lastSeen"])
    before = shop.get("/api/admin/transactions/alice")["transactions"]

    rates = {"input": Decimal("2.5"), "output": 10}
    shop.price(**usage, perMillion=rates)
    text = {part: str(rate) for part, rate in rates.items()}
    costs = [in_dollars(text, {"input": 1000 + n, "output": 100}) for n in range(3)]
    credits = [math.ceil(cost * 1000) for cost in costs]
    dry = shop.reprice(dry=True)
    run = shop.reprice()
    shop.fold()

    for shown in (dry, run):
        assert Fraction(shown["costDifference"]) == sum(costs)
        assert shown["creditDifference"] == sum(credits)
        assert (shown["logs"], shown["accounts"], shown["unpaid"]) == (3, 1, 0)
    assert shop.get(f"{REPRICINGS}/{run['id']}")["repricing"] == run
    assert shop.get(PRICES)["unpriced"] == []
    listed = shop.get(f"{LOGS}/user/alice", order="asc")["usageLogs"]
    for old, log, cost, credit in zip(logs, listed, costs, credits, strict=True):
        repriced = log.pop("repriced")
        assert log == old
        assert (repriced["repricingId"], Fraction(repriced["cost"])) == (run["id"], cost)
        assert repriced["credits"] == credit
        assert recomputed(repriced["receipt"]) == (cost, credit)
        assert shop.get(f"{LOGS}/{log['id']}")["usageLog"] == {**log, "repriced": repriced}
    newest, *others = shop.get("/api/admin/transactions/alice")["transactions"]
    assert others == before
    assert (newest["reason"], newest["type"], newest["amount"]) == (
        "adjustment",
        "debit",
        sum(credits),
    )
    assert run["id"] in newest["note"]
    assert sorted(newest["usageLogIds"]) == sorted(log["id"] for log in logs)
    assert newest["balanceAfter"] == 100 - sum(credits)
    account = shop.get("/api/admin/accounts/alice")["account"]
    assert account["balance"] == 100 - sum(credits)
    assert Fraction(account["month"]["cost"]) == sum(costs)
    assert (account["day"]["credits"], account["day"]["requests"]) == (sum(credits), 3)
    statistics = shop.get(f"{LOGS}/stats")["statistics"]
    assert Fraction(statistics["cost"]) == sum(costs)
    assert (statistics["credits"], statistics["requests"]) == (sum(credits), 3)
    assert statistics["p95ResponseTimeMs"] == 10
    assert Fraction(statistics["byModel"][0]["cost"]) == sum(costs)
    assert sum(Fraction(row["cost"]) for row in statistics["byHour"]) == sum(costs)
    assert shop.get("/api/admin/accounts/alice/verify")["verified"]
    assert shop.reprice()["logs"] == 0


def _hour_after(text: str) -> str:
    later = datetime.fromisoformat(text) + timedelta(hours=1)
    return later.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_each_event_is_priced_by_its_own_date_when_a_price_changes_in_between(
    acme: MakeAcme,
) -> None:
    """PRI-2: late events included; a run changes nothing that was right."""
    shop = acme(enforce_credits=False)
    change = (NOW - timedelta(days=3)).replace(microsecond=0)
    usage = {"service": "chat", "model": "m"}
    shop.price(**usage, perMillion={"input": 1, "output": 1})
    shop.price(**usage, effectiveFrom=change.isoformat(), perMillion={"input": 7, "output": 1})
    found = [
        shop.use(
            **usage,
            tokens={"input": 10**6, "output": 0},
            occurredAt=(change + timedelta(milliseconds=at)).isoformat(timespec="milliseconds"),
        )["cost"]
        for at in (-86_400_000, -1, 0, 86_400_000)
    ]
    assert found == [1, 1, 7, 7]
    assert shop.reprice()["logs"] == 0
    shop.price(**usage, effectiveFrom=change.isoformat(), perMillion={"input": 5, "output": 1})
    run = shop.reprice()
    assert (run["logs"], run["costDifference"], run["creditDifference"]) == (2, -4, -4000)


def test_a_long_run_is_a_job_and_can_be_polled(
    acme: MakeAcme, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = acme(enforce_credits=False)
    shop.use(service="chat", model="m", tokens={"input": 5, "output": 5})
    shop.price(service="chat", model="m", perRequest=2)
    monkeypatch.setattr(service, "INLINE_SECONDS", -1.0)

    run = shop.reprice(status=202)

    assert (run["status"], run["logs"]) == ("running", 0)
    sqs = boto3.client("sqs")
    (message,) = sqs.receive_message(QueueUrl=shop.queue_url, MaxNumberOfMessages=10)["Messages"]
    record = {
        "body": message["Body"],
        "receiptHandle": message["ReceiptHandle"],
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }
    shop.repricing({"Records": [record]}, LambdaContext(remaining_ms=900_000))
    done = shop.get(f"{REPRICINGS}/{run['id']}")["repricing"]
    assert (done["status"], done["logs"], done["costDifference"]) == ("done", 1, 2)


def test_a_repeat_under_the_same_key_starts_no_second_run(acme: MakeAcme) -> None:
    shop = acme(enforce_credits=False)
    client = Client(shop.repricing, person("admin", "ada", "acme"))
    body = {**RANGE, "dryRun": False}
    first, again = (client.post(REPRICINGS, body, "key-1") for _ in range(2))
    assert (first.status, again.status, again.replayed) == (200, 200, True)
    assert first.body == again.body
    other = client.post(REPRICINGS, {**body, "dryRun": True}, "key-1")
    assert (other.status, other.body["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize(("role", "status"), [("user", 403), ("admin", 200)])
def test_only_admins_reprice(acme: MakeAcme, role: str, status: int) -> None:
    """SEC-1."""
    shop = acme()
    client = Client(shop.repricing, person(role, "ada", "acme"))
    assert client.post(REPRICINGS, {**RANGE, "dryRun": True}).status == status
    assert Client(shop.repricing, shop.backend.key).post(REPRICINGS, {}).status == 403
    assert (
        Client(shop.repricing, person("admin", "eve", "other")).get(f"{REPRICINGS}/x").status == 404
    )
