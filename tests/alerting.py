"""A workspace with a ledger, thresholds, the alerts function and a topic, all in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Final

from aws_lambda_powertools import Metrics

from functions.alerts.announce import Announce
from functions.alerts.delivery import Deliver, Outcome
from functions.alerts.handler import alerts
from functions.alerts.service import FireAlerts, Fired
from functions.alerts.sweep import SweepAlerts
from shared.domain.alerts import Alert
from shared.domain.cells import DAY_TOTAL, MONTH_TOTAL, CellKey, Delta
from shared.domain.folding import Committed
from shared.domain.ids import account_id_of
from shared.domain.sums import Sums
from shared.domain.thresholds import Rules, Threshold, new_threshold
from shared.ports.ledger import Outcome as Recorded
from shared.store.alerts import DynamoAlerts, alert_from
from shared.store.cell_items import shared_update
from shared.store.directory import DynamoDirectory
from shared.store.ledger import DynamoLedger
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import SECRET, WORKSPACE, LambdaContext, a_usage, a_workspace, records_event
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Fault
from tests.fakes.queue import Queue
from tests.fakes.stream import image
from tests.fakes.table import FakeTable

WATCHED: Final = ("HEAD", "DAY#", "MONTH#", "al_t")
"""Sort keys that the stream's filter lets through to the function."""

DASHBOARD: Final = "https://tally.example.com"


@dataclass(frozen=True)
class Message:
    """What the topic was given."""

    workspace_id: str
    subject: str
    mail: str
    body: dict[str, Any]


