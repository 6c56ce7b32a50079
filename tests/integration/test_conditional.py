"""Conditional requests through the handlers on moto: what one function writes, another tells (STA-7)."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from functions.admin.handler import build as build_admin
from functions.admin.settings import Settings as AdminSettings
from functions.query_stats.handler import build as build_stats
from functions.query_stats.settings import Settings as StatsSettings
from functions.record_usage.handler import build as build_record
from functions.record_usage.settings import Settings as RecordSettings
from functions.thresholds.handler import build as build_thresholds
from functions.thresholds.settings import Settings as ThresholdSettings
from shared.domain.ids import account_id_of
from shared.store.accounts import DynamoAccounts
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from tests.client import Answer, Client
from tests.fakes.stream import stream_record
from tests.folding import fold
from tests.integration.backend import Backend
from tests.people import People

STATS = "/api/usage-logs/stats"
MY_USAGE = "/api/analytics/my-usage"
CLIENTS = "/api/usage/stats/acme"
LOG = {"userId": "alice", "service": "chat", "cost": 0.25}


class Functions:
    """The functions over one table, as people call them."""

    def __init__(self, table: DynamoTable, keys_url: str) -> None:
        environ = {**os.environ, "JWT_JWKS_URL": keys_url}
        self.table = table
        self.backend = Backend(table, enforce_credits=False)
        self.stats = People(build_stats(StatsSettings.read(environ)))
        self.record = People(build_record(RecordSettings.read(environ)))
        self.admin = People(build_admin(AdminSettings.read(environ)))
        self.thresholds = People(build_thresholds(ThresholdSettings.read(environ)))

    def use(self, **changes: Any) -> None:
        assert (
            self.record.key(self.backend.key).post("/api/usage-logs", LOG | changes).status == 201
        )

    def fold(self, user: str = "alice") -> None:
        """What the stream would bring."""
        account_id = account_id_of(self.backend.workspace.secret, user)
        entries = DynamoAccounts(self.table).entries("acme", account_id, 1, 100)
        fold(self.table, [stream_record(entry_item(entry)) for entry in entries])


def again(client: Client, path: str, first: Answer, **query: str) -> Answer:
    return client.send("GET", path, query=query, headers={"If-None-Match": first.headers["etag"]})


@pytest.fixture
def functions(moto_table: DynamoTable, keys_url: str) -> Functions:
    return Functions(moto_table, keys_url)


def test_an_answer_holds_until_usage_is_folded(functions: Functions) -> None:
    functions.use()
    functions.fold()
    admin = functions.stats.admin()
    first = admin.get(STATS)

    assert first.headers["cache-control"] == "private, no-cache"
    assert again(admin, STATS, first).status == 304
    functions.use()
    functions.fold()
    fresh = again(admin, STATS, first)
    assert fresh.status == 200
    assert fresh.body["statistics"]["requests"] == 2


def test_a_user_sees_their_own_log_at_once(functions: Functions) -> None:
    alice = functions.stats.user("alice")
    first = alice.get(MY_USAGE)
    assert again(alice, MY_USAGE, first).status == 304

    functions.use()

    fresh = again(alice, MY_USAGE, first)
    assert fresh.status == 200
    assert (fresh.body["usage"]["requests"], fresh.body["balance"]) == (1, -250)


def test_a_threshold_shows_at_once_and_goes_when_it_is_deleted(functions: Functions) -> None:
    alice, admin = functions.stats.user("alice"), functions.thresholds.admin()
    body = {"scope": "user", "metric": "requests", "dailyLimit": 4}
    first = alice.get(MY_USAGE)

    made = admin.post("/api/thresholds", body)
    second = again(alice, MY_USAGE, first)
    assert admin.delete(f"/api/thresholds/{made.body['threshold']['id']}").status == 204
    third = again(alice, MY_USAGE, second)

    assert [len(answer.body["thresholds"]) for answer in (first, second, third)] == [0, 1, 0]


def test_privacy_and_names_show_at_once(functions: Functions) -> None:
    functions.use()
    functions.fold()
    stats, admin = functions.stats.admin(), functions.admin.admin()
    first = stats.get(CLIENTS)
    workspace = admin.get("/api/admin/workspaces/acme").body["workspace"]
    workspace = json.loads(json.dumps(workspace, default=float))
    settings = {name: workspace[name] for name in workspace if name != "workspaceId"}

    changed = admin.put(
        "/api/admin/workspaces/acme", settings | {"userPrivacy": "visible", "alertEmails": []}
    )
    second = again(stats, CLIENTS, first)
    admin.put("/api/admin/customers/alice", {"name": "Alice & Co", "active": True})
    third = again(stats, CLIENTS, second)

    assert changed.status == 200, changed.body
    assert (second.status, third.status) == (200, 200)
    clients = [answer.body["topClients"][0] for answer in (first, second, third)]
    assert clients[0]["clientId"].startswith("acct_")
    assert (clients[1]["clientId"], clients[1].get("name")) == ("alice", None)
    assert (clients[2]["clientId"], clients[2]["name"]) == ("alice", "Alice & Co")


def test_a_refused_change_leaves_answers_as_they_are(functions: Functions) -> None:
    stats, admin = functions.stats.admin(), functions.thresholds.admin()
    first = stats.get(STATS)

    assert admin.post("/api/thresholds", {"scope": "user"}).status == 422
    assert admin.delete("/api/thresholds/th_00000000000000000000").status == 404

    assert again(stats, STATS, first).status == 304


def test_the_hit_rate_is_a_metric(functions: Functions, capsys: pytest.CaptureFixture[str]) -> None:
    admin = functions.stats.admin()
    first = admin.get(STATS)
    admin.get(STATS)
    again(admin, STATS, first)

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    counted = [
        name for line in lines for name in ("StatsCacheHit", "StatsCacheMiss") if name in line
    ]
    assert counted == ["StatsCacheMiss", "StatsCacheHit", "StatsCacheHit"]
    assert {line["_aws"]["CloudWatchMetrics"][0]["Namespace"] for line in lines} == {"Tally"}
