"""The audit trail through the real handlers, on moto: written, queued, brought home, listed (SEC-2)."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from typing import Any, Final

import boto3
import pytest

from functions.audit.handler import build
from functions.audit.handler import handler as audit_handler
from functions.transactions.handler import handler as transactions
from shared.adapters.clock import SystemClock
from shared.compose import HttpSettings
from shared.domain.audit import AuditEntry
from shared.domain.calendar import utc_text
from shared.domain.ids import uuid7
from shared.store.directory import DynamoDirectory
from shared.store.dynamo import DynamoTable
from shared.store.schema import directory_key
from shared.store.table import Delete, Put, StoreUnavailableError, Update
from tests.client import Answer, Client
from tests.factories import ACCOUNT, LambdaContext
from tests.integration.backend import Backend
from tests.people import People

PATH: Final = "/api/admin/audit"


@pytest.fixture
def backend(moto_table: DynamoTable) -> Backend:
    return Backend(moto_table)


@pytest.fixture
def people(backend: Backend, keys_url: str) -> People:
    return People(build(HttpSettings.read({**os.environ, "JWT_JWKS_URL": keys_url})))


def listed(answer: Answer) -> list[dict[str, Any]]:
    assert answer.status == 200, answer
    entries: list[dict[str, Any]] = answer.body["entries"]
    return entries


def test_what_a_backend_did_is_listed_newest_first(backend: Backend, people: People) -> None:
    backend.call(
        transactions,
        "POST",
        "/api/admin/transactions",
        {"userId": "alice", "amount": 5, "reason": "promo"},
    )
    backend.call(transactions, "GET", "/api/admin/accounts/alice")
    backend.call(transactions, "GET", "/api/admin/accounts/bob")
    backend.call(transactions, "GET", "/api/admin/transactions/alice")
    entries = listed(people.admin().get(PATH))
    assert [(e["action"], e["outcome"], e["status"]) for e in entries] == [
        ("GET /api/admin/transactions/{userId}", "denied", 403),
        ("GET /api/admin/accounts/{userId}", "not_found", 404),
        ("GET /api/admin/accounts/{userId}", "allowed", 200),
        ("POST /api/admin/transactions", "allowed", 201),
    ]
    assert entries[2]["resource"] == "/api/admin/accounts/alice"
    assert {e["actor"] for e in entries} == {f"key:{backend.key.split('_')[-2]}"}
    assert set(entries[0]) == {
        "id",
        "at",
        "actor",
        "role",
        "action",
        "resource",
        "outcome",
        "status",
        "ip",
        "requestId",
    }


def test_reading_the_trail_leaves_a_trace_in_it(people: People) -> None:
    assert listed(people.admin().get(PATH)) == []
    (entry,) = listed(people.admin().get(PATH))
    assert (entry["actor"], entry["role"], entry["resource"]) == ("user:ada", "admin", PATH)


def test_lists_are_filtered_and_go_on_at_the_cursor(backend: Backend, people: People) -> None:
    for _ in range(5):
        backend.call(transactions, "GET", "/api/admin/accounts/bob")
    people.user().get(PATH)
    admin = people.admin()
    action = "GET /api/admin/accounts/{userId}"
    first = admin.get(PATH, action=action, limit="3")
    assert len(listed(first)) == 3
    rest = admin.get(PATH, action=action, limit="3", cursor=first.body["nextCursor"])
    assert len(listed(rest)) == 2
    assert "nextCursor" not in rest.body
    oldest_first = listed(admin.get(PATH, action=action, order="asc"))
    assert oldest_first == [*listed(first), *listed(rest)][::-1]
    (refused,) = listed(admin.get(PATH, actor="user:alice"))
    assert (refused["status"], refused["outcome"], refused["role"]) == (403, "denied", "user")
    assert listed(admin.get(PATH, actor=f"user:{ACCOUNT}")) == [refused]
    assert {e["actor"] for e in listed(admin.get(PATH, actor="user:ada"))} == {"user:ada"}
    assert listed(admin.get(PATH, actor="key:nobody")) == []
    assert listed(admin.get(PATH, endDate="2001-01-01")) == []


@pytest.mark.parametrize(
    "query",
    [
        {"actor": "alice"},
        {"actor": "user:"},
        {"actor": "user:a b"},
        {"action": "everything"},
        {"limit": "101"},
        {"limit": "0"},
        {"order": "up"},
        {"cursor": "x"},
        {"cursor": "YWJj"},
        {"startDate": "2026-11-21", "endDate": "2026-11-20"},
        {"startDate": "yesterday"},
        {"page": "2"},
        {"q": "x"},
    ],
)
def test_a_query_that_makes_no_sense_is_refused(people: People, query: dict[str, str]) -> None:
    answer = people.admin().get(PATH, **query)
    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert answer.pointers == [f"?{list(query)[-1]}"]


def test_only_admins_and_operators_read_the_trail(backend: Backend, people: People) -> None:
    for caller in (people.user(), people.key(backend.key)):
        assert caller.get(PATH).status == 403
    assert people.anybody().get(PATH).status == 401
    assert people.admin("globex").get(PATH).status == 404
    assert people.admin().get(PATH, workspaceId="globex").status == 404
    assert len(listed(people.operator().get(PATH, workspaceId="acme"))) >= 2


def test_what_an_operator_does_outside_of_workspaces_only_operators_read(people: People) -> None:
    people.operator().get(PATH, actor="user:olga")
    (entry,) = listed(people.operator().get(PATH, actor="user:olga"))
    assert (entry["actor"], entry["role"]) == ("user:olga", "operator")
    assert listed(people.admin().get(PATH)) == []


def test_an_erased_user_is_nowhere_in_the_trail(
    people: People, backend: Backend, moto_table: DynamoTable
) -> None:
    """SEC-5: the directory forgets, and so does the trail."""
    people.user().get(PATH)
    admin = people.admin()
    assert listed(admin.get(PATH, actor="user:alice"))[0]["actor"] == "user:alice"
    before = DynamoDirectory(moto_table).users_of("acme", [ACCOUNT])
    assert before == {ACCOUNT: "alice"}
    moto_table.write(Delete(directory_key("acme", ACCOUNT)))
    actors = {entry["actor"] for entry in listed(admin.get(PATH))}
    assert actors == {f"user:{ACCOUNT}", "user:ada"}


class WithoutATrail(DynamoTable):
    """A table that takes everything but entries of the audit trail."""

    def write(self, write: Put | Update | Delete) -> None:
        if isinstance(write, Put) and "#AUDIT#" in str(write.item["pk"]):
            raise StoreUnavailableError("throttled")
        super().write(write)


def waiting(**changes: Any) -> AuditEntry:
    entry = AuditEntry(
        "acme",
        uuid7(SystemClock().now_ms(), os.urandom),
        "user:ada",
        "admin",
        "GET /api/thresholds",
        "/api/thresholds",
        200,
        "203.0.113.7",
        "req-7",
    )
    return replace(entry, **changes)


def sqs_event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"eventSource": "aws:sqs", "body": body} for body in bodies]}


def test_an_entry_that_no_table_took_waits_in_the_queue_and_comes_home(
    backend: Backend, people: People, keys_url: str
) -> None:
    """SEC-2: tested by failing the store; the answer that was earned is given all the same."""
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="audit")["QueueUrl"]
    settings = HttpSettings.read({**os.environ, "JWT_JWKS_URL": keys_url, "AUDIT_QUEUE_URL": queue})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("shared.compose.DynamoTable", WithoutATrail)
        answer = People(build(settings)).admin().get(PATH)
    assert answer.status == 200
    assert listed(people.admin().get(PATH)) == [], "it is not in the table yet"
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    audit_handler(sqs_event(message["Body"]), LambdaContext())
    entries = listed(people.admin().get(PATH, order="asc"))
    assert json.loads(message["Body"])["entry_id"] == entries[0]["id"]
    assert entries[0]["actor"] == "user:ada"


def test_an_entry_that_comes_home_twice_is_there_once(backend: Backend, people: People) -> None:
    sent = waiting()
    event = sqs_event(json.dumps(asdict(sent)))
    for _ in range(2):
        audit_handler(event, LambdaContext())
    (entry,) = listed(people.admin().get(PATH))
    assert (entry["requestId"], entry["at"]) == ("req-7", utc_text(sent.at_ms))


@pytest.mark.parametrize("body", ["", "{}", '{"workspace_id": 1}', "[]"])
def test_a_message_that_is_none_is_left_to_the_queues_dead_letters(
    backend: Backend, body: str
) -> None:
    with pytest.raises(Exception, match=r"."):
        audit_handler(sqs_event(body), LambdaContext())


def test_floods_of_one_users_requests_are_refused_with_standard_headers(
    backend: Backend, keys_url: str
) -> None:
    """SEC-4: through the settings of the environment."""
    settings = HttpSettings.read(
        {**os.environ, "JWT_JWKS_URL": keys_url, "RATES_PER_MINUTE": "admin=3"}
    )
    admin: Client = People(build(settings)).admin()
    answers = [admin.get(PATH) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert {"retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(
        answers[-1].headers
    )
