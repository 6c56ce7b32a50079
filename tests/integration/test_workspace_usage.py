"""Usage of a workspace as chat platforms use it: registered customers, a flat price a message (REC-7)."""

from __future__ import annotations

import os
from decimal import Decimal

import pytest

from functions.admin.handler import build as build_admin
from functions.admin.settings import Settings as AdminSettings
from functions.query_stats.handler import build as build_stats
from functions.query_stats.settings import Settings as StatsSettings
from functions.record_usage.handler import build as build_record
from functions.record_usage.settings import Settings as RecordSettings
from shared.domain.ids import account_id_of
from shared.store.accounts import DynamoAccounts
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from tests.client import Client
from tests.fakes.stream import stream_record
from tests.folding import fold
from tests.integration.backend import Backend
from tests.people import People

PRICE = Decimal("0.005")


@pytest.fixture
def backend(moto_table: DynamoTable) -> Backend:
    return Backend(moto_table, enforce_credits=False, registered_only=True)


def test_a_month_of_a_chat_platform(
    backend: Backend, moto_table: DynamoTable, keys_url: str
) -> None:
    environ = {**os.environ, "JWT_JWKS_URL": keys_url}
    record = Client(build_record(RecordSettings.read(environ)), backend.key)
    admin = Client(build_admin(AdminSettings.read(environ)), backend.key)
    stats = People(build_stats(StatsSettings.read(environ)))
    for user, active in (("line-1", True), ("line-2", True), ("gone", False)):
        body = {"name": f"Shop {user}", "active": active}
        assert admin.put(f"/api/admin/customers/{user}", body).status == 200
    message = {"service": "chat", "platform": "line"}
    sent = [("line-1", "success")] * 3 + [("line-2", "success"), ("line-2", "error")]

    taken = [
        record.post("/api/usage-logs", message | {"userId": user, "status": status})
        for user, status in sent
    ]
    refused = [
        record.post("/api/usage-logs", message | {"userId": user}) for user in ("gone", "stranger")
    ]
    for user in ("line-1", "line-2"):
        account_id = account_id_of(backend.workspace.secret, user)
        entries = DynamoAccounts(moto_table).entries("acme", account_id, 1, 100)
        fold(moto_table, [stream_record(entry_item(entry)) for entry in entries])

    assert [answer.status for answer in taken] == [201] * 5
    assert {answer.body["code"] for answer in refused} == {"customer_not_registered"}
    service, people = stats.key(backend.key), stats.admin()
    usage = service.get("/api/usage/stats/acme").body
    summary = service.get("/api/usage/summary/acme").body
    dashboard = service.get("/api/usage/dashboard/acme", period="30").body
    assert (usage["totalMessages"], usage["totalCost"]) == (5, 4 * PRICE)
    assert usage["topClients"] == [
        {"clientId": "line-1", "name": "Shop line-1", "cost": 3 * PRICE, "messages": 3},
        {"clientId": "line-2", "name": "Shop line-2", "cost": PRICE, "messages": 2},
    ]
    assert usage["monthlyComparison"] == {
        "currentMonth": 4 * PRICE,
        "previousMonth": 0,
        "growth": None,
    }
    assert sum(day["messages"] for day in usage["dailyUsage"]) == 5
    assert dashboard["dailyUsage"] == usage["dailyUsage"]
    assert dashboard["monthlyTrend"][-1]["cost"] == 4 * PRICE
    assert summary["busiestDay"] == usage["busiestDay"] == dashboard["insights"]["busiestDay"]
    assert all(
        client["clientId"].startswith("acct_") and "name" not in client
        for client in people.get("/api/usage/stats/acme").body["topClients"]
    )
