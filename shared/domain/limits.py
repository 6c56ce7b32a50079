"""Blocking limits: which log would exceed one, on its user or on the workspace. Pure.

Only periods that are current, or begin within the tolerance for fast clocks, are watched: a late event
counts on its own day and month and is refused by no limit of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.domain.calendar import month_of, period_end_ms, utc_text
from shared.domain.errors import LimitExceededError
from shared.domain.head import Counters, Head, Metric, Period
from shared.domain.usage import UsageLog


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
