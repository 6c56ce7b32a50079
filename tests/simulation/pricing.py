"""Prices that come late, and repricings that charge by them what was recorded before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from functions.repricing.running import RunRepricing
from functions.repricing.schemas import Job
from functions.repricing.service import Repricings, RunJobs
from shared.domain.calendar import MS_PER_DAY, utc_text
from shared.domain.pricing import WorkspacePrice
from shared.domain.rates import TokenRates
from shared.domain.repricing import Repricing
from shared.store.adjusting import DynamoAdjustments
from shared.store.directory import DynamoDirectory
from shared.store.logs import DynamoUsageLogs
from shared.store.repricings import DynamoRepricings
from shared.store.workspaces import DynamoWorkspaces
from tests.simulation.heard import Heard
from tests.simulation.jobs import PLENTY_MS, JobQueue, Message
from tests.simulation.stage import Stage

RUNS: Final = 2
PAUSE_SECONDS: Final = 1.0
PICOS_PER_TOKEN: Final = 6_000_000
"""At this a call of some hundred tokens costs a few credits."""


class PriceDesk:
    """The function's two halves on one world's table."""

    def __init__(self, stage: Stage, queue: JobQueue) -> None:
        self._stage = stage
        self._queue = queue

    def repricings(self) -> Repricings:
        """One that answers requests."""
        table, clock = self._stage.view(), self._stage.instance_clock()
        store, run = self._run(table, clock)
        directory = DynamoDirectory(table)
        return Repricings(store, run, self._queue, DynamoWorkspaces(table), directory, clock)

    def worker(self) -> Callable[[Message], None]:
        """One that runs jobs."""
        table, clock = self._stage.view(), self._stage.instance_clock()
        store, run = self._run(table, clock)
        jobs = RunJobs(store, run, self._queue, clock)

        def work(message: Message) -> None:
            body = message.body
            named = body["workspaceId"], body["repricingId"], body["attempt"]
            before = store.get(body["workspaceId"], body["repricingId"])
            jobs.all([Job(*named, message.handle, message.receives)], PLENTY_MS)
            running = before is not None and before.status == "running"
            self._stage.sights.saw("repricing repeated", running)

        return work

    def _run(self, table: Any, clock: Any) -> tuple[DynamoRepricings, RunRepricing]:
        store = DynamoRepricings(table, clock.random_bytes)
        books, logs = DynamoAdjustments(table, clock), DynamoUsageLogs(table)
        return store, RunRepricing(store, DynamoDirectory(table), logs, books, clock, map)


class Pricer:
    """An admin who puts prices right and has the past charged by them."""

    def __init__(self, name: str, stage: Stage, desk: PriceDesk, heard: Heard) -> None:
        self._name = name
        self._stage = stage
        self._desk = desk
        self._heard = heard
        self.told: dict[tuple[str, str], Repricing] = {}
        """What was answered, by workspace and idempotency key."""
        self._reborn()

    def _reborn(self) -> None:
        self._repricings = self._desk.repricings()
        self._workspaces = DynamoWorkspaces(self._stage.view())

    def run(self) -> None:
        """Some runs, each after another price."""
        self._stage.scheduler.may_crash(0.01)
        for number in range(RUNS):
            self._stage.insist(self._reborn, lambda: self._stage.scheduler.sleep(PAUSE_SECONDS))
            workspace_id = self._stage.random.choice(self._stage.workspaces)
            rates = TokenRates(PICOS_PER_TOKEN * self._stage.random.randint(1, 3), PICOS_PER_TOKEN)
            price = WorkspacePrice("chat", "gpt-4o", 0, rates=rates)
            self._insist(lambda w=workspace_id, p=price: self._workspaces.put_price(w, p))  # type: ignore[misc]
            before = len(self._heard.logs)
            self._ask(workspace_id, f"{self._name}-{number}")
            later = len(self._heard.logs) > before
            self._stage.sights.saw("recorded during a repricing", later)

    def _insist(self, ask: Callable[[], None]) -> None:
        self._stage.insist(self._reborn, ask)

    def _ask(self, workspace_id: str, key: str) -> None:
        now_ms = self._stage.scheduler.now_us // 1000
        body = {
            "startDate": utc_text(now_ms - 80 * MS_PER_DAY),
            "endDate": utc_text(now_ms + MS_PER_DAY),
            "dryRun": self._stage.chance(0.1),
        }

        def ask() -> None:
            run, again = self._repricings.ask(workspace_id, body, key)
            known = self.told.setdefault((workspace_id, key), run)
            assert known.repricing_id == run.repricing_id, f"{key} made two runs"
            assert again or known == run

        self._stage.insist(self._reborn, ask, again=0.2, leaves=True)
