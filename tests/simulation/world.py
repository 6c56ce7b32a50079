"""A small world: two workspaces, clients, the functions on the stream, a topic; all of it from one seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from functions.aggregate.schemas import arrivals_of
from functions.aggregate.service import FoldEntries
from functions.alerts.delivery import Deliver as DeliverAlert
from functions.alerts.schemas import batch_of
from functions.alerts.service import FireAlerts, Fired
from functions.alerts.sweep import SweepAlerts
from functions.record_usage.service import RecordUsage
from shared.domain.thresholds import Rules, Threshold, new_threshold
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cell_writer import DynamoCellStore
from shared.store.directory import DynamoDirectory
from shared.store.ledger import DynamoLedger
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import a_workspace
from tests.fakes.table import FakeTable
from tests.folding import Queue
from tests.simulation.clients import Client, Heard, Instance
from tests.simulation.scheduler import Crash, Scheduler, SimClock
from tests.simulation.store import SimTable, Weather
from tests.simulation.stream import SHARDS, Consumer, Deliver, Record, Stream

STRICT: Final = "north"
LOOSE: Final = "south"
"""Two workspaces: one enforces balances; they are in different time zones."""

BOUNDARIES: Final = (
    "2026-11-20T09:30:00",
    "2026-11-19T23:00:00",  # midnight in Berlin
    "2026-11-30T23:00:00",  # a month's end in Berlin
    "2026-11-20T18:15:00",  # midnight in Kathmandu
    "2026-03-29T01:00:00",  # Berlin's clocks go forward
    "2026-10-25T01:00:00",  # and back
)
CLIENTS: Final = 4
REQUESTS: Final = 9
GRACE_STEPS: Final = 3_000
"""Steps after the clients' last request in which things still go wrong."""

LARGEST_SKEW_MS: Final = 2_000
"""How far an instance's clock is off. A threshold counts from its answer on, so it comes first."""

WATCHED: Final = ("HEAD", "DAY#", "MONTH#")
SWEEP_SECONDS: Final = 20.0


