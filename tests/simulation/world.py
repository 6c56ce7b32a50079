"""A small world: two workspaces, people and programs who use them, the functions on the stream, a topic."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

from functions.aggregate.schemas import arrivals_of
from functions.aggregate.service import FoldEntries
from functions.alerts.delivery import Deliver as DeliverAlert
from functions.alerts.schemas import batch_of
from functions.alerts.service import FireAlerts, Fired
from functions.alerts.sweep import SweepAlerts
from functions.record_usage.service import RecordUsage
from shared.domain.calendar import MS_PER_DAY, MS_PER_HOUR
from shared.domain.thresholds import Threshold, new_threshold
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cell_writer import DynamoCellStore
from shared.store.directory import DynamoDirectory
from shared.store.ledger import DynamoLedger
from shared.store.table import Item
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.fakes.table import FakeTable
from tests.folding import Queue
from tests.simulation.admins import Admin, first_rules
from tests.simulation.archiving import LONG_MS, Archivist
from tests.simulation.clients import Client, Instance
from tests.simulation.erasing import Eraser, ErasureDesk, ErasureJobs
from tests.simulation.exporting import ExportDesk, Exporter, ExportJobs
from tests.simulation.heard import Heard
from tests.simulation.jobs import LONG_HIDDEN_SECONDS, JobQueue
from tests.simulation.operating import Operator
from tests.simulation.picking import Looker
from tests.simulation.plan import plan_of
from tests.simulation.pricing import PriceDesk, Pricer
from tests.simulation.rebuilding import Rebuilds
from tests.simulation.scheduler import Crash, Scheduler, SimClock
from tests.simulation.sights import Sights
from tests.simulation.stage import LARGEST_SKEW_MS, Bucket, Stage
from tests.simulation.store import Weather
from tests.simulation.stream import IN_PARTS, SHARDS, Consumer, Deliver, Habits, Record, Stream

GRACE_STEPS: Final = 3_000
"""Steps after the clients' last request in which things still go wrong."""

NIGHT_US: Final = 3_600_000_000
"""How long after the last of it the nightly work begins."""

WATCHED: Final = ("HEAD", "DAY#", "MONTH#", "al_t")
SWEEP_SECONDS: Final = 20.0
SLOW: Final = 300.0
"""How often workers look for jobs where hours go by."""

HOUR_SECONDS: Final = 3_600.0
AT_ONCE: Final = 2
"""How many look for lost work at the same time, and how many workers each queue has then."""


