"""Blocking limits: which log would exceed one, on its user or on the workspace. Pure.

Only periods that are current, or begin within the tolerance for fast clocks, are watched: a late event
counts on its own day and month and is refused by no limit of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.calendar import DAY, month_of, period_end_ms, utc_text
from shared.domain.errors import LimitExceededError
from shared.domain.head import Counters, Head, Metric, Period
from shared.domain.usage import UsageLog

CROWD: Final = 64
"""Commits of one size that may be under way at once, unseen by each other. Where a budget has room for
fewer than that, commits go one at a time: then none is unseen, and the budget is not overrun."""

Use = Mapping[str, Counters]
"""What was used, by local day or month."""


def kind_of(period: str) -> Period:
    """Whether a period is a local day or a month."""
    return "daily" if DAY.fullmatch(period) is not None else "monthly"


@dataclass(frozen=True, slots=True)
class Block:
    """A limit that refuses the usage that would exceed it. `limit` of cost in picos."""

    threshold_id: str
    metric: Metric
    period: Period
    limit: int

    def period_of(self, day: str) -> str:
        """The local day or month that usage of a day counts on."""
        return day if self.period == "daily" else month_of(day)


def blocked(
    head: Head, log: UsageLog, day: str, block: Block, zone: ZoneInfo
) -> LimitExceededError | None:
    """Why a limit on the log's user refuses it; None when it does not."""
    period = block.period_of(day)
    return _exceeded(head.figures.get(period), log, period, block, zone, "limit")


def over_budget(
    used: Use, log: UsageLog, day: str, budget: Block, zone: ZoneInfo
) -> LimitExceededError | None:
    """Why a limit on the workspace refuses a log; None when it does not."""
    period = budget.period_of(day)
    return _exceeded(used.get(period), log, period, budget, zone, "budget of the workspace")


def counted_on(used: Use, log: UsageLog, day: str) -> dict[str, Counters]:
    """What is used with a log more, on its own day and month where those are watched."""
    own = (day, month_of(day))
    return {p: figures.plus(log) if p in own else figures for p, figures in used.items()}


def scarce(budgets: Iterable[Block], before: Use, after: Use) -> frozenset[str]:
    """The periods in which a commit leaves a budget less than a crowd of commits of its size may take."""
    found = set()
    for budget in budgets:
        for period, figures in after.items():
            if kind_of(period) != budget.period:
                continue
            figure = figures.of(budget.metric)
            taken = figure - before[period].of(budget.metric)
            if taken and budget.limit - figure < CROWD * taken:
                found.add(period)
    return frozenset(found)


def _exceeded(
    before: Counters | None, log: UsageLog, period: str, block: Block, zone: ZoneInfo, word: str
) -> LimitExceededError | None:
    if before is None or before.plus(log).of(block.metric) <= block.limit:
        return None
    resets = utc_text(period_end_ms(period, zone))
    return LimitExceededError(
        f"The {block.period} {word} on {block.metric} is reached; it resets at {resets}.",
        members={"resetsAt": resets, "thresholdId": block.threshold_id},
    )