class World:
    """Everything of one seed. `run` lets it live until nothing is left to do."""

    def __init__(self, seed: int) -> None:
        self.random: Final = Random(seed)  # noqa: S311 - nothing secret
        start = datetime.fromisoformat(self.random.choice(BOUNDARIES)).replace(tzinfo=UTC)
        start_ms = int(start.timestamp() * 1000) - self.random.randrange(40_000)
        self.scheduler: Final = Scheduler(self.random, start_ms)
        self.clock: Final = SimClock(self.scheduler, self.random)
        self.table: Final = FakeTable(self.clock, page_bytes=20_000)
        self.stream: Final = Stream(self.table)
        self.weather: Final = Weather()
        self.heard: Final = Heard()
        self.published: Final[list[str]] = []
        """The ids of published alerts, in order."""
        self.parked: Final = Queue()
        self.workspaces: Final = {
            STRICT: a_workspace(workspace_id=STRICT, secret=b"n" * 32, timezone="Europe/Berlin"),
            LOOSE: a_workspace(
                workspace_id=LOOSE,
                secret=b"s" * 32,
                timezone="Asia/Kathmandu",
                enforce_credits=False,
            ),
        }
        self.thresholds: Final[list[Threshold]] = []
        self._clients_left = CLIENTS
        self._folders: list[Consumer] = []
        self._watchers: list[Consumer] = []
        self._ended_at = 0

    def run(self) -> None:
        """Live through it, then mend what a nightly check would mend."""
        self._settle()
        self.table.meet_chaos(lambda call: self.weather.step(self.random, call))
        for number in range(CLIENTS):
            self.scheduler.spawn(f"client-{number}", lambda n=number: self._client(n))  # type: ignore[misc]
        for shard in range(SHARDS):
            self._folders.append(self._consumer(shard, self._folder, self._no_clients, 0.01))
            self._watchers.append(self._consumer(shard, self._watcher, self._no_folders, 0.0))
        for consumer in (*self._folders, *self._watchers):
            self.scheduler.spawn("consumer", consumer.run)
        self.scheduler.spawn("sweeper", self._sweep)
        self.scheduler.spawn("weather", self._clear_up)
        self.scheduler.run()
        self.scheduler.spawn("operator", self._mend)
        self.scheduler.run()
        for watcher in self._watchers:
            self.scheduler.spawn("consumer", watcher.run)
        self.scheduler.spawn("sweeper", self._sweep)
        self.scheduler.run()

    def _settle(self) -> None:
        thresholds = DynamoThresholds(self.table, self.clock)
        for workspace_id, workspace in self.workspaces.items():
            DynamoWorkspaces(self.table).create(workspace)
            for scope, metric, daily, monthly in (
                ("user", "requests", 20, 40),
                ("user", "credits", 30, None),
                ("workspace", "requests", 60, 90),
            ):
                rules = Rules(
                    scope=scope,  # type: ignore[arg-type]
                    account_id=None,
                    metric=metric,  # type: ignore[arg-type]
                    daily=daily,
                    monthly=monthly,
                    percents=(50, 80, 100),
                )
                made = new_threshold(
                    workspace_id,
                    f"th_{self.random.randbytes(10).hex()}",
                    rules,
                    self.clock.now_ms(),
                )
                assert thresholds.create(made, None, {}) is None
                self.thresholds.append(made)
        self.scheduler.now_us += 2 * LARGEST_SKEW_MS * 1000

    def _view(self) -> SimTable:
        return SimTable(self.table, self.scheduler)

    def _instance_clock(self) -> SimClock:
        return SimClock(
            self.scheduler, self.random, self.random.randint(-LARGEST_SKEW_MS, LARGEST_SKEW_MS)
        )

    def _instance(self) -> Instance:
        table, clock = self._view(), self._instance_clock()
        ledger = DynamoLedger(table, clock)
        record = RecordUsage(ledger, DynamoAccounts(table), DynamoDirectory(table), clock)
        return Instance(record, ledger)

    def _client(self, number: int) -> None:
        client = Client(
            f"c{number}",
            self.scheduler,
            self.random,
            self.heard,
            tuple(self.workspaces),
            self._instance,
        )
        client.run(REQUESTS)
        self._clients_left -= 1

    def _consumer(self, shard: int, instance: Any, ended: Any, harmful: float) -> Consumer:
        return Consumer(
            self.scheduler,
            self.random,
            lambda: self.stream.shard(shard),
            instance,
            ended,
            harmful=harmful,
        )

    def _no_clients(self) -> bool:
        return self._clients_left == 0

    def _no_folders(self) -> bool:
        return all(folder.done for folder in self._folders)

    def _folder(self) -> Deliver:
        table, clock = self._view(), self._instance_clock()
        fold = FoldEntries(
            DynamoCellStore(table, clock), DynamoWorkspaces(table), self.parked, clock, map
        )
        return lambda records: fold(arrivals_of(records))

    def _watcher(self) -> Deliver:
        table, clock = self._view(), self._instance_clock()
        alerts, workspaces = DynamoAlerts(table, clock.random_bytes), DynamoWorkspaces(table)
        deliver = DeliverAlert(self, alerts, DynamoDirectory(table), clock, "https://example.com")
        thresholds = DynamoThresholds(table, clock)
        fire = FireAlerts(thresholds, alerts, workspaces, deliver, clock, Fired(), map)

        def watch(records: Sequence[Record]) -> object:
            seen = [r for r in records if r["dynamodb"]["Keys"]["sk"]["S"].startswith(WATCHED)]
            return fire(batch_of(seen))

        return watch

    def publish(self, workspace_id: str, subject: str, mail: str, message: str) -> Any:
        """The topic: it dies, and does not answer, like everything else."""
        self.scheduler.pause()
        if not self.weather.calm and self.random.random() < 0.05:
            return "unavailable"
        self.published.append(str(json.loads(message)["id"]))
        self.scheduler.pause()
        return "published"

    def _sweeper(self) -> SweepAlerts:
        table, clock = self._view(), self._instance_clock()
        alerts, workspaces = DynamoAlerts(table, clock.random_bytes), DynamoWorkspaces(table)
        deliver = DeliverAlert(self, alerts, DynamoDirectory(table), clock, "https://example.com")
        return SweepAlerts(alerts, workspaces, deliver, clock, map)

    def _sweep(self) -> None:
        self.scheduler.may_crash(0.004)
        while True:
            try:
                ended = all(watcher.done for watcher in self._watchers)
                self.scheduler.sleep(SWEEP_SECONDS)
                report = self._sweeper()()
            except Crash:
                continue
            except Exception:  # noqa: BLE001, S112 - the next minute sweeps again
                continue
            if ended and self.weather.calm and report.waiting == 0:
                return

    def _clear_up(self) -> None:
        while self._clients_left:
            self.scheduler.sleep(0.5)
        self._ended_at = self.scheduler.steps
        while self.scheduler.steps < self._ended_at + GRACE_STEPS and not all(
            watcher.done for watcher in self._watchers
        ):
            self.scheduler.sleep(0.5)
        self.weather.calm = self.scheduler.calm = True

    def _mend(self) -> None:
        """Take up every account whose journal is not folded to its end: lost records, poison."""
        table, clock = self._view(), self._instance_clock()
        fold = FoldEntries(
            DynamoCellStore(table, clock), DynamoWorkspaces(table), self.parked, clock, map
        )
        heads = [item for item in self.table.items() if item["sk"] == "HEAD"]
        accounts = [
            (str(item["pk"]).split("#")[1], str(item["pk"]).split("#")[3]) for item in heads
        ]
        fold.redrive(accounts)
