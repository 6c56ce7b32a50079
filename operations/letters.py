"""Queues where failures end: what is in them, and the way back for each kind of message.

- A job goes back into the queue it came from.
- A batch that a consumer of the table's stream gave up is read from the stream once more and handed to the
  same function, in pieces. The stream forgets after a day. Entries are folded from the journal then, which
  forgets nothing; figures that alerts look at are shown to them by the next write of the same item.
- The message of a parked account has the account folded again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.store.schema import (
    DAY_TOTAL_PREFIX,
    ENTRY_PREFIX,
    HEAD_SK,
    MONTH_TOTAL_PREFIX,
    TEST_ALERT_PREFIX,
)

PARKED: Final = "ParkedEntries"
ENTRIES: Final = "AggregateDeadLetters"
DEAD_LETTERS: Final = "DeadLetters"
AT_ONCE: Final = 10
"""What SQS hands out in one call."""

MAX_SHOWN: Final = 1_000
"""Messages looked at in one queue: with more of them, redrive and look again."""

LOOK_SECONDS: Final = 60
"""How long a message that is looked at is kept from others; a re-drive that fails shows it again."""

RECORDS_AT_ONCE: Final = 100
FOLLOWED: Final[Mapping[str, tuple[str, ...]]] = {
    ENTRIES: (ENTRY_PREFIX,),
    "AlertsDeadLetters": (HEAD_SK, DAY_TOTAL_PREFIX, MONTH_TOTAL_PREFIX, TEST_ALERT_PREFIX),
}
"""The sort keys that consumers of the stream look at, as their filters say."""


class ForgottenError(Exception):
    """The stream has forgotten the records that a message is about."""


@dataclass(frozen=True, slots=True)
class FailureQueue:
    """A queue where failures end. `source` is the address of the queue its messages came from, if one."""

    name: str
    url: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Letter:
    """A message: its body as it stands, since when it waits, how often it was taken."""

    queue: FailureQueue
    body: str
    sent_ms: int
    taken: int
    receipt: str

    @property
    def said(self) -> Mapping[str, Any]:
        """The body; empty where it is no JSON object."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def batch(self) -> Mapping[str, Any] | None:
        """Which records of the stream it is about."""
        batch = self.said.get("DDBStreamBatchInfo")
        return batch if isinstance(batch, dict) else None

    @property
    def what(self) -> str:
        """What failed."""
        said, batch = self.said, self.batch
        if batch is not None:
            return f"{batch.get('batchSize')} records of the stream"
        if self.queue.name == PARKED:
            return f"entry {said.get('seq')} of {said.get('workspaceId')} {said.get('accountId')}"
        return self.body

    @property
    def why(self) -> str:
        """Why, as far as the message tells: of jobs, the function's log does."""
        said = self.said
        if self.batch is not None:
            return str(said.get("requestContext", {}).get("condition", ""))
        return str(said.get("reason", f"failed {self.taken} times"))


