"""Admins who set thresholds, raise limits, try alerts and take all of it back while usage comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from functions.thresholds.schemas import Wish
from functions.thresholds.service import ManageThresholds
from functions.thresholds.testing import FireTest
from shared.domain.thresholds import Measure, Rules, Threshold
from shared.store.alerts import DynamoAlerts
from shared.store.directory import DynamoDirectory
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.simulation.clients import USERS
from tests.simulation.plan import Plan
from tests.simulation.stage import Stage

ACTS: Final = 6
PAUSE_SECONDS: Final = 0.3
RAISED: Final = 1.5


def first_rules(plan: Plan) -> list[Rules]:
    """What is watched from the beginning, and what is blocked where limits are."""
    watched = [
        Rules("user", None, "requests", 20, 40, (50, 80, 100)),
        Rules("user", None, "credits", 30, None, (50, 80, 100)),
        Rules("workspace", None, "requests", 60, 90, (50, 80, 100)),
    ]
    if "repricing" in plan.features:
        # Figures of money move both ways there: who watches them may see a line that is left again.
        watched[1] = replace(watched[1], metric="requests")
    if "thresholds" in plan.features:
        watched += [
            Rules("user", None, "requests", 2, 3, (50, 100)),
            Rules("user", None, "balance", None, None, (), below=6),
        ]
    if "limits" in plan.features:
        credits: Measure = "requests" if "repricing" in plan.features else "credits"
        watched += [
            Rules("user", None, "requests", 4, 9, block=True),
            Rules("workspace", None, "requests", 9, None, block=True),
            Rules("workspace", None, credits, 14, 30, block=True),
        ]
    return watched


class Admin:
    """One who changes thresholds of one workspace."""

    def __init__(self, stage: Stage, workspace_id: str, plan: Plan, mine: list[Threshold]) -> None:
        self._stage = stage
        self._workspace_id = workspace_id
        self._plan = plan
        self._mine = mine
        self._made = 0
        self.tests: set[str] = set()
        self._reborn()

    def _reborn(self) -> None:
        table, clock = self._stage.view(), self._stage.instance_clock()
        thresholds, workspaces = DynamoThresholds(table, clock), DynamoWorkspaces(table)
        alerts = DynamoAlerts(table, clock.random_bytes)
        self._manage = ManageThresholds(thresholds, workspaces, DynamoDirectory(table), clock)
        self._test = FireTest(thresholds, alerts, workspaces, clock)

    def run(self) -> None:
        """Change one thing after another."""
        self._stage.scheduler.may_crash(0.01)
        acts: tuple[Callable[[], None], ...] = (self._raise,)
        if "thresholds" in self._plan.features:
            acts = (self._raise, self._make, self._delete, self._try, self._switch)
        for _ in range(ACTS):
            self._insist(lambda: self._stage.scheduler.sleep(PAUSE_SECONDS))
            self._stage.random.choice(acts)()

    def _insist(self, ask: Callable[[], None]) -> None:
        self._stage.insist(self._reborn, ask)

    def _one(self) -> Threshold | None:
        return self._stage.random.choice(self._mine) if self._mine else None

    def _raise(self) -> None:
        """Raise the limits of a threshold. They are never lowered: what is blocked has to stay provable."""
        old = self._one()
        if old is None or old.rules.counted is None:
            return
        daily, monthly = (None if each is None else int(each * RAISED) for each in _limits(old))
        self._change(old, replace(old.rules, daily=daily, monthly=monthly))
        self._stage.sights.saw("limit raised")

    def _switch(self) -> None:
        """Put alerts off, or on, and tell at other percentages."""
        old = self._one()
        if old is not None and not old.rules.block and old.rules.percents:
            percents = self._stage.random.choice(((50, 100), (30, 80), (50, 80, 100)))
            enabled = not old.rules.enabled or self._stage.chance(0.5)
            self._change(old, replace(old.rules, percents=percents, enabled=enabled))

    def _change(self, old: Threshold, rules: Rules) -> None:
        def ask() -> None:
            wish = Wish(None, rules)
            new = self._manage.change(self._workspace_id, old.threshold_id, wish).threshold
            self._mine[self._mine.index(old)] = new

        self._insist(ask)

    def _make(self) -> None:
        """Watch one user, or everybody, from now on."""
        random = self._stage.random
        user_id = random.choice((None, *USERS))
        metric: Measure = random.choice(("requests", "tokens"))
        rules = Rules("user", None, metric, random.choice((2, 5, 900)), 20, (50, 100))
        self._made += 1
        key = f"threshold-{self._workspace_id}-{self._made}"

        def ask() -> None:
            members = {"/metric": metric}
            wish = Wish(user_id, rules)
            made, _ = self._manage.create(self._workspace_id, wish, key, members)
            if made.threshold not in self._mine:
                self._mine.append(made.threshold)
            self._stage.sights.saw("threshold made")

        self._insist(ask)

    def _delete(self) -> None:
        old = self._one()
        if old is None or old.rules.block or not self._stage.chance(0.5):
            return

        def ask() -> None:
            if old in self._mine:
                self._mine.remove(old)
            self._manage.delete(self._workspace_id, old.threshold_id)

        self._insist(ask)
        self._stage.sights.saw("threshold deleted")

    def _try(self) -> None:
        """Fire a test: one alert, however often it is asked for under its key."""
        old = self._one()
        if old is None:
            return
        self._made += 1
        key = f"test-{self._workspace_id}-{self._made}"
        told: list[str] = []

        def ask() -> None:
            alert, _, _ = self._test(self._workspace_id, old.threshold_id, key)
            told.append(alert.alert_id)
            assert len(set(told)) == 1, f"{key} made two alerts"
            self.tests.add(alert.alert_id)

        self._stage.insist(self._reborn, ask, again=0.3)


def _limits(threshold: Threshold) -> tuple[int | None, int | None]:
    return threshold.rules.daily, threshold.rules.monthly
