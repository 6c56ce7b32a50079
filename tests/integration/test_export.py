"""Exports through the handler, on moto: S3, STS, SQS and the table (EXP-1, EXP-2, EXP-3, SEC-1)."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import boto3
import pytest
import requests

from functions.export import service
from functions.export.columns import USAGE_COLUMNS
from functions.export.handler import build
from functions.export.settings import Settings
from functions.record_usage.handler import handler as record
from shared.adapters.clock import SystemClock
from shared.adapters.s3 import s3_client
from shared.domain.audit import AuditEntry, masked
from shared.domain.ids import account_id_of, uuid7
from shared.domain.ledger import Movement
from shared.store.audit import DynamoAuditLog
from shared.store.dynamo import DynamoTable
from shared.store.exports import DynamoExports
from shared.store.ledger import DynamoLedger
from tests.client import Answer
from tests.exports import parquet_rows
from tests.factories import LambdaContext
from tests.integration.backend import Backend
from tests.issuer import jwks, served
from tests.people import People

USAGE = "/api/usage-logs/export"
TRANSACTIONS = "/api/admin/transactions/export"
ANALYTICS = "/api/analytics/export"
AUDIT = "/api/admin/audit/export"
OWN = "/api/usage/export/acme"
BUCKET = os.environ["EXPORT_BUCKET"]


class Office:
    """The export function with everything behind it, and a workspace with some books."""

    def __init__(self, table: DynamoTable, jwks_url: str) -> None:
        s3_client().create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        self.sqs = boto3.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="tally-test-exports")["QueueUrl"]
        settings = Settings.read()
        assert settings.http.jwt is not None
        http = replace(settings.http, jwt=replace(settings.http.jwt, jwks_url=jwks_url))
        self.handler = build(replace(settings, http=http, queue_url=self.queue_url))
        self.people = People(self.handler)
        self.backend = Backend(table, enforce_credits=False)
        self.service = self.people.key(self.backend.key)
        self.store = DynamoExports(table)
        self.ledger = DynamoLedger(table, SystemClock())
        self.audit = DynamoAuditLog(table, SystemClock())

    def use(self, log_id: str, user_id: str = "alice", **members: Any) -> None:
        body = {"id": log_id, "userId": user_id, "service": "chat", **members}
        answer = self.backend.call(record, "POST", "/api/usage-logs", body)
        assert answer.status == 201, answer

    def buy(self, user_id: str, amount: int, note: str | None = None) -> None:
        self.ledger.move("acme", user_id, Movement("credit", "purchase", amount, note), None)

    def account(self, user_id: str) -> str:
        return account_id_of(self.backend.workspace.secret, user_id)

    def take_jobs(self) -> dict[str, Any]:
        """The event that the queue's messages make."""
        messages = self.sqs.receive_message(
            QueueUrl=self.queue_url, AttributeNames=["All"], MaxNumberOfMessages=1
        )["Messages"]
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
            }
            for message in messages
        ]
        return {"Records": records}

    def run_jobs(self, event: dict[str, Any]) -> None:
        self.handler(event, LambdaContext(remaining_ms=900_000))


@pytest.fixture(scope="session")
def jwks_url() -> Iterator[str]:
    with served(jwks()) as url:
        yield url


@pytest.fixture
def office(moto_table: DynamoTable, jwks_url: str) -> Office:
    return Office(moto_table, jwks_url)


def fetched(answer: Answer) -> tuple[bytes, Any]:
    """The file and the manifest behind an answer's links."""
    assert answer.status == 200, answer
    data = requests.get(answer.body["downloadUrl"], timeout=5)
    manifest = requests.get(answer.body["manifestUrl"], timeout=5)
    assert (data.status_code, manifest.status_code) == (200, 200)
    return data.content, json.loads(manifest.content, parse_float=Decimal)


