"""The nightly function through its handler, on moto (STA-5): from the schedule's word to the end."""

from __future__ import annotations

import os
from typing import Any

import boto3
import pytest

from functions.aggregate.handler import handler as aggregate
from functions.reconcile.handler import handler as reconcile
from functions.record_usage.handler import handler as record
from operations.letters import plain
from shared.domain.cells import DAY_TOTAL
from shared.store.dynamo import DynamoTable, decode_item
from shared.store.schema import shared_pk
from shared.store.system import DynamoSystem
from shared.store.table import Query, Update
from tests.factories import LambdaContext, records_event
from tests.fakes.stream import stream_record
from tests.integration.backend import Backend


@pytest.fixture
def queue(aws: None) -> str:
    """The queue of the function's own jobs."""
    made = boto3.client("sqs").create_queue(QueueName="tally-test-reconcile")
    assert made["QueueUrl"] == os.environ["RECONCILE_QUEUE_URL"]
    return made["QueueUrl"]


@pytest.fixture
def shop(moto_table: DynamoTable) -> Backend:
    """A workspace in which something was recorded and folded."""
    shop = Backend(moto_table, enforce_credits=False)
    for user in ("ann", "ben"):
        rows = [{"id": f"{user}-{n}", "userId": user, "service": "chat"} for n in range(3)]
        answer = shop.call(record, "POST", "/api/usage-logs/batch", {"usageLogs": rows})
        assert answer.status == 200
    entries = [item for item in _items(moto_table) if str(item["sk"]).startswith("J#")]
    aggregate(records_event([stream_record(entry) for entry in entries]), LambdaContext())
    return shop


def _items(table: DynamoTable) -> list[dict[str, Any]]:
    found = boto3.client("dynamodb").scan(TableName=os.environ["TABLE_NAME"])["Items"]
    return [decode_item(plain(item)) for item in found]


def night(queue: str, *, remaining_ms: int = 900_000) -> int:
    """A whole night; how many messages it took."""
    context: Any = LambdaContext(remaining_ms=remaining_ms)
    reconcile({"nightly": True}, context)
    sqs, steps = boto3.client("sqs"), 0
    while messages := sqs.receive_message(QueueUrl=queue).get("Messages", []):
        for message in messages:
            reconcile({"Records": [{"body": message["Body"]}]}, context)
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            steps += 1
    return steps


def test_a_night_without_drift_is_told_to_operators(
    shop: Backend, queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert night(queue) == 1

    told = DynamoSystem(shop.table).nightly()
    assert told.drift == 0
    assert told.reconciled_ms is not None
    printed = capsys.readouterr().out
    assert '"Drift":[0.0]' in printed
    assert '"NightsProved":[1.0]' in printed


def test_drift_is_told_and_a_night_with_no_time_left_goes_on_by_messages(
    shop: Backend, queue: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = shop.table.query(Query(shared_pk("acme", 1, DAY_TOTAL))).items[0]
    key = {"pk": str(cell["pk"]), "sk": str(cell["sk"])}
    shop.table.write(Update(key, add={"rq": 2}))

    assert night(queue, remaining_ms=0) >= 2

    assert DynamoSystem(shop.table).nightly().drift == 2
    assert '"Drift":[2.0]' in capsys.readouterr().out