class World:
    """Everything of one seed. `run` lets it live until nothing is left to do."""

    def __init__(self, seed: int) -> None:
        random = Random(seed)  # noqa: S311 - nothing secret
        self.plan: Final = plan_of(seed, random)
        self.scheduler: Final = Scheduler(random, self.plan.start_ms)
        self.clock: Final = SimClock(self.scheduler, random)
        self.table: Final = FakeTable(self.clock, page_bytes=20_000)
        self.sights: Final = Sights()
        self.weather: Final = Weather(self.plan.storm)
        self.workspaces: Final[dict[str, Workspace]] = dict(self.plan.workspaces())
        self.stage: Final = Stage(
            random, self.scheduler, self.table, self.weather, self.sights, tuple(self.workspaces)
        )
        self.stage.lossy = self.has("lost")
        self.heard: Final = Heard(self.sights)
        self.files: Final = Bucket(self.stage)
        self.archived: dict[tuple[str, str], UsageLog] = {}
        """What was in the archive when the table began to let go of what it held `before`."""
        self.before: list[Item] | None = None
        self.published: Final[list[tuple[str, dict[str, Any]]]] = []
        """Workspaces and messages of published alerts, in order."""
        self.thresholds: Final[dict[str, list[Threshold]]] = {w: [] for w in self.workspaces}
        self.admins: Final = [
            Admin(self.stage, w, self.plan, self.thresholds[w]) for w in self.workspaces
        ]
        self.exporter: Final = self._exporter()
        self.pricers: Final = self._pricers()
        self.archivist: Final = self._archivist()
        self._eraser: Final = self._new_eraser()
        self.looker: Final = self._new_looker()
        self._rebuilds: Final = Rebuilds(self.stage)
        self._operator: Final = Operator(self.stage, self._new_fold)
        self._stream: Final = Stream(self.table)
        self._folders: list[Consumer] = []
        self._watchers: list[Consumer] = []

    def has(self, feature: str) -> bool:
        """Whether it is one of this world's features."""
        return feature in self.plan.features

    def run(self) -> None:
        """Live through it, then mend what a nightly check would mend."""
        self._settle()
        self.table.meet_chaos(lambda call: self.weather.step(self.stage.random, call, self.sights))
        for number in range(self.plan.clients):
            self._busy(f"client-{number}", lambda n=number: self._client(n))  # type: ignore[misc]
        for admin in self.admins:
            if self.has("thresholds") or self.has("limits"):
                self._busy("admin", admin.run)
        for feature, run in (
            ("exports", self.exporter.run),
            ("repricing", self.pricers[0].run),
            ("repricing", self.pricers[1].run),
            ("erasure", self._eraser.run),
        ):
            if self.has(feature):
                self._busy(feature, run)
        for queue, worker in self._queues:
            self.scheduler.spawn("worker", lambda q=queue, w=worker: q.work(w, self._idle))  # type: ignore[misc]
        habits = IN_PARTS if self.has("wide") else Habits()
        harmful = replace(habits, harm=self.plan.harm)
        for shard in range(SHARDS):
            self._folders.append(self._consumer(shard, self._folder, self._no_writers, harmful))
            self._watchers.append(self._consumer(shard, self._watcher, self._no_folders, habits))
        for consumer in (*self._folders, *self._watchers):
            self.scheduler.spawn("consumer", consumer.run)
        self.scheduler.spawn("operator", lambda: self._operator.watch(self._no_folders))
        self.scheduler.spawn("sweeper", self._sweep)
        self.scheduler.spawn("weather", self._clear_up)
        if self.has("rebuild"):
            late = self._new_client(self.plan.clients + 1)
            self._rebuilds.begin(self._idle)
            self._busy("client who goes on", lambda: self._rebuilds.meanwhile(lambda: late.run(1)))
        self.scheduler.run()
        self._afterwards()
        self.sights.look_at(self.table.changes(), self.workspaces)

    def _afterwards(self) -> None:
        """What comes when clients have gone."""
        if self.has("lost"):
            self._hours()
        self._night()
        if self.has("archive"):
            self._years()

    def _night(self) -> None:
        """What was left: jobs that were given up, accounts that are not folded to their end."""
        self.scheduler.now_us += NIGHT_US
        if self.has("rebuild"):
            self.weather.calm = self.scheduler.calm = False
            self._rebuilds.clear()
            self.weather.calm = self.scheduler.calm = True
        self._mended()
        self._told()

    def _told(self) -> None:
        """What the stream still has of figures is watched, and what waits is told."""
        for watcher in self._watchers:
            self.scheduler.spawn("consumer", watcher.run)
        self.scheduler.spawn("sweeper", self._sweep)
        self.scheduler.run()

    def _mended(self) -> None:
        """What was given up is put back; what is not folded is."""
        for queue, worker in self._queues:
            queue.put_back()
            self.scheduler.spawn("worker", lambda q=queue, w=worker: q.work(w, lambda: True))  # type: ignore[misc]
        self.scheduler.run()
        self.scheduler.spawn("exporter", lambda: self.exporter.fetch(lossy=self.has("lost")))
        self.scheduler.spawn("operator", self._operator.check)
        self.scheduler.run()

    def _years(self) -> None:
        """Days go by, more is recorded, users go; what is over is archived, and then the table lets go."""
        self.weather.calm = self.scheduler.calm = False
        # Half of the worlds go on shortly before midnight: their last day is over before a nightly check.
        early_ms = self.plan.requests % 2 * 2 * MS_PER_HOUR
        self.scheduler.now_us += (2 * MS_PER_DAY - early_ms) * 1000
        self._busy("late client", lambda: self._client(self.plan.clients))
        if self.has("erasure"):
            self._busy("late erasure", self._eraser.run)
        self._busy("archivist", lambda: self.archivist.watch(self._operator.check))
        for queue, worker in self._queues:
            self.scheduler.spawn("worker", lambda q=queue, w=worker: q.work(w, self._idle, SLOW))  # type: ignore[misc]
        self.scheduler.run()
        self.weather.calm = self.scheduler.calm = True
        self._mended()
        self._told()
        self.scheduler.now_us += LONG_MS * 1000
        self.before, self.archived = self.table.items(), self.archivist.logs()
        self.table.expire()
        self.sights.saw("archived", len(self.archived))

    def _hours(self) -> None:
        """Hours go by in which workers stand still, messages get lost, and what is left is picked up."""
        self.weather.calm = self.scheduler.calm = False
        for feature, run in (("exports", self.exporter.run), ("erasure", self._eraser.run)):
            if self.has(feature):
                self._busy(f"late {feature}", self._late(run))
        for _ in range(AT_ONCE):
            self._busy("looker", self.looker.watch)
            for queue, worker in self._queues:
                queue.hidden_s = LONG_HIDDEN_SECONDS
                self.scheduler.spawn(
                    "worker",
                    lambda q=queue, w=worker: q.work(w, self._idle, SLOW, slow=True),  # type: ignore[misc]
                )
        self.scheduler.run()
        self.stage.lossy = False

    def _late(self, run: Callable[[], None]) -> Callable[[], None]:
        """The same, at some time in the next hour."""
        late_s = self.stage.random.random() * HOUR_SECONDS

        def wait() -> None:
            self.scheduler.sleep(late_s)
            run()

        return wait

    def _settle(self) -> None:
        thresholds = DynamoThresholds(self.table, self.clock)
        for workspace_id, workspace in self.workspaces.items():
            DynamoWorkspaces(self.table).create(workspace)
            for rules in first_rules(self.plan):
                threshold_id = f"th_{self.stage.random.randbytes(10).hex()}"
                made = new_threshold(workspace_id, threshold_id, rules, self.clock.now_ms())
                assert thresholds.create(made, None, {}) is None
                self.thresholds[workspace_id].append(made)
        # A threshold counts from its answer on, so it comes before the first that anybody's clock shows.
        self.scheduler.now_us += 2 * LARGEST_SKEW_MS * 1000

    def _busy(self, name: str, job: Callable[[], None]) -> None:
        """Let somebody begin for whose end the rest of the world waits."""
        self.stage.busy += 1

        def run() -> None:
            job()
            self.stage.busy -= 1

        self.scheduler.spawn(name, run)

    def _idle(self) -> bool:
        return self.stage.busy == 0

    def _no_writers(self) -> bool:
        return self._idle() and not any(queue.messages for queue, _ in self._queues)

    def _no_folders(self) -> bool:
        return all(folder.done for folder in self._folders)

    def _new_looker(self) -> Looker:
        exports, _, _, erasures = (queue for queue, _ in self._queues)
        return Looker(
            self.stage,
            lambda: {"erasure": ErasureJobs(erasures), "export": ExportJobs(exports)},
            lambda: sum(queue.at_work for queue, _ in self._queues),
        )

    def _exporter(self) -> Exporter:
        queue = JobQueue(self.stage)
        desk = ExportDesk(self.stage, self.files, queue)
        self._queues = [(queue, desk.worker)]
        return Exporter(self.stage, desk, self.files, self.heard)

    def _pricers(self) -> list[Pricer]:
        queue = JobQueue(self.stage)
        desk = PriceDesk(self.stage, queue)
        self._queues.append((queue, desk.worker))
        return [Pricer(name, self.stage, desk, self.heard) for name in ("amy", "ben")]

    def _archivist(self) -> Archivist:
        queue = JobQueue(self.stage)
        archivist = Archivist(self.stage, queue)
        self._queues.append((queue, archivist.worker))
        return archivist

    def _new_eraser(self) -> Eraser:
        queue = JobQueue(self.stage)
        desk = ErasureDesk(self.stage, self.files, self.archivist.bucket, queue)
        self._queues.append((queue, desk.worker))
        return Eraser(self.stage, desk, self.heard)

    def _instance(self) -> Instance:
        table, clock = self.stage.view(), self.stage.instance_clock()
        ledger = DynamoLedger(table, clock)
        record = RecordUsage(ledger, DynamoAccounts(table), DynamoDirectory(table), clock)
        return Instance(record, ledger)

    def _client(self, number: int) -> None:
        self._new_client(number).run(self.plan.requests)

    def _new_client(self, number: int) -> Client:
        return Client(f"c{number}", self.stage, self.heard, self.plan, self._instance)

    def _consumer(
        self,
        shard: int,
        instance: Callable[[], Deliver],
        ended: Callable[[], bool],
        habits: Habits,
    ) -> Consumer:
        def records() -> list[Record]:
            return self._stream.shard(shard)

        return Consumer(self.stage, records, instance, ended, habits)

    def _new_fold(self) -> FoldEntries:
        table, clock = self.stage.view("hole filled"), self.stage.instance_clock()
        cells = DynamoCellStore(table, clock)
        return FoldEntries(cells, DynamoWorkspaces(table), Queue(), clock, map)

    def _folder(self) -> Deliver:
        fold = self._new_fold()
        return lambda records: fold(arrivals_of(records))

    def _telling(self) -> tuple[DynamoAlerts, DynamoWorkspaces, DeliverAlert, SimClock]:
        table, clock = self.stage.view(), self.stage.instance_clock()
        alerts, workspaces = DynamoAlerts(table, clock.random_bytes), DynamoWorkspaces(table)
        deliver = DeliverAlert(self, alerts, DynamoDirectory(table), clock, "https://example.com")
        return alerts, workspaces, deliver, clock

    def _watcher(self) -> Deliver:
        alerts, workspaces, deliver, clock = self._telling()
        thresholds = DynamoThresholds(self.stage.view(), clock)
        fire = FireAlerts(thresholds, alerts, workspaces, deliver, clock, Fired(), map)

        def watch(records: Sequence[Record]) -> object:
            seen = [r for r in records if r["dynamodb"]["Keys"]["sk"]["S"].startswith(WATCHED)]
            return fire(batch_of(seen))

        return watch

    def publish(self, workspace_id: str, subject: str, mail: str, message: str) -> Any:
        """The topic: it dies, and does not answer, like everything else."""
        self.scheduler.pause()
        if not self.weather.calm and self.stage.chance(0.05):
            self.sights.saw("topic silent")
            return "unavailable"
        told = json.loads(message)
        self.published.append((workspace_id, told))
        self.sights.saw("test alert", str(told["id"]).startswith("al_t"))
        self.scheduler.pause()
        return "published"

    def _sweep(self) -> None:
        self.scheduler.may_crash(0.004)
        while True:
            try:
                ended = all(watcher.done for watcher in self._watchers)
                self.scheduler.sleep(SWEEP_SECONDS)
                alerts, workspaces, deliver, clock = self._telling()
                report = SweepAlerts(alerts, workspaces, deliver, clock, map)()
            except Crash:
                self.sights.saw("death")
                continue
            except Exception:  # noqa: BLE001, S112 - the next minute sweeps again
                continue
            self.sights.saw("alert told by a sweep", report.published)
            if ended and self.weather.calm and report.waiting == 0:
                return

    def _clear_up(self) -> None:
        while self.stage.busy:
            self.scheduler.sleep(0.5)
        ended_at = self.scheduler.steps
        while self.scheduler.steps < ended_at + GRACE_STEPS and not all(
            watcher.done for watcher in self._watchers
        ):
            self.scheduler.sleep(0.5)
        self.weather.calm = self.scheduler.calm = True
