"""SEC-5 through the handlers, on moto: a user is erased from the table and the bucket, and the books hold."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from functions.admin.handler import handler as admin
from functions.erasure import handler as erasure
from functions.erasure.settings import Settings
from functions.export import handler as export
from functions.export.settings import Settings as ExportSettings
from functions.record_usage.handler import handler as record
from functions.transactions.handler import handler as transactions
from shared.adapters.s3 import S3Files, s3_client
from shared.store.dynamo import DynamoTable
from tests.client import Answer
from tests.factories import LambdaContext
from tests.integration.backend import Backend
from tests.issuer import jwks, served
from tests.people import People

BUCKET = os.environ["EXPORT_BUCKET"]
PERSON = "mallory.archer@example.com"
WORDS = (PERSON, "Mallory", "lives in Bern", "req-of-mallory", "for mallory", "invoice-7c3a")


class Bureau:
    """The erasure function and those that make what it erases."""

    def __init__(self, table: DynamoTable, jwks_url: str) -> None:
        s3_client().create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        self.sqs = boto3.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="tally-test-erasures")["QueueUrl"]
        settings = Settings.read()
        assert settings.http.jwt is not None
        http = replace(settings.http, jwt=replace(settings.http.jwt, jwks_url=jwks_url))
        self.handler = erasure.build(replace(settings, http=http, queue_url=self.queue_url))
        self.people = People(self.handler)
        exports = export.build(replace(ExportSettings.read(), http=http))
        self.exporters = People(exports)
        self.backend = Backend(table, user_privacy="visible")

    def call(self, handler: Any, method: str, path: str, body: object, key: str = "") -> Answer:
        answer = self.backend.call(handler, method, path, body, idempotency_key=key or None)
        assert answer.status in {200, 201}, answer
        return answer

    def settle_in(self) -> str:
        """Let the person leave traces; their account."""
        self.call(
            admin, "PUT", f"/api/admin/customers/{PERSON}", {"name": "Mallory", "active": True}
        )
        purchase = {
            "userId": PERSON,
            "amount": 500,
            "reason": "purchase",
            "note": "for mallory",
            "metadata": {"invoice": "invoice-7c3a"},
        }
        made = self.call(transactions, "POST", "/api/admin/transactions", purchase, "buy-1")
        for number in range(3):
            body = {
                "id": f"log-{number}",
                "userId": PERSON,
                "service": "chat",
                "requestId": "req-of-mallory",
                "metadata": {"note": "lives in Bern"},
            }
            self.call(record, "POST", "/api/usage-logs", body)
        for path in ("/api/usage-logs/export", "/api/admin/transactions/export"):
            assert self.exporters.admin().get(path).status == 200
        account: str = made.body["account"]["accountId"]
        return account

    def take_job(self) -> dict[str, Any] | None:
        """The event that the queue's next message makes."""
        found = self.sqs.receive_message(QueueUrl=self.queue_url, AttributeNames=["All"])
        records = [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "eventSource": "aws:sqs",
            }
            for message in found.get("Messages", [])
        ]
        return {"Records": records} if records else None

    def work(self) -> int:
        """Do every job that waits; how many there were."""
        jobs = 0
        while (event := self.take_job()) is not None:
            self.handler(event, LambdaContext(remaining_ms=900_000))
            (message,) = event["Records"]
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["receiptHandle"])
            jobs += 1
        return jobs

    def traces(self) -> set[str]:
        """Which words stand in any item of the table, or in any object of the bucket."""
        client = boto3.client("dynamodb")
        pages = client.get_paginator("scan").paginate(TableName=os.environ["TABLE_NAME"])
        raw = b"".join(flat(item) for page in pages for item in page["Items"])
        for found in s3_client().list_objects_v2(Bucket=BUCKET).get("Contents", []):
            raw += s3_client().get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read()
        return {word for word in WORDS if word.encode() in raw}


def flat(value: Any) -> bytes:
    """Everything in a value of the wire format."""
    if isinstance(value, dict):
        return b"\0".join(str(name).encode() + flat(member) for name, member in value.items())
    if isinstance(value, list | set):
        return b"\0".join(map(flat, value))
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="session")
def jwks_url() -> Iterator[str]:
    with served(jwks()) as url:
        yield url