class Letters:
    """The failure queues of a deployment: `urls` of all its queues by the names of their constructs."""

    def __init__(self, sqs: Any, urls: Mapping[str, str]) -> None:
        self._sqs = sqs
        self._urls = urls

    def queues(self) -> list[FailureQueue]:
        """Those where failures end."""
        sources = {}
        for url in self._urls.values():
            policy = self._attribute(url, "RedrivePolicy")
            if policy is not None:
                sources[json.loads(policy)["deadLetterTargetArn"]] = url
        return [
            FailureQueue(name, url, sources.get(self._attribute(url, "QueueArn") or ""))
            for name, url in sorted(self._urls.items())
            if name == PARKED or name.endswith(DEAD_LETTERS)
        ]

    def _attribute(self, url: str, name: str) -> str | None:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        value = answer.get("Attributes", {}).get(name)
        return None if value is None else str(value)

    def read(self, queue: FailureQueue) -> Iterator[Letter]:
        """The messages, each kept from others for a minute."""
        seen: set[str] = set()
        while len(seen) < MAX_SHOWN:
            answer = self._sqs.receive_message(
                QueueUrl=queue.url,
                MaxNumberOfMessages=AT_ONCE,
                VisibilityTimeout=LOOK_SECONDS,
                AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
            )
            messages = [m for m in answer.get("Messages", []) if m["MessageId"] not in seen]
            if not messages:
                return
            for message in messages:
                seen.add(message["MessageId"])
                attributes = message.get("Attributes", {})
                yield Letter(
                    queue,
                    message["Body"],
                    int(attributes.get("SentTimestamp", 0)),
                    int(attributes.get("ApproximateReceiveCount", 0)),
                    message["ReceiptHandle"],
                )

    def put_back(self, letter: Letter) -> None:
        """Let others see a message again."""
        self._sqs.change_message_visibility(
            QueueUrl=letter.queue.url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def return_to_source(self, letter: Letter) -> None:
        """Put a message into the queue it came from. After a crash in between it is there twice."""
        self._sqs.send_message(QueueUrl=letter.queue.source, MessageBody=letter.body)

    def drop(self, letter: Letter) -> None:
        """Take a message out for good."""
        self._sqs.delete_message(QueueUrl=letter.queue.url, ReceiptHandle=letter.receipt)


class StreamBatches:
    """Records of the table's stream, read once more and handed to a function."""

    def __init__(self, streams: Any, invoke: Callable[[str, Mapping[str, Any]], None]) -> None:
        """`invoke` runs a function of the stack by its construct's name with an event."""
        self._streams = streams
        self._invoke = invoke

    def redrive(self, letter: Letter) -> int:
        """Hand the records of a batch to the function that gave them up; how many there were.

        Raises:
            ForgottenError: the stream does not have them any more.
        """
        batch = letter.batch
        assert batch is not None
        wanted = FOLLOWED[letter.queue.name]
        records = [
            record
            for record in self._records(batch)
            if record["dynamodb"]["Keys"]["sk"]["S"].startswith(wanted)
        ]
        function = letter.queue.name.removesuffix(DEAD_LETTERS)
        for at in range(0, len(records), RECORDS_AT_ONCE):
            self._invoke(function, {"Records": records[at : at + RECORDS_AT_ONCE]})
        return len(records)

    def _records(self, batch: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """The records of a batch, in the shape in which Lambda brings them."""
        last = int(batch["endSequenceNumber"])
        found: list[dict[str, Any]] = []
        try:
            iterator = self._streams.get_shard_iterator(
                StreamArn=batch["streamArn"],
                ShardId=batch["shardId"],
                ShardIteratorType="AT_SEQUENCE_NUMBER",
                SequenceNumber=batch["startSequenceNumber"],
            )["ShardIterator"]
            while iterator:
                page = self._streams.get_records(ShardIterator=iterator)
                for record in page["Records"]:
                    if int(record["dynamodb"]["SequenceNumber"]) > last:
                        return found
                    found.append(event_record(record, batch["streamArn"]))
                if not page["Records"]:
                    break
                iterator = page.get("NextShardIterator")
        except (BotoCoreError, ClientError) as error:
            raise ForgottenError(str(error)) from error
        if len(found) < int(batch["batchSize"]):
            raise ForgottenError(f"{len(found)} of {batch['batchSize']} records are left")
        return found


def event_record(record: Mapping[str, Any], stream_arn: str) -> dict[str, Any]:
    """A record of the stream's API as Lambda hands it to a function."""
    change: dict[str, Any] = {
        name: plain(value) if name in {"Keys", "NewImage", "OldImage"} else value
        for name, value in record["dynamodb"].items()
    }
    created = change.get("ApproximateCreationDateTime")
    if created is not None:
        change["ApproximateCreationDateTime"] = created.timestamp()
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": record.get("eventVersion", "1.1"),
        "eventSource": "aws:dynamodb",
        "awsRegion": record.get("awsRegion", ""),
        "dynamodb": change,
        "eventSourceARN": stream_arn,
    }


def plain(image: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """An item's attributes with bytes as base64 text."""
    return {
        name: {
            kind: base64.b64encode(value).decode() if kind == "B" else value
            for kind, value in attribute.items()
        }
        for name, attribute in image.items()
    }
