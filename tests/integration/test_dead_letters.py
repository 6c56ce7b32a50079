"""What failed for good is shown, and sent on its way again (OPS-4)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from functions.aggregate.handler import handler as aggregate
from operations.dead_letters import Desk, accounts_behind
from operations.letters import Letters, StreamBatches
from operations.proving import Proving
from shared.domain.errors import UnavailableError
from shared.store.directory import DynamoDirectory
from shared.store.dynamo import DynamoTable
from tests.factories import LambdaContext
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable
from tests.folding import Books, Record, fold

QUEUES = (
    "ExportJobs",
    "ExportDeadLetters",
    "ParkedEntries",
    "AggregateDeadLetters",
    "AlertsDeadLetters",
    "Live",
)


class FakeFolder:
    """Keeps what it was asked to fold; refuses when told to."""

    def __init__(self) -> None:
        self.folded: list[tuple[str, str]] = []
        self.broken = False

    def fold(self, workspace_id: str, account_ids: Sequence[str]) -> int:
        if self.broken:
            raise UnavailableError("The function that folds did not answer.")
        self.folded += [(workspace_id, account_id) for account_id in account_ids]
        return 0

    def clear(self, workspace_id: str, generation: int, account_ids: Sequence[str]) -> bool:
        raise AssertionError("nobody asked for that")


class FakeStreams:
    """A shard of the stream as its API shows it. `forgotten` of its first records are gone."""

    def __init__(self, records: Sequence[Record]) -> None:
        self._records = [_as_api(record) for record in records]
        self.forgotten = 0

    def get_shard_iterator(self, **asked: Any) -> dict[str, str]:
        assert asked["ShardIteratorType"] == "AT_SEQUENCE_NUMBER"
        first = int(asked["SequenceNumber"])
        return {"ShardIterator": str(max(first - 1, self.forgotten))}

    def get_records(self, ShardIterator: str) -> dict[str, Any]:  # noqa: N803
        at = int(ShardIterator)
        page = self._records[at : at + 2]
        return {"Records": page, "NextShardIterator": str(at + len(page))}


def _as_api(record: Record) -> dict[str, Any]:
    """A record as the stream's API has it: times and bytes are native."""
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = datetime.fromtimestamp(
        change["ApproximateCreationDateTime"], UTC
    )
    for image in ("Keys", "NewImage"):
        change[image] = {
            name: {
                kind: base64.b64decode(value) if kind == "B" else value
                for kind, value in attribute.items()
            }
            for name, attribute in change[image].items()
        }
    return {**record, "dynamodb": change}


class Post:
    """Queues in moto, and the desk over them."""

    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.urls = {
            name: self.sqs.create_queue(QueueName=f"tally-test-{name}")["QueueUrl"]
            for name in QUEUES
        }
        failures = self._arn("ExportDeadLetters")
        policy = json.dumps({"deadLetterTargetArn": failures, "maxReceiveCount": 3})
        self.sqs.set_queue_attributes(
            QueueUrl=self.urls["ExportJobs"], Attributes={"RedrivePolicy": policy}
        )
        self.folder = FakeFolder()
        self.handed: list[tuple[str, Mapping[str, Any]]] = []
        self.streams = FakeStreams([])
        self.behind = [("acme", "acct_7")]

    def _arn(self, name: str) -> str:
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.urls[name], AttributeNames=["QueueArn"]
        )
        return answer["Attributes"]["QueueArn"]

    def _hand(self, function: str, event: Mapping[str, Any]) -> None:
        self.handed.append((function, event))

    def send(self, name: str, body: object) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=self.urls[name], MessageBody=text)

    def bodies(self, name: str) -> list[str]:
        found = self.sqs.receive_message(QueueUrl=self.urls[name], MaxNumberOfMessages=10)
        return [message["Body"] for message in found.get("Messages", [])]

    @property
    def desk(self) -> Desk:
        """Where they are looked through."""
        batches = StreamBatches(self.streams, self._hand)
        return Desk(Letters(self.sqs, self.urls), batches, self.folder, lambda: self.behind)

    def rows(self, only: str | None = None) -> list[dict[str, Any]]:
        return list(self.desk.rows(only))

    def redrive(self, only: str | None = None) -> list[dict[str, Any]]:
        return list(self.desk.redrive(only))


@pytest.fixture
def post(moto_table: DynamoTable) -> Post:
    return Post()


def parked(account_id: str = "acct_1") -> dict[str, Any]:
    return {"workspaceId": "acme", "accountId": account_id, "seq": 4, "reason": "no digest"}