def rows_of(data: bytes, file_format: str) -> list[dict[str, Any]]:
    if file_format == "parquet":
        return parquet_rows(data)
    if file_format == "csv":
        return list(csv.DictReader(io.StringIO(data.decode(), newline="")))
    lines = [data] if file_format == "json" else data.splitlines()
    values = [json.loads(line, parse_float=Decimal) for line in lines]
    rows: list[dict[str, Any]] = values[0] if file_format == "json" else values
    return rows


@pytest.mark.parametrize("file_format", ["csv", "json", "jsonl", "parquet"])
def test_usage_comes_with_a_manifest_that_fits(office: Office, file_format: str) -> None:
    office.use("a-1", cost=0.1000001, metadata={"note": '=1, "two"\nthree'})
    office.use("a-2", model="gpt-5", tokens={"input": 10, "output": 5}, status="error")
    office.use("b-1", "bob", tokens=7, credits=3)

    answer = office.service.get(USAGE, format=file_format)

    data, manifest = fetched(answer)
    rows = rows_of(data, file_format)
    assert {row["id"] for row in rows} == {"a-1", "a-2", "b-1"}
    assert {row["userId"] for row in rows} == {"alice", "bob"}
    assert manifest["sha256"] == sha256(data).hexdigest()
    assert (manifest["rows"], manifest["bytes"]) == (3, len(data))
    assert manifest["totals"] == {
        "credits": sum(int(row["credits"]) for row in rows),
        "cost": sum(Decimal(row["cost"]) for row in rows),
        "requests": 3,
        "totalTokens": 22,
    }
    export = answer.body["export"]
    assert list(answer.body) == ["export", "downloadUrl", "manifestUrl", "expiresAt"]
    assert export["status"] == "done"
    for name in ("rows", "bytes", "sha256", "totals", "kind", "format", "createdAt"):
        assert export[name] == manifest[name]
    assert manifest["exportId"] == export["id"]


@pytest.mark.parametrize("file_format", ["csv", "json", "jsonl", "parquet"])
def test_transactions_come_with_a_manifest_that_fits(office: Office, file_format: str) -> None:
    office.buy("alice", 100, note="+1 for you")
    office.use("a-1", credits=7)
    office.buy("bob", 50)

    data, manifest = fetched(office.people.admin().get(TRANSACTIONS, format=file_format))

    rows = rows_of(data, file_format)
    assert sorted((row["userId"], int(row["seq"])) for row in rows) == [
        ("alice", 1),
        ("alice", 2),
        ("bob", 1),
    ]
    notes = {row.get("note") for row in rows}
    assert ("'+1 for you" if file_format == "csv" else "+1 for you") in notes
    assert manifest["totals"] == {"credits": 150, "debits": 7}
    assert manifest["sha256"] == sha256(data).hexdigest()


def test_filters_reach_the_rows(office: Office) -> None:
    office.use("a-1", service="chat")
    office.use("a-2", service="tts", model="gpt-5")
    office.use("b-1", "bob", service="tts", status="error")
    office.buy("alice", 10)

    def ids(**query: str) -> set[str]:
        data, _ = fetched(office.service.get(USAGE, **query))
        return {row["id"] for row in rows_of(data, "csv")}

    assert ids(service="tts") == {"a-2", "b-1"}
    assert ids(userId="alice", service="tts", model="gpt-5") == {"a-2"}
    assert ids(status="error") == {"b-1"}
    assert ids(endDate="2020-01-01") == set()
    assert ids(startDate="2020-01-01T00:00:00+02:00") == {"a-1", "a-2", "b-1"}
    admin = office.people.admin()
    data, manifest = fetched(admin.get(TRANSACTIONS, userId="alice", type="credit"))
    assert [row["amount"] for row in rows_of(data, "csv")] == ["10"]
    assert manifest["filters"] == {"userId": "alice", "type": "credit"}
    data, manifest = fetched(admin.get(TRANSACTIONS, q="TTS"))
    assert [row["userId"] for row in rows_of(data, "csv")].count("bob") == 1
    assert manifest["filters"] == {"q": "TTS"}


