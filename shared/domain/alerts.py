"""Alerts: which lines a write has reached, and what became of telling it. Pure.

A line is a percentage of a limit. It fires on level, not on edge: a write that leaves the figure at or above
it is due an alert. The floor of a balance fires on the edge, at the debit that takes the balance under it.
Either way the alert's id follows from what it is about, so recording it once makes it fire once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.calendar import local_day, month_of
from shared.domain.head import Counters, Head, Period
from shared.domain.limits import kind_of
from shared.domain.sums import Sums
from shared.domain.thresholds import (
    ID_DIGITS,
    KINDS,
    Kind,
    Measure,
    Scope,
    Threshold,
)

Delivery = Literal["pending", "sent", "failed"]
AlertStatus = Literal["pending", "sent", "failed", "acknowledged"]

ALERT_ID: Final = re.compile(r"al_[0-9a-ft][0-9a-f]{19}", re.ASCII)
TEST_PREFIX: Final = "al_t"
"""Ids of test alerts start so, and no others: whoever delivers them finds them by it."""

LATE_MS: Final = 10_000
"""What is folded so long after its commit counts from when it is folded: the stream stood still meanwhile."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one write left of one local day or month: of an account, or of the workspace (None)."""

    account_id: str | None
    period: str
    counters: Counters

    @property
    def kind(self) -> Period:
        """Whether it is a day or a month."""
        return kind_of(self.period)


def counters_of(sums: Sums) -> Counters:
    """What thresholds measure of a cell."""
    return Counters(sums.requests, sums.total, sums.cost, sums.credits)


def figures_of(head: Head) -> tuple[Figures, Figures]:
    """The day and the month that were current at the account's latest entry."""
    return (
        Figures(head.account_id, head.day, head.today),
        Figures(head.account_id, head.month, head.this_month),
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A balance as entry `seq` of its account found and left it, in credits."""

    account_id: str
    seq: int
    before: int
    after: int

    def sinks_under(self, floor: int) -> bool:
        """Whether the entry took the balance under a floor."""
        return self.before >= floor > self.after


class Moment(NamedTuple):
    """A time (ms) at which figures were current, and from when on the latest of what is in them counts."""

    at_ms: int
    counts_ms: int


@dataclass(frozen=True, slots=True)
class Change:
    """Figures as one write left them.

    The periods current at any of the `moments` are watched. `step` is what the write did to the account's
    balance; None for a workspace's total.
    """

    workspace_id: str
    figures: tuple[Figures, ...]
    moments: tuple[Moment, ...]
    step: Step | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is reached: `percent` of a limit in one period, or (percent None) a balance's floor.

    `limit` and `value` of cost are picos. `mark` tells apart what may fire again within the period: the
    number of the entry that took a balance under its floor, a random word of a test.
    """

    workspace_id: str
    threshold_id: str
    revision: int
    scope: Scope
    account_id: str | None
    metric: Measure
    kind: Kind
    period: str
    percent: int | None
    limit: int
    value: int
    mark: str = ""
    test: bool = False

    @property
    def alert_id(self) -> str:
        """The id of the one alert there can be for this line in this period."""
        key = (
            self.workspace_id,
            self.threshold_id,
            self.kind,
            str(self.revision),
            self.account_id or "",
            self.period,
            str(self.percent),
            self.mark,
        )
        digest = sha256("|".join(key).encode()).hexdigest()
        prefix = TEST_PREFIX if self.test else "al_"
        return f"{prefix}{digest}"[: len("al_") + ID_DIGITS]


def due(
    change: Change, thresholds: Iterable[Threshold], moment: Moment, zone: ZoneInfo
) -> list[Line]:
    """The lines that a write leaves reached; each is due one alert, ever. Lowest percentage first.

    Only the day and the month that were current at the moment are watched, and only what was armed when
    the usage was committed (or folded, if that was late): a threshold counts from its answer on.
    """
    today, at_ms = local_day(moment.at_ms, zone), moment.counts_ms
    current = [f for f in change.figures if f.period in {today, month_of(today)}]
    lines: list[Line] = []
    for threshold in thresholds:
        if not threshold.rules.enabled:
            continue
        for given in current:
            if threshold.watches(given.account_id):
                lines += _reached(given, threshold, at_ms)
        if change.step is not None and threshold.watches(change.step.account_id):
            lines += _sunk(change.step, threshold, at_ms, today)
    return sorted(lines, key=lambda line: (line.threshold_id, line.kind, line.percent or 0))


def _reached(figures: Figures, threshold: Threshold, at_ms: int) -> Iterable[Line]:
    rules, kind = threshold.rules, figures.kind
    limit, arming, metric = rules.limit(kind), threshold.arming(kind), rules.counted
    if limit is None or metric is None or at_ms < arming.since_ms:
        return
    value = figures.counters.of(metric)
    for percent in rules.percents:
        if value * 100 >= limit * percent:
            yield Line(
                threshold.workspace_id,
                threshold.threshold_id,
                arming.revision,
                rules.scope,
                figures.account_id,
                metric,
                kind,
                figures.period,
                percent,
                limit,
                value,
            )


def _sunk(step: Step, threshold: Threshold, at_ms: int, today: str) -> Iterable[Line]:
    """The edge is in the entry itself, so it is found whatever came before, after, or again.

    One entry takes a balance under a threshold's floor once, so no revision is needed to tell.
    """
    rules = threshold.rules
    if rules.below is None or at_ms < threshold.balance.since_ms:
        return
    if step.sinks_under(rules.below):
        yield Line(
            threshold.workspace_id,
            threshold.threshold_id,
            0,
            rules.scope,
            step.account_id,
            rules.metric,
            "balance",
            today,
            None,
            rules.below,
            step.after,
            mark=f"entry {step.seq}",
        )


def line_of_test(threshold: Threshold, today: str, mark: str) -> Line:
    """A line of a threshold as if it were reached: its first limit, at its highest percentage.

    `today` is the local day, `mark` a word that no other test of it has.
    """
    rules = threshold.rules
    kind = next(kind for kind in KINDS if rules.limit(kind) is not None)
    limit = rules.limit(kind)
    assert limit is not None
    percent = None if kind == "balance" else max(rules.percents)
    return Line(
        threshold.workspace_id,
        threshold.threshold_id,
        threshold.arming(kind).revision,
        rules.scope,
        rules.account_id,
        rules.metric,
        kind,
        month_of(today) if kind == "monthly" else today,
        percent,
        limit,
        limit - 1 if percent is None else -(-limit * percent // 100),
        mark=mark,
        test=True,
    )


@dataclass(frozen=True, slots=True)
class Alert:
    """A line that fired, and what became of telling it.

    `attempts` counts the sweeps that took it up. An alert may be acknowledged before it is delivered;
    it is delivered all the same.
    """

    line: Line
    created_ms: int
    delivery: Delivery = "pending"
    sent_ms: int | None = None
    acknowledged_ms: int | None = None
    attempts: int = 0

    @property
    def alert_id(self) -> str:
        """The alert's id."""
        return self.line.alert_id

    @property
    def status(self) -> AlertStatus:
        """The status as it is shown."""
        return self.delivery if self.acknowledged_ms is None else "acknowledged"


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Which alerts of a workspace: of one account, of one status."""

    account_id: str | None = None
    status: AlertStatus | None = None
