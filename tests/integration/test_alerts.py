"""From a write to a message: the alerts function on moto's table, topic and queues (ALR-2, ALR-3)."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from aws_lambda_powertools import Metrics
from moto.sns.models import sns_backends

from functions.alerts.announce import Announce
from functions.alerts.delivery import Deliver
from functions.alerts.handler import alerts, build
from functions.alerts.service import FireAlerts, Fired
from functions.alerts.settings import Settings
from functions.alerts.sweep import MAX_ATTEMPTS, STAYED_MS, SweepAlerts
from shared.adapters.clock import SystemClock
from shared.adapters.sns import SnsTopic, sns_client
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.domain.thresholds import Rules, new_threshold
from shared.environment import SettingMissingError
from shared.store.alerts import DynamoAlerts, alert_from
from shared.store.directory import DynamoDirectory
from shared.store.dynamo import DynamoTable
from shared.store.ledger import DynamoLedger
from shared.store.schema import alert_key, head_key, version_key
from shared.store.table import Item, Query, StoreUnavailableError, Update
from shared.store.thresholds import DynamoThresholds
from shared.store.wire import dynamodb_wire
from shared.store.workspaces import DynamoWorkspaces
from tests.alerting import account
from tests.factories import LambdaContext, a_usage, a_workspace, records_event
from tests.fakes.clock import FakeClock
from tests.fakes.stream import stream_record

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ACCOUNT_ID = "123456789012"
TOPIC = "tally-test-alerts"
REGION = "eu-central-1"


class World:
    """Two workspaces, the topic, and a queue subscribed for each of them by a filter."""

    def __init__(self, table: DynamoTable) -> None:
        self.clock = FakeClock()
        self.table = table
        self.sqs: SQSClient = boto3.client("sqs")
        self.sns = boto3.client("sns")
        self.ledger = DynamoLedger(table, self.clock)
        self.thresholds = DynamoThresholds(table, self.clock)
        self.workspaces = DynamoWorkspaces(table)
        for name in ("acme", "globex"):
            workspace = a_workspace(workspace_id=name, enforce_credits=False)
            self.workspaces.create(workspace)
        self.queues: dict[str, str] = {}
        self.handler = self.consumer()
        self._logs = 0

    def open_topic(self) -> None:
        """Create the topic with its subscriptions."""
        topic = self.sns.create_topic(Name=TOPIC)["TopicArn"]
        assert topic == os.environ["ALERT_TOPIC_ARN"]
        for name in ("acme", "globex"):
            url = self.sqs.create_queue(QueueName=f"of-{name}")["QueueUrl"]
            arn = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            self.sns.subscribe(
                TopicArn=topic,
                Protocol="sqs",
                Endpoint=arn["Attributes"]["QueueArn"],
                Attributes={"FilterPolicy": json.dumps({"workspaceId": [name]})},
            )
            self.queues[name] = url

    def consumer(self, table: DynamoTable | None = None) -> Any:
        """An instance of the function on the test's clock."""
        kept = DynamoAlerts(table or self.table)
        topic = SnsTopic(sns_client(), os.environ["ALERT_TOPIC_ARN"])
        deliver = Deliver(topic, kept, DynamoDirectory(self.table), self.clock, "https://t.example")
        fire = FireAlerts(self.thresholds, kept, self.workspaces, deliver, self.clock, Fired())
        sweep = SweepAlerts(kept, self.workspaces, deliver, self.clock)
        announce = Announce(SqsQueue(sqs_client, os.environ["LIVE_QUEUE_URL"]))
        return alerts(fire, sweep, announce, Metrics(namespace="Tally", service="alerts"))

    def watch(self, workspace_id: str = "acme", *, enabled: bool = True) -> None:
        threshold_id = f"th_{self.clock.random_bytes(10).hex()}"
        rules = Rules("user", None, "credits", 100, None, enabled=enabled)
        threshold = new_threshold(workspace_id, threshold_id, rules, self.clock.now_ms())
        self.thresholds.create(threshold, None, {})

    def use(self, credits: int, workspace_id: str = "acme") -> dict[str, Any]:
        """Record a request; answers the stream's event about the head."""
        self._logs += 1
        self.ledger.record(workspace_id, [a_usage(f"log-{self._logs}", credits=credits)])
        head = self.table.get(head_key(workspace_id, account()))
        assert head is not None
        return records_event([stream_record(head, head, at_ms=self.clock.now_ms())])

    def run(self, event: dict[str, Any]) -> None:
        self.handler(event, LambdaContext())

    def received(self, workspace_id: str = "acme") -> list[dict[str, Any]]:
        """The messages in a workspace's queue, taken out."""
        taken: list[dict[str, Any]] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.queues[workspace_id], MaxNumberOfMessages=10
            )
            if not answer.get("Messages"):
                return taken
            for message in answer["Messages"]:
                taken.append(json.loads(message["Body"]))
                self.sqs.delete_message(
                    QueueUrl=self.queues[workspace_id], ReceiptHandle=message["ReceiptHandle"]
                )

    def statuses(self, workspace_id: str = "acme") -> list[str]:
        items = self.table.query(Query(alert_key(workspace_id, "")["pk"])).items
        return sorted(alert_from(item).status for item in items)


@pytest.fixture
def closed(moto_table: DynamoTable) -> World:
    """A world whose topic is not there yet."""
    return World(moto_table)


@pytest.fixture
def world(closed: World) -> World:
    closed.open_topic()
    return closed