def test_an_export_of_nothing_is_whole(office: Office) -> None:
    data, manifest = fetched(office.service.get(USAGE))

    assert rows_of(data, "csv") == []
    assert data.decode().strip().split(",") == [column.name for column in USAGE_COLUMNS]
    assert (manifest["rows"], manifest["range"]) == (0, {"start": None, "end": None})


def test_admins_see_accounts_and_users_themselves(office: Office) -> None:
    office.use("a-1", requestId="r-1", metadata={"name": "Alice"})
    office.use("b-1", "bob")

    data, manifest = fetched(office.people.admin().get(USAGE, userId="alice"))
    assert b"alice" not in data.lower()
    assert [row["userId"] for row in rows_of(data, "csv")] == [office.account("alice")]
    assert manifest["filters"] == {"userId": office.account("alice")}
    own, _ = fetched(office.people.user("alice").get(USAGE))
    assert [(row["userId"], row["requestId"]) for row in rows_of(own, "csv")] == [("alice", "r-1")]
    other = office.people.user("alice").get(USAGE, userId="bob")
    assert (other.status, other.body["code"]) == (404, "not_found")


def test_a_workspaces_usage_has_a_path_of_its_own(office: Office) -> None:
    office.use("a-1", requestId="r-1")
    people = office.people

    for reader in (office.service, people.admin(), people.operator()):
        data, manifest = fetched(reader.get(OWN, format="json"))
        assert [row["id"] for row in rows_of(data, "json")] == ["a-1"]
        assert manifest["kind"] == "usage-logs"
    assert b"alice" not in fetched(people.admin().get(OWN))[0]
    for stranger in (office.service, people.admin()):
        assert stranger.get("/api/usage/export/other").status == 404
    assert people.operator().get("/api/usage/export/nowhere").status == 404
    assert people.user("alice").get(OWN).status == 403


def test_answers_about_usage_come_as_files(office: Office) -> None:
    office.use("a-1")
    admin = office.people.admin()

    data, manifest = fetched(
        admin.get(ANALYTICS, kind="summary", groupBy="user", userId="alice", format="parquet")
    )

    assert [(row["key"], row["requests"]) for row in rows_of(data, "parquet")] == [
        (office.account("alice"), 1)
    ]
    assert (manifest["kind"], manifest["totals"]["requests"]) == ("summary", 1)
    refused = admin.get(ANALYTICS, kind="summary", groupBy="country", service="chat")
    assert (refused.status, refused.body["code"]) == (422, "validation_failed")
    logs, _ = fetched(admin.get(ANALYTICS))
    assert [row["id"] for row in rows_of(logs, "csv")] == ["a-1"]
    assert office.service.get(ANALYTICS).status == 403


def test_the_audit_trail_comes_as_a_file(office: Office) -> None:
    office.use("a-1")
    actor = f"user:{masked(office.account('alice'))}"
    entry_id = uuid7(SystemClock().now_ms(), os.urandom)
    entry = AuditEntry(
        "acme", entry_id, actor, "user", "GET /api/exports", "/api/exports", 200, "::1", "r-1"
    )
    office.audit.record(entry)

    data, manifest = fetched(office.people.admin().get(AUDIT, actor="user:alice"))

    assert entry_id in {row["id"] for row in rows_of(data, "csv")}
    assert {row["actor"] for row in rows_of(data, "csv")} == {"user:alice"}
    assert (manifest["kind"], manifest["filters"]) == ("audit", {"actor": "user:alice"})
    assert office.service.get(AUDIT).status == 403


def test_routes_are_open_to_their_roles_only(office: Office) -> None:
    people = office.people

    assert people.user().get(TRANSACTIONS).status == 403
    assert office.service.get(TRANSACTIONS).status == 403
    assert people.operator().get(TRANSACTIONS, workspaceId="acme").status == 200
    for path in (USAGE, TRANSACTIONS, "/api/exports", "/api/exports/none"):
        assert people.anybody().get(path).status == 401
    blind = people.key(office.backend.new_key(("usage:write",)))
    assert blind.get(USAGE).status == 403


