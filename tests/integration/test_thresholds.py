"""Thresholds and alerts through the real handlers on moto: usage is recorded, lines fire, people read."""

from __future__ import annotations

import os

import pytest

from functions.record_usage.handler import build as build_record_usage
from functions.record_usage.settings import Settings as RecordSettings
from functions.thresholds.handler import build
from functions.thresholds.settings import Settings
from shared.store.dynamo import DynamoTable
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import a_workspace
from tests.people import People

PATH = "/api/thresholds"
LIMIT = {"scope": "user", "metric": "requests", "dailyLimit": 2}


@pytest.fixture
def people(moto_table: DynamoTable, keys_url: str) -> People:
    for name in ("acme", "globex"):
        DynamoWorkspaces(moto_table).create(a_workspace(workspace_id=name, enforce_credits=False))
    return People(build(Settings.read({**os.environ, "JWT_JWKS_URL": keys_url})))


@pytest.fixture
def recorders(people: People, keys_url: str) -> People:
    """Those who record usage in the same workspaces."""
    environ = {**os.environ, "JWT_JWKS_URL": keys_url}
    return People(build_record_usage(RecordSettings.read(environ)))


def test_a_threshold_is_made_read_changed_and_deleted(people: People) -> None:
    admin = people.admin()
    made = admin.post(PATH, LIMIT | {"userId": "alice", "block": True}, key="k")
    path = f"{PATH}/{made.body['threshold']['id']}"

    assert made.status == 201
    again = admin.post(PATH, LIMIT | {"userId": "alice", "block": True}, key="k")
    assert (again.status, again.replayed) == (200, True)
    assert admin.get(path).body["threshold"] == made.body["threshold"]
    assert admin.put(path, LIMIT | {"monthlyLimit": 9}).body["threshold"]["monthlyLimit"] == 9
    assert len(admin.get(PATH).body["thresholds"]) == 1
    assert admin.delete(path).status == 204
    assert admin.get(PATH).body == {"thresholds": []}


def test_a_block_holds_from_its_answer_until_it_is_deleted(
    people: People, recorders: People
) -> None:
    """ALR-4: `429` with when it resets and which threshold it is."""
    admin, usage = people.admin(), {"userId": "alice", "service": "chat"}
    record = recorders.admin()
    threshold = admin.post(PATH, LIMIT | {"userId": "alice", "block": True}).body["threshold"]

    statuses = [record.post("/api/usage-logs", usage).status for _ in range(2)]
    refused = record.post("/api/usage-logs", usage)

    assert (statuses, refused.status) == ([201, 201], 429)
    assert refused.body["code"] == "limit_exceeded"
    assert refused.body["thresholdId"] == threshold["id"]
    current = admin.get(f"{PATH}/{threshold['id']}").body["threshold"]["current"]["daily"]
    assert (current["value"], current["percent"]) == (2, 100)
    assert refused.body["resetsAt"] == current["resetsAt"]
    assert record.post("/api/usage-logs", usage | {"userId": "bob"}).status == 201
    admin.delete(f"{PATH}/{threshold['id']}")
    assert record.post("/api/usage-logs", usage).status == 201


def test_a_block_on_each_user_holds_for_each(people: People, recorders: People) -> None:
    people.admin().post(PATH, LIMIT | {"block": True})
    rows = [{"userId": user, "service": "chat"} for user in ("alice", "alice", "bob", "alice")]

    answer = recorders.admin().post("/api/usage-logs/batch", {"usageLogs": rows})

    assert [result["status"] for result in answer.body["results"]] == [
        "created",
        "created",
        "created",
        "rejected",
    ]
    assert answer.body["results"][3]["error"]["code"] == "limit_exceeded"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_admins_and_operators_set_thresholds(people: People, method: str) -> None:
    body = LIMIT if method == "POST" else None
    assert people.anybody().send(method, PATH, body).status == 401
    assert people.user().send(method, PATH, body).status == 403
    assert people.admin().send(method, PATH, body).status in {200, 201}
    acme = {"workspaceId": "acme"}
    assert people.operator().send(method, PATH, body, query=acme).status in {200, 201}
    assert people.admin("globex").send(method, PATH, body, query=acme).status == 404


def test_an_empty_list_of_alerts(people: People) -> None:
    answer = people.user().get("/api/alerts")

    assert answer.body == {"alerts": [], "total": 0, "page": 1, "limit": 20}


def test_a_budget_of_the_workspace_holds_for_everybody_together(
    people: People, recorders: People
) -> None:
    """ALR-4: through the handlers, and with what was used before it was made."""
    admin, record = people.admin(), recorders.admin()
    assert record.post("/api/usage-logs", {"userId": "alice", "service": "chat"}).status == 201
    budget = {"scope": "workspace", "metric": "requests", "monthlyLimit": 2, "block": True}
    threshold = admin.post(PATH, budget).body["threshold"]

    # Nothing folds here, so the log of before is not in the totals yet.
    answers = [
        record.post("/api/usage-logs", {"userId": user, "service": "chat"})
        for user in ("alice", "bob", "carol")
    ]

    assert [answer.status for answer in answers] == [201, 201, 429]
    assert answers[2].body["code"] == "limit_exceeded"
    current = admin.get(f"{PATH}/{threshold['id']}").body["threshold"]["current"]["monthly"]
    assert (current["value"], current["resetsAt"]) == (2, answers[2].body["resetsAt"])
    admin.put(f"{PATH}/{threshold['id']}", budget | {"monthlyLimit": 3})
    assert record.post("/api/usage-logs", {"userId": "carol", "service": "chat"}).status == 201


def test_a_threshold_is_tried_and_tested(people: People, recorders: People) -> None:
    """ALR-5."""
    for _ in range(2):
        recorders.admin().post("/api/usage-logs", {"userId": "alice", "service": "chat"})
    admin = people.admin()

    tried = admin.post(f"{PATH}/try", {"threshold": LIMIT | {"userId": "alice"}})
    assert [firing["percent"] for firing in tried.body["firings"]] == [80, 100]
    assert admin.get(PATH).body == {"thresholds": []}

    path = f"{PATH}/{admin.post(PATH, LIMIT).body['threshold']['id']}/test"
    fired, again = admin.post(path, None, key="k"), admin.post(path, None, key="k")
    assert (fired.status, fired.body["alert"]["test"]) == (202, True)
    assert (again.status, again.replayed, again.body) == (200, True, fired.body)
    assert admin.get("/api/alerts").body["alerts"] == [fired.body["alert"]]