def test_every_message_is_shown_with_what_why_and_since_when(post: Post) -> None:
    post.send("ParkedEntries", parked())
    post.send("ExportDeadLetters", {"exportId": "e1"})
    post.send("ExportJobs", {"exportId": "waits like any other"})

    rows = {row["queue"]: row for row in post.rows()}

    assert rows.keys() == {"ParkedEntries", "ExportDeadLetters"}
    assert rows["ParkedEntries"]["what"] == "entry 4 of acme acct_1"
    assert rows["ParkedEntries"]["why"] == "no digest"
    assert rows["ParkedEntries"]["since"].startswith("20")
    assert rows["ExportDeadLetters"]["what"] == '{"exportId": "e1"}'
    assert len(post.rows()) == 2, "looking at them takes nothing away"


def test_a_job_goes_back_into_the_queue_it_came_from(post: Post) -> None:
    post.send("ExportDeadLetters", {"exportId": "e1"})

    assert post.redrive() == []

    assert post.bodies("ExportJobs") == ['{"exportId": "e1"}']
    assert post.rows() == []


def test_a_parked_account_is_folded_again(post: Post) -> None:
    post.send("ParkedEntries", parked())

    assert post.redrive("ParkedEntries") == []

    assert post.folder.folded == [("acme", "acct_1")]
    assert post.rows() == []


def test_what_cannot_be_done_now_stays_where_it_is(post: Post) -> None:
    post.send("ParkedEntries", parked())
    post.folder.broken = True

    (left,) = post.redrive()

    assert left["left"] == "The function that folds did not answer."
    assert len(post.rows()) == 1


def given_up(
    post: Post, table: DynamoTable, count: int, queue: str = "AggregateDeadLetters"
) -> Books:
    """Entries committed; the message of their batch, which the function gave up, is in its queue."""
    books = Books(table)
    records = [books.use() for _ in range(count)]
    for number, record in enumerate(records, 1):
        record["dynamodb"]["SequenceNumber"] = f"{number:021d}"
    post.streams = FakeStreams(records)
    info = {
        "streamArn": "arn:stream",
        "shardId": "shard-1",
        "startSequenceNumber": f"{1:021d}",
        "endSequenceNumber": f"{count:021d}",
        "batchSize": count,
    }
    context = {"condition": "RetryAttemptsExhausted"}
    post.send(queue, {"requestContext": context, "DDBStreamBatchInfo": info})
    return books


def test_a_batch_of_the_stream_is_read_once_more_and_handed_to_its_function(
    post: Post, moto_table: DynamoTable
) -> None:
    books = given_up(post, moto_table, 3)
    assert post.rows()[0]["why"] == "RetryAttemptsExhausted"

    assert post.redrive() == []

    ((function, event),) = post.handed
    assert function == "Aggregate"
    assert aggregate(json.loads(json.dumps(event)), LambdaContext())["folded"] == 3
    books.assert_exact()


def test_entries_that_the_stream_forgot_are_folded_from_the_journal(
    post: Post, moto_table: DynamoTable
) -> None:
    given_up(post, moto_table, 3)
    post.streams.forgotten = 1

    assert post.redrive() == []

    assert post.handed == []
    assert post.folder.folded == [("acme", "acct_7")]


def test_figures_that_the_stream_forgot_are_left_with_the_reason(
    post: Post, moto_table: DynamoTable
) -> None:
    given_up(post, moto_table, 3, queue="AlertsDeadLetters")
    post.streams.forgotten = 1

    (left,) = post.redrive()

    assert left["left"] == "2 of 3 records are left"
    assert len(post.rows()) == 1


def test_the_accounts_that_are_behind_are_found(fake_table: FakeTable, clock: FakeClock) -> None:
    books = Books(fake_table)
    records = [books.use(user="alice"), books.use(user="bob")]
    for user in ("alice", "bob"):
        DynamoDirectory(fake_table).put("acme", books.account(user), user)
    fold(fake_table, records[:1])
    stack: Any = SimpleNamespace(table=lambda: fake_table, clock=clock)

    behind = list(accounts_behind(Proving(stack, cells=True)))

    assert behind == [("acme", books.account("bob"))]


def test_a_message_of_nowhere_is_left(post: Post) -> None:
    post.send("AggregateDeadLetters", "not even JSON")

    (left,) = post.redrive()

    assert left["what"] == "not even JSON"
    assert left["left"] == "nobody knows where it came from"
