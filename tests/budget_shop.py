"""A workspace with budgets, whose stream is folded when a test says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from shared.domain.calendar import local_day, month_of, zone_of
from shared.domain.head import ZERO, Counters
from shared.domain.thresholds import Rules, Threshold, new_threshold
from shared.domain.usage import Usage, UsageLog
from shared.ports.ledger import Outcome
from shared.store.budgets import read_pool
from shared.store.ledger import DynamoLedger
from shared.store.log_items import log_from
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable
from tests.folding import fold

DAY, MONTH = "2026-11-20", "2026-11"
UTC = zone_of("UTC")
HOUR_MS = 3_600_000


class Shop:
    """A workspace with a ledger, thresholds, and a stream that is folded when the test says so."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.workspaces = DynamoWorkspaces(self.table)
        self.workspaces.create(a_workspace(**{"enforce_credits": False} | settings))
        self.thresholds = DynamoThresholds(self.table, self.clock)
        self.ledger = DynamoLedger(self.table, self.clock)
        self._numbers = count(1)
        self._folded = 0

    def budget(
        self, daily: int | None = None, monthly: int | None = None, **more: Any
    ) -> Threshold:
        rules = replace(Rules("workspace", None, "credits", daily, monthly, block=True), **more)
        threshold_id = f"th_{next(self._numbers):020x}"
        threshold = new_threshold(WORKSPACE, threshold_id, rules, self.clock.now_ms())
        assert self.thresholds.create(threshold, None, {}) is None
        return threshold

    def change(self, threshold: Threshold, **rules: Any) -> None:
        changed = replace(threshold.rules, **rules)
        now_ms = self.clock.now_ms()
        self.thresholds.change(WORKSPACE, threshold.threshold_id, changed, now_ms)

    def row(self, credits: int = 1, user: str = "alice", **usage: Any) -> Usage:
        return a_usage(f"log-{next(self._numbers)}", user_id=user, credits=credits, **usage)

    def record(self, *rows: Usage) -> list[Outcome]:
        return self.ledger.record(WORKSPACE, rows).outcomes

    def use(self, *credits: int, **usage: Any) -> list[str]:
        """The codes of what became of requests of so many credits, of one user, in one batch."""
        return codes(self.record(*(self.row(amount, **usage) for amount in credits)))

    def fold(self) -> None:
        """Fold what is new in the stream."""
        records = self.table.stream_records(self._folded)
        self._folded += len(records)
        entries = [r for r in records if r["dynamodb"]["Keys"]["sk"]["S"].startswith("J#")]
        if entries:
            fold(self.table, entries)

    def used(self, period: str) -> Counters:
        workspace = self.workspaces.get(WORKSPACE)
        return read_pool(self.table, workspace, [period]).used[period]

    def logs(self) -> Iterator[UsageLog]:
        return (log_from(item) for item in self.table.items() if item["sk"] == "LOG")

    def true(self, period: str) -> Counters:
        """What the logs of a day or month come to, one by one."""
        total, zone = ZERO, self.workspaces.get(WORKSPACE).zone
        for log in self.logs():
            day = local_day(log.occurred_ms, zone)
            if period in {day, month_of(day)}:
                total = total.plus(log)
        return total


def codes(outcomes: list[Outcome]) -> list[str]:
    return ["" if o.error is None else o.error.code for o in outcomes]


FULL = "limit_exceeded"
