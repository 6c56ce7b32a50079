"""Analytics through the handler on moto, over recorded and folded logs (STA-2, STA-6, SEC-5)."""

from __future__ import annotations

import os
from typing import Any

import pytest

from functions.query_stats.handler import build
from functions.query_stats.settings import Settings
from functions.record_usage.handler import build as build_record
from functions.record_usage.settings import Settings as RecordSettings
from shared.adapters.clock import SystemClock
from shared.domain.calendar import MS_PER_DAY, local_day, utc_text, zone_of
from shared.domain.ids import account_id_of
from shared.store.accounts import DynamoAccounts
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from tests.client import Answer
from tests.fakes.stream import stream_record
from tests.folding import fold
from tests.integration.backend import Backend
from tests.people import People

ZONE = zone_of("Asia/Kathmandu")
LOGS: tuple[dict[str, Any], ...] = (
    {"userId": "alice", "service": "chat", "model": "large", "cost": 0.25, "country": "KR"},
    {"userId": "alice", "service": "chat", "cost": 0.5, "status": "error"},
    {"userId": "bob", "service": "search", "model": "small", "cost": 1.5, "country": "NP"},
    {"userId": "bob", "service": "chat", "model": "large", "cost": 0.125, "country": "KR"},
)


class Shop:
    """A workspace in Kathmandu with a log on each of the last days, folded."""

    def __init__(self, table: DynamoTable, keys_url: str) -> None:
        environ = {**os.environ, "JWT_JWKS_URL": keys_url}
        self.backend = Backend(table, enforce_credits=False, timezone="Asia/Kathmandu")
        self.people = People(build(Settings.read(environ)))
        self.now_ms = SystemClock().now_ms()
        record = People(build_record(RecordSettings.read(environ))).key(self.backend.key)
        rows = [
            log | {"id": f"log-{n}", "occurredAt": utc_text(self.now_ms - n * MS_PER_DAY)}
            for n, log in enumerate(LOGS)
        ]
        assert record.post("/api/usage-logs/batch", {"usageLogs": rows}).status == 200
        for user in ("alice", "bob"):
            entries = DynamoAccounts(table).entries("acme", self.account(user), 1, 100)
            fold(table, [stream_record(entry_item(entry)) for entry in entries])

    def account(self, user_id: str) -> str:
        return account_id_of(self.backend.workspace.secret, user_id)

    def get(self, path: str, **query: str) -> Any:
        answer = self.people.admin().get(f"/api/analytics/{path}", **query)
        assert answer.status == 200, answer.body
        return answer.body


@pytest.fixture
def shop(moto_table: DynamoTable, keys_url: str) -> Shop:
    return Shop(moto_table, keys_url)


def test_every_route_answers_an_admin_from_what_was_recorded(shop: Shop) -> None:
    first, second = shop.account("bob"), shop.account("alice")
    today = local_day(shop.now_ms, ZONE)

    assert shop.get("metrics")["metrics"]["cost"] == 2.375
    assert [row["service"] for row in shop.get("services")["services"]] == ["search", "chat"]
    models = shop.get("models", service="chat")["models"]
    assert [(row["model"], str(row["share"])) for row in models] == [
        (None, "0.571429"),
        ("large", "0.428571"),
    ]
    countries = shop.get("countries")["countries"]
    assert [(row["country"], row["requests"]) for row in countries] == [
        ("NP", 1),
        (None, 1),
        ("KR", 2),
    ]
    assert [row["platform"] for row in shop.get("platforms")["platforms"]] == [None]
    assert shop.get("hours")["peakHour"]["requests"] == 4
    series = shop.get("timeseries", service="chat")["timeseries"]
    assert [row["key"] for row in series if row["requests"]][-1] == today
    assert series[-1]["start"].endswith("T18:15:00.000Z")
    top = shop.get("users/top", by="requests", limit="1")["users"]
    assert [(row["userId"], row["share"]) for row in top] == [(min(first, second), 0.5)]
    assert shop.get("token-usage", userId="alice")["totals"]["requests"] == 2
    rows = shop.get("query", groupBy="user", service="chat")["rows"]
    assert [(row["key"], row["cost"]) for row in rows] == [(second, 0.75), (first, 0.125)]


def test_a_dashboard_is_there_as_a_whole(shop: Shop) -> None:
    board = shop.get("dashboard")

    assert board.keys() >= {
        *("overview", "timeseries", "services", "models", "topUsers", "peakHours"),
        *("monthlyComparison", "forecast", "alerts"),
    }
    assert board["overview"]["users"] == 2
    assert [row["userId"] for row in board["topUsers"]] == [
        shop.account("bob"),
        shop.account("alice"),
    ]


def refusal(shop: Shop, path: str, **query: str) -> tuple[int, list[str]]:
    answer: Answer = shop.people.admin().get(f"/api/analytics/{path}", **query)
    return answer.status, [error["pointer"] for error in answer.body["errors"]]


def test_what_is_not_kept_or_not_known_is_refused_by_name(shop: Shop) -> None:
    assert refusal(shop, "countries", userId="alice") == (422, ["?userId"])
    assert refusal(shop, "metrics", startDate="2026-11-01") == (422, ["?endDate"])
    assert refusal(shop, "services", by="cost") == (422, ["?by"])


def test_backends_and_users_have_no_analytics(shop: Shop) -> None:
    key, alice = shop.people.key(shop.backend.key), shop.people.user("alice")

    assert key.get("/api/analytics/dashboard").status == 403
    assert alice.get("/api/analytics/users/top").status == 403