def test_exports_are_seen_by_who_asked_and_by_admins(office: Office) -> None:
    own = office.people.user("alice").get(USAGE).body["export"]
    keys = office.service.get(USAGE).body["export"]
    path = f"/api/exports/{own['id']}"

    for reader in (office.people.user("alice"), office.people.admin()):
        answer = reader.get(path)
        assert answer.body["export"] == own
        assert fetched(answer)[1]["exportId"] == own["id"]
    for stranger in (office.people.user("bob"), office.service):
        assert stranger.get(path).status == 404
    assert office.people.admin().get("/api/exports/none").status == 404
    listed = office.people.admin().get("/api/exports", limit="1").body
    assert (listed["exports"], listed["total"]) == ([keys], 2)
    assert office.people.admin().get("/api/exports", cursor=listed["nextCursor"]).body[
        "exports"
    ] == [own]
    assert office.service.get("/api/exports").body["exports"] == [keys]
    assert office.people.user("bob").get("/api/exports").body["total"] == 0


@pytest.mark.parametrize(
    ("path", "query", "pointer"),
    [
        (USAGE, {"format": "xml"}, "?format"),
        (OWN, {"format": "parquet"}, "?format"),
        (ANALYTICS, {"kind": "summary"}, "?groupBy"),
        (AUDIT, {"userId": "alice"}, "?userId"),
        (USAGE, {"q": "x"}, "?q"),
        (TRANSACTIONS, {"q": ""}, "?q"),
        (TRANSACTIONS, {"reason": "theft"}, "?reason"),
        ("/api/exports", {"status": "done"}, "?status"),
        ("/api/exports/x", {"page": "1"}, "?page"),
    ],
)
def test_what_a_route_does_not_know_is_refused(
    office: Office, path: str, query: dict[str, str], pointer: str
) -> None:
    answer = office.people.admin().get(path, **query)

    assert (answer.status, answer.pointers) == (422, [pointer])


class TestJobs:
    @pytest.fixture(autouse=True)
    def _everything_is_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(service, "INLINE_ROWS", -1)

    def test_a_long_export_is_polled_until_it_is_done(self, office: Office) -> None:
        office.use("a-1")
        alice = office.people.user("alice")

        asked = alice.get(USAGE, format="jsonl")

        assert (asked.status, list(asked.body)) == (202, ["export"])
        export = asked.body["export"]
        assert (export["status"], export["progress"]) == ("running", 0)
        path = f"/api/exports/{export['id']}"
        assert alice.get(path).body == {"export": export}
        office.run_jobs(office.take_jobs())
        polled = alice.get(path)
        data, manifest = fetched(polled)
        assert [row["id"] for row in rows_of(data, "jsonl")] == ["a-1"]
        assert polled.body["export"]["progress"] == 1
        assert manifest["sha256"] == polled.body["export"]["sha256"]

    def test_a_message_delivered_twice_makes_one_file(self, office: Office) -> None:
        office.service.get(USAGE)
        event = office.take_jobs()

        office.run_jobs(event)
        office.run_jobs(event)

        found = s3_client().list_objects_v2(Bucket=BUCKET)["Contents"]
        assert sorted(row["Key"].rpartition("/")[2] for row in found) == [
            "1.csv",
            "1.manifest.json",
        ]

    def test_a_job_that_fails_comes_again_and_the_last_failure_shows(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        export_id = office.service.get(USAGE).body["export"]["id"]
        event = office.take_jobs()
        s3_client().delete_bucket(Bucket=BUCKET)

        with pytest.raises(Exception, match="NoSuchBucket"):
            office.run_jobs(event)
        assert office.service.get(f"/api/exports/{export_id}").body["export"]["status"] == "running"
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = "3"
        with pytest.raises(Exception, match="NoSuchBucket"):
            office.run_jobs(event)

        failed = office.service.get(f"/api/exports/{export_id}")
        assert failed.body["export"]["status"] == "failed"
        assert list(failed.body) == ["export"]