@dataclass
class FakeTopic:
    """A topic that keeps its messages. `answers` are given first, one each; then all goes well.

    An answer may be a function: it is run in the middle of the call, and what it raises is a crash there.
    """

    messages: list[Message] = field(default_factory=list)
    answers: list[Outcome | Callable[[], None]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def publish(self, workspace_id: str, subject: str, mail: str, message: str) -> Outcome:
        with self.lock:
            answer = self.answers.pop(0) if self.answers else "published"
        if callable(answer):
            answer()
            answer = "published"
        if answer == "published":
            with self.lock:
                self.messages.append(Message(workspace_id, subject, mail, json.loads(message)))
        return answer

    @property
    def ids(self) -> list[str]:
        """The alerts published, in order."""
        return [message.body["id"] for message in self.messages]


class Alerting:
    """Everything over one table. Each `consumer()` is an instance of the function of its own."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.workspace = a_workspace(**{"enforce_credits": False} | settings)
        self.workspaces = DynamoWorkspaces(self.table)
        self.workspaces.create(self.workspace)
        self.thresholds = DynamoThresholds(self.table, self.clock)
        self.ledger = DynamoLedger(self.table, self.clock)
        self.topic = FakeTopic()
        self.queue = Queue()
        self.handler = self.consumer()
        self._delivered = 0
        self._logs = 0

    def consumer(self, fired: Fired | None = None) -> Callable[[dict[str, Any], Any], Any]:
        """The function, on this table and topic."""
        kept = DynamoAlerts(self.table, self.clock.random_bytes)
        directory = DynamoDirectory(self.table)
        deliver = Deliver(self.topic, kept, directory, self.clock, DASHBOARD)
        fire = FireAlerts(
            self.thresholds, kept, self.workspaces, deliver, self.clock, fired or Fired()
        )
        sweep = SweepAlerts(kept, self.workspaces, deliver, self.clock)
        announce = Announce(self.queue)
        return alerts(fire, sweep, announce, Metrics(namespace="Tally", service="alerts"))

    def watch(self, rules: Rules) -> Threshold:
        """Set a threshold, now."""
        threshold_id = f"th_{self.clock.random_bytes(10).hex()}"
        now_ms = self.clock.now_ms()
        threshold = new_threshold(self.workspace.workspace_id, threshold_id, rules, now_ms)
        assert self.thresholds.create(threshold, None, {}) is None
        return threshold

    def change(self, threshold: Threshold, rules: Rules) -> Threshold:
        """Put a threshold under other rules, now."""
        return self.thresholds.change(
            threshold.workspace_id, threshold.threshold_id, rules, self.clock.now_ms()
        )

    def use(self, *credits: int, user: str = "alice", **usage: Any) -> list[Recorded]:
        """Record requests of so many credits each, in one commit."""
        rows = []
        for amount in credits:
            self._logs += 1
            rows.append(a_usage(f"log-{self._logs}", user_id=user, credits=amount, **usage))
        return self.ledger.record(WORKSPACE, rows).outcomes

    def total(
        self, day: str, requests: int, generation: int = 1, moments: tuple[int, int] | None = None
    ) -> None:
        """Add requests to the workspace's totals of a day and its month, as folding does.

        `moments` are when the first and last of the entries were committed: now, unless told.
        """
        now_ms = self.clock.now_ms()
        committed = Committed(*(moments or (now_ms, now_ms)))
        for family, period in ((DAY_TOTAL, day), (MONTH_TOTAL, day[:7])):
            delta = Delta(Sums(requests=requests))
            key = CellKey(family, period, "")
            self.table.write(shared_update(WORKSPACE, generation, key, delta, committed))

    def fresh_records(self) -> list[dict[str, Any]]:
        """Records that were not taken from the stream yet, as the filter lets them through."""
        records = self.table.stream_records(self._delivered)
        self._delivered += len(records)
        return [
            record
            for record in records
            if record["dynamodb"]["Keys"]["sk"]["S"].startswith(WATCHED)
            and record["eventName"] != "REMOVE"
        ]

    def run(self) -> list[str]:
        """Deliver what is new in the stream; answers the percentages published, in order."""
        return self.deliver(self.fresh_records())

    def deliver(self, records: list[dict[str, Any]], handler: Any = None) -> list[str]:
        """Deliver records; answers `kind percent` of each message published, in order."""
        before = len(self.topic.messages)
        (handler or self.handler)(records_event(records), LambdaContext())
        return [
            f"{message.body['thresholdType']} {message.body.get('percent')}"
            for message in self.topic.messages[before:]
        ]

    def sweep(self, handler: Any = None) -> None:
        """One sweep."""
        (handler or self.handler)({"sweep": True}, LambdaContext())

    def alerts(self) -> list[Alert]:
        """All alerts on record, by id."""
        return [
            alert_from(item) for item in self.table.items() if str(item["pk"]).endswith("#ALERTS")
        ]

    def statuses(self) -> list[str]:
        """The statuses of all alerts."""
        return [alert.status for alert in self.alerts()]


def rules(daily: int | None = 100, monthly: int | None = None, **changes: Any) -> Rules:
    """A threshold on each user's credits."""
    return replace(Rules("user", None, "credits", daily, monthly), **changes)


def account(user: str = "alice") -> str:
    """The account of a user."""
    return account_id_of(SECRET, user)


def lose_writes(alerting: Alerting, count: int) -> None:
    """Let the next plain writes of the table get lost on the way there."""
    alerting.table.meet("write", *[Fault.TIMEOUT_BEFORE] * count)


def broken_record() -> dict[str, Any]:
    """A record of a head that can't be decoded."""
    item: dict[str, Any] = {"pk": f"W#{WORKSPACE}#A#{account()}", "sk": "HEAD", "v": 99}
    keys = {"pk": item["pk"], "sk": item["sk"]}
    change = {"Keys": image(keys), "NewImage": image(item)}
    return {"eventName": "MODIFY", "dynamodb": change}


def metrics_of(printed: str) -> dict[str, Any]:
    """The last metrics printed in CloudWatch's embedded format."""
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    return {
        name: value[0] if isinstance(value, list) else value for name, value in lines[-1].items()
    }
