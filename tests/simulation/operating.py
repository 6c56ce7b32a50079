"""The operator: takes up accounts that were set aside, and each night every journal not folded to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from functions.aggregate.service import FoldEntries
from shared.store.schema import split_account_pk
from tests.simulation.scheduler import Crash
from tests.simulation.stage import Stage

LOOK_SECONDS: Final = 4.0


class Operator:
    """Somebody who reads the messages about accounts that wait."""

    def __init__(self, stage: Stage, new_fold: Callable[[], FoldEntries]) -> None:
        self._stage = stage
        self._new_fold = new_fold

    def watch(self, ended: Callable[[], bool]) -> None:
        """Take up again what was set aside, while others write."""
        self._stage.scheduler.may_crash(0.01)
        while not ended():
            try:
                self._stage.scheduler.sleep(LOOK_SECONDS)
                waiting = self._accounts("PARKED#")
                if waiting:
                    self._new_fold().redrive(waiting)
                    self._stage.sights.saw("re-driven")
            except Crash:
                self._stage.sights.saw("death")
            except Exception:  # noqa: BLE001, S112 - the next look takes it up again
                continue

    def check(self) -> None:
        """Every account whose journal is not folded to its end: lost last records, accounts set aside."""
        report = self._new_fold().redrive(self._accounts("HEAD"))
        self._stage.sights.saw("last records lost", report.folded)

    def _accounts(self, sort_key: str) -> list[tuple[str, str]]:
        """Accounts that have an item whose sort key begins so."""
        items = self._stage.table.items()
        named = {str(i["pk"]) for i in items if str(i["sk"]).startswith(sort_key)}
        return sorted(split_account_pk(pk) for pk in named)
