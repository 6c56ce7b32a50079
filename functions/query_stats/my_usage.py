"""A user's own overview: what they used, what they have left, and which limits they are near."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from functions.query_stats.schemas import StatisticsQuery
from functions.query_stats.service import ReadStatistics, Statistics
from shared.domain.calendar import local_day
from shared.domain.head import Head
from shared.domain.thresholds import Threshold
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts
from shared.ports.runtime import Clock

Thresholds = Callable[[str], Iterable[Threshold | None]]
"""All thresholds of a workspace; None for one that cannot be decoded."""


@dataclass(frozen=True, slots=True)
class MyUsage:
    """A user's statistics, their account as of the local day `day`, and the thresholds that watch it."""

    statistics: Statistics
    head: Head
    day: str
    thresholds: list[Threshold]


class ReadMyUsage:
    """Reads one user's overview."""

    def __init__(
        self, statistics: ReadStatistics, accounts: Accounts, thresholds: Thresholds, clock: Clock
    ) -> None:
        self._statistics = statistics
        self._accounts = accounts
        self._thresholds = thresholds
        self._clock = clock

    def __call__(self, workspace: Workspace, account_id: str, query: StatisticsQuery) -> MyUsage:
        """The overview. Before the first movement, an account has nothing."""
        day = local_day(self._clock.now_ms(), workspace.zone)
        head = self._accounts.head(workspace.workspace_id, account_id)
        watching = [
            threshold
            for threshold in self._thresholds(workspace.workspace_id)
            if threshold is not None and threshold.watches(account_id)
        ]
        watching.sort(key=lambda threshold: (threshold.created_ms, threshold.threshold_id))
        return MyUsage(
            self._statistics.statistics(workspace, account_id, query),
            (head or Head(workspace.workspace_id, account_id)).rolled(day),
            day,
            watching,
        )