@pytest.fixture
def bureau(moto_table: DynamoTable, jwks_url: str) -> Bureau:
    return Bureau(moto_table, jwks_url)


def test_a_user_is_erased_from_the_table_and_the_bucket(bureau: Bureau) -> None:
    account_id = bureau.settle_in()
    assert bureau.traces() == set(WORDS)

    asked = bureau.people.admin().delete(f"/api/admin/users/{PERSON}")

    assert asked.status == 202
    assert asked.body["erasure"]["status"] == "running"
    assert sorted(asked.body["erasure"]) == ["at", "id", "status"]
    assert bureau.work() == 1
    assert bureau.traces() == set()
    again = bureau.people.admin().delete(f"/api/admin/users/{PERSON}")
    assert again.body == {"erasure": {**asked.body["erasure"], "status": "done"}}
    assert bureau.work() == 0
    by_account = bureau.people.admin().delete(f"/api/admin/users/{account_id}")
    assert by_account.body == again.body
    assert bureau.traces() == set()


def test_the_books_hold_and_the_same_user_begins_anew(bureau: Bureau) -> None:
    account_id = bureau.settle_in()
    bureau.people.admin().delete(f"/api/admin/users/{PERSON}")
    bureau.work()

    account = bureau.backend.call(transactions, "GET", f"/api/admin/accounts/{account_id}")
    assert (account.body["account"]["userId"], account.body["account"]["seq"]) == (account_id, 4)
    gone = bureau.backend.call(transactions, "GET", f"/api/admin/accounts/{PERSON}")
    assert gone.status == 404
    purchase = {"userId": PERSON, "amount": 7, "reason": "purchase"}
    made = bureau.call(transactions, "POST", "/api/admin/transactions", purchase).body
    assert made["account"]["accountId"] != account_id
    assert (made["account"]["balance"], made["transaction"]["seq"]) == (7, 1)


def test_only_admins_erase_and_only_in_their_workspace(bureau: Bureau) -> None:
    bureau.settle_in()
    path = f"/api/admin/users/{PERSON}"
    people = bureau.people

    assert people.anybody().delete(path).status == 401
    for caller in (people.user(PERSON), people.key(bureau.backend.key)):
        assert caller.delete(path).status == 403
    assert people.admin().delete(path, workspaceId="globex").status == 404
    for user_id in ("nobody", "acct_" + "0" * 20, "not%20an%20id"):
        assert people.admin().delete(f"/api/admin/users/{user_id}").status == 404
    assert people.admin().delete(path, force="1").status == 422
    assert bureau.work() == 0
    assert bureau.traces() == set(WORDS)
    assert people.operator().delete(path, workspaceId="acme").status == 202


def test_a_message_that_comes_again_changes_nothing(bureau: Bureau) -> None:
    bureau.settle_in()
    bureau.people.admin().delete(f"/api/admin/users/{PERSON}")
    event = bureau.take_job()
    assert event is not None

    for _ in range(2):
        bureau.handler(event, LambdaContext(remaining_ms=900_000))

    assert bureau.traces() == set()


def test_a_message_of_nobody_is_left_alone(bureau: Bureau) -> None:
    bureau.settle_in()
    body = json.dumps({"workspaceId": "acme", "accountId": "acct_" + "0" * 20})

    bureau.handler({"Records": [{"body": body}]}, LambdaContext(remaining_ms=900_000))

    assert bureau.traces() == set(WORDS)


def test_files_are_found_page_by_page_and_deleting_twice_is_fine(bureau: Bureau) -> None:
    client, files = s3_client(), S3Files(s3_client, BUCKET)
    keys = [f"exports/acme/{number:04d}/0.csv" for number in range(1_005)]
    for key in (*keys, "exports/acme2/x/0.csv"):
        client.put_object(Bucket=BUCKET, Key=key, Body=b"x")

    assert list(files.keys("exports/acme/")) == keys
    files.delete(keys[:3])
    files.delete(keys[:4])
    assert list(files.keys("exports/acme/")) == keys[4:]