def test_two_lines_crossed_in_one_write_are_two_messages_and_the_next_write_none(
    world: World,
) -> None:
    world.watch()
    world.run(world.use(100))

    bodies = [json.loads(message["Message"]) for message in world.received()]

    assert sorted(body["percent"] for body in bodies) == [80, 100]
    assert {body["status"] for body in bodies} == {"pending"}
    assert {body["userId"] for body in bodies} == {account()}
    assert world.statuses() == ["sent", "sent"]
    world.run(world.use(5))
    assert world.received() == []


def test_a_message_reaches_its_own_workspace_alone(world: World) -> None:
    world.watch("acme")
    world.watch("globex")

    world.run(world.use(80, "acme"))

    assert (len(world.received("acme")), world.received("globex")) == (1, [])
    world.run(world.use(100, "globex"))
    assert (world.received("acme"), len(world.received("globex"))) == ([], 2)


def test_the_mail_is_for_people_and_the_message_for_programs(world: World) -> None:
    world.watch()
    world.run(world.use(85))

    (message,) = world.received()
    (sent,) = (
        sns_backends[ACCOUNT_ID][REGION].topics[os.environ["ALERT_TOPIC_ARN"]].sent_notifications
    )
    structure = json.loads(sent[1])

    assert message["MessageAttributes"]["workspaceId"]["Value"] == "acme"
    assert message["Subject"] == "Tally: 80% of the daily credits limit in acme"
    assert set(structure) == {"default", "email"}
    assert json.loads(structure["default"]) == json.loads(message["Message"])
    for words in (
        f"User {account()} has reached 80% of the daily limit on credits.",
        "Limit:      100 credits a day",
        "Used:       85 credits (85% of the limit)",
        "Resets:     start of 2026-11-21 in UTC (2026-11-21T00:00:00.000Z)",
        "Where to look: https://t.example (Alerts)",
    ):
        assert words in structure["email"].splitlines()


def test_a_threshold_that_is_switched_off_is_silent(world: World) -> None:
    world.watch(enabled=False)

    world.run(world.use(100))

    assert (world.received(), world.statuses()) == ([], [])


def test_what_is_recorded_and_not_published_goes_out_with_the_same_batch_again(
    closed: World,
) -> None:
    closed.watch()
    event = closed.use(100)
    closed.run(event)
    assert closed.statuses() == ["pending", "pending"]

    closed.open_topic()
    closed.run(event)

    assert (len(closed.received()), closed.statuses()) == (2, ["sent", "sent"])


def test_what_is_recorded_and_not_published_goes_out_with_a_sweep(closed: World) -> None:
    closed.watch()
    closed.run(closed.use(100))
    closed.open_topic()
    closed.clock.advance(ms=STAYED_MS)

    closed.run({"sweep": True})

    assert (len(closed.received()), closed.statuses()) == (2, ["sent", "sent"])
    closed.run({"sweep": True})
    assert closed.received() == []


class Forgetful(DynamoTable):
    """A table that loses every update of an alert: marks of what was sent."""

    def write(self, write: Any) -> None:
        if isinstance(write, Update) and write.key["pk"].endswith("#ALERTS"):
            raise StoreUnavailableError("lost")
        super().write(write)


def test_a_crash_between_publish_and_mark_repeats_the_message_under_its_id(world: World) -> None:
    world.watch()
    event = world.use(80)
    broken = world.consumer(Forgetful(dynamodb_wire(SystemClock()), os.environ["TABLE_NAME"]))
    with pytest.raises(StoreUnavailableError):
        broken(event, LambdaContext())
    assert world.statuses() == ["pending"]

    world.run(event)

    ids = [json.loads(message["Message"])["id"] for message in world.received()]
    assert (len(ids), len(set(ids)), world.statuses()) == (2, 1, ["sent"])


def test_a_topic_that_is_gone_for_good_ends_in_failed(
    closed: World, capsys: pytest.CaptureFixture[str]
) -> None:
    closed.watch()
    closed.run(closed.use(80))

    for _ in range(MAX_ATTEMPTS):
        closed.clock.advance(minutes=1)
        closed.run({"sweep": True})

    assert closed.statuses() == ["failed"]
    told = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert all("PendingAlertsOverSixtySeconds" in line for line in told[1:])
    assert json.loads(told[-1])["AlertsFailed"] == [1.0]


def test_the_function_as_it_is_deployed_takes_both_of_its_events(world: World) -> None:
    handler = build(Settings.read())
    world.clock.set(10**12)
    world.watch()

    assert handler({"sweep": True}, LambdaContext()) == {"batchItemFailures": []}
    assert handler(world.use(0), LambdaContext()) == {"batchItemFailures": []}


def test_a_new_version_goes_on_to_the_queue_of_open_pages(world: World) -> None:
    url = world.sqs.create_queue(QueueName="tally-test-live")["QueueUrl"]
    assert url == os.environ["LIVE_QUEUE_URL"]
    version: Item = {**version_key("acme"), "v": 1, "n": 3, "at": 5}

    world.run(records_event([stream_record(version)]))

    (message,) = world.sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"changed": {"acme": 3}}


@pytest.mark.parametrize("name", ["TABLE_NAME", "ALERT_TOPIC_ARN", "LIVE_QUEUE_URL"])
def test_a_missing_setting_is_named(name: str) -> None:
    environ = {each: value for each, value in os.environ.items() if each != name}

    with pytest.raises(SettingMissingError, match=name):
        Settings.read(environ)
