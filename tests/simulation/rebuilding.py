"""Cells made anew beside those being read, while everybody writes, reads and dies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from shared.domain.cells import DAY_TOTAL
from shared.reconcile.rebuild import ClearRetired
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.workspace_items import RETIRED
from shared.store.workspaces import DynamoWorkspaces
from tests.reconciling import DirectFolder, rebuild_over
from tests.simulation.scheduler import Crash
from tests.simulation.stage import Stage

LATEST_SECONDS: Final = 4.0
"""A rebuild begins so long after everybody else, or sooner."""

AGAIN_SECONDS: Final = 2.0
FOLDING_SECONDS: Final = 1.0
"""How long one call of the folding goes on."""

READ_SECONDS: Final = 0.7
GOING_ON: Final = 25
"""Requests that somebody sends at most while cells are made anew."""

FIRST: Final = 1
"""The generation that a world begins with."""


class FarFolder:
    """The function that folds, as others call it: it may not answer, and have folded all the same."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._folder = DirectFolder(stage.patient_view(), stage.instance_clock(), FOLDING_SECONDS)

    def fold(self, workspace_id: str, account_ids: Sequence[str]) -> int:
        """Fold as far as time allows."""
        with self._stage.call("The folding did not answer."):
            left = self._folder.fold(workspace_id, account_ids)
        self._stage.sights.saw("folded in parts of the time", left)
        return left

    def clear(self, workspace_id: str, generation: int, account_ids: Sequence[str]) -> bool:
        """Delete a retired generation."""
        with self._stage.call("The folding did not answer."):
            return self._folder.clear(workspace_id, generation, account_ids)


class Rebuilder:
    """Operators of one workspace, and somebody who reads its figures all the time."""

    def __init__(self, stage: Stage, workspace_id: str) -> None:
        self._stage = stage
        self._workspace_id = workspace_id
        self.running = 0
        """Operators who have not seen the end of it."""

    def run(self) -> None:
        """Give the command, and give it again, until the new cells are read; ask to clear the old ones."""
        stage = self._stage
        stage.scheduler.may_crash(0.001)
        self._safely(lambda: stage.scheduler.sleep(LATEST_SECONDS * stage.random.random()))
        while self._setting("gn") == FIRST:
            stage.sights.saw("rebuild begun", int(stage.busy > 0))
            self._safely(self._rebuild)
            stage.sights.saw("flipped", int(self._setting("gn") != FIRST and stage.busy > 0))
            self._safely(lambda: stage.scheduler.sleep(AGAIN_SECONDS))
        self._safely(self._clear)
        self.running -= 1

    def clear(self) -> None:
        """Clear the old cells away, once it is time."""
        self._stage.scheduler.may_crash(0.002)
        while self._setting(RETIRED):
            self._safely(self._clear)

    def read(self, ended: Callable[[], bool]) -> None:
        """Read figures: nobody ever sees less than before."""
        seen = 0
        while not ended():
            table = self._stage.patient_view()
            try:
                workspace = DynamoWorkspaces(table).get(self._workspace_id)
                cells = DynamoCells(table).shared(workspace, DAY_TOTAL, "0", "9")
            except Exception:  # noqa: BLE001 - asked again
                self._stage.scheduler.sleep(READ_SECONDS)
                continue
            now = sum(delta.sums.requests for delta in cells.values())
            assert now >= seen, f"4: {self._workspace_id} had {seen} requests and shows {now}"
            seen = now
            self._stage.scheduler.sleep(READ_SECONDS)

    def _rebuild(self) -> None:
        table, clock = self._stage.patient_view(), self._stage.instance_clock()
        rebuild_over(table, clock, FarFolder(self._stage))(self._workspace_id)

    def _clear(self) -> None:
        table, clock = self._stage.patient_view(), self._stage.instance_clock()
        workspaces, names = DynamoWorkspaces(table), DynamoDirectory(table)
        clear = ClearRetired(workspaces, names, FarFolder(self._stage), clock)
        if clear.due(self._workspace_id):
            clear(self._workspace_id)

    def _safely(self, job: Callable[[], None]) -> None:
        """Do it; who dies, or is not answered, is followed by the same command once more."""
        try:
            job()
        except Crash:
            self._stage.sights.saw("death")
        except Exception:  # noqa: BLE001 - whatever it is, the command is given again
            return

    def _setting(self, name: str) -> object:
        """One of the workspace's settings, as it is in the table."""
        keys = f"W#{self._workspace_id}", "WORKSPACE"
        items = self._stage.table.items()
        return next(item.get(name) for item in items if (item["pk"], item["sk"]) == keys)


class Rebuilds:
    """Those of a world."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._rebuilders = [Rebuilder(stage, workspace_id) for workspace_id in stage.workspaces]

    def begin(self, idle: Callable[[], bool]) -> None:
        """Have all cells of one workspace, or of both, made anew, now and then by two at the same time."""
        random, spawn = self._stage.random, self._stage.scheduler.spawn
        for rebuilder in random.sample(self._rebuilders, random.choice((1, 2))):
            for _ in range(random.choice((1, 1, 2))):
                rebuilder.running += 1
                spawn("rebuilder", rebuilder.run)
            spawn("reader", lambda r=rebuilder: r.read(idle))  # type: ignore[misc]

    def meanwhile(self, write: Callable[[], None]) -> None:
        """Write until new cells are read, or for long enough."""
        for _ in range(GOING_ON):
            write()
            if not any(rebuilder.running for rebuilder in self._rebuilders):
                return

    def clear(self) -> None:
        """Have what nobody reads any more cleared away, also by two at the same time."""
        for rebuilder in self._rebuilders:
            for _ in range(self._stage.random.choice((1, 2))):
                self._stage.scheduler.spawn("clearer", rebuilder.clear)
        self._stage.scheduler.run()
