"""GET /api/admin/system through the handler (OPS-2, OPS-4, SEC-1)."""

from __future__ import annotations

import os

import boto3
import pytest

from functions.system.handler import build
from functions.system.settings import Settings
from shared.adapters.clock import SystemClock
from shared.store.dynamo import DynamoTable
from shared.store.system import DynamoSystem
from tests.people import People


@pytest.fixture
def people(moto_table: DynamoTable, keys_url: str, monkeypatch: pytest.MonkeyPatch) -> People:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName="tally-test-failures")["QueueUrl"]
    monkeypatch.setenv("FAILURE_QUEUE_URLS", url)
    monkeypatch.setenv("JWT_JWKS_URL", keys_url)
    sqs.send_message(QueueUrl=url, MessageBody="{}")
    # Answered before it is asked: nobody consumes moto's stream.
    DynamoSystem(moto_table).answer(SystemClock().now_ms() + 60_000)
    return People(build(Settings.read(os.environ)))


def test_an_operator_sees_what_waits_and_what_failed(people: People) -> None:
    answer = people.operator().get("/api/admin/system")

    assert answer.status == 200
    assert answer.body == {
        "streamLagSeconds": answer.body["streamLagSeconds"],
        "deadLetters": 1,
        "pendingAlerts": 0,
        "drift": None,
        "lastReconciled": None,
        "lastArchived": None,
        "version": "0.0.0-test",
    }
    assert 0 <= answer.body["streamLagSeconds"] <= 1


def test_nobody_else_does(people: People) -> None:
    assert people.admin().get("/api/admin/system").status == 403
    assert people.anybody().get("/api/admin/system").status == 401
