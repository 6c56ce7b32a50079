"""Thresholds and alerts: which lines a write has reached. Pure.

A threshold has a limit for the day, one for the month, or both. A line is a percentage of a limit.
It fires on level, not on edge: a write that leaves the figure at or above it is due an alert, and
the alert's id follows from what it is about, so recording it once makes it fire once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, Literal
from zoneinfo import ZoneInfo

from shared.domain.calendar import local_day, month_of
from shared.domain.cells import Sums
from shared.domain.head import Counters, Head, Metric, Period
from shared.domain.limits import Block

Scope = Literal["user", "workspace"]
Delivery = Literal["pending", "sent", "failed"]
AlertStatus = Literal["pending", "sent", "failed", "acknowledged"]

DEFAULT_PERCENTS: Final = (80, 100)
MAX_PERCENTS: Final = 10
MAX_LIMIT: Final = 10**18
"""Counts up to here stay exact in every JSON reader that keeps 64-bit integers."""

DAY_LENGTH: Final = len("2026-11-20")
ID_DIGITS: Final = 20
THRESHOLD_ID: Final = re.compile(r"th_[0-9a-f]{20}", re.ASCII)
ALERT_ID: Final = re.compile(r"al_[0-9a-f]{20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is decided about a threshold by whoever sets it.

    `account_id` None means each user (scope `user`) or the workspace as a whole (scope
    `workspace`). Limits of cost are picos; None where the period has no limit. `enabled` is about
    alerts alone.
    """

    scope: Scope
    account_id: str | None
    metric: Metric
    daily: int | None
    monthly: int | None
    percents: tuple[int, ...] = DEFAULT_PERCENTS
    block: bool = False
    enabled: bool = True

    def limit(self, kind: Period) -> int | None:
        """The limit of a day or of a month."""
        return self.daily if kind == "daily" else self.monthly


@dataclass(frozen=True, slots=True)
class Arming:
    """Since when a limit's lines are armed. `revision` is part of every alert's id.

    It grows when the limit changes, which is what lets its lines fire again in the same period.
    """

    revision: int = 0
    since_ms: int = 0


@dataclass(frozen=True, slots=True)
class Threshold:
    """A threshold as it stands. `version` grows with every change."""

    workspace_id: str
    threshold_id: str
    rules: Rules
    daily: Arming
    monthly: Arming
    created_ms: int
    updated_ms: int
    version: int = 1

    def arming(self, kind: Period) -> Arming:
        """Since when the lines of the limit of a day or of a month are armed."""
        return self.daily if kind == "daily" else self.monthly

    def watches(self, account_id: str | None) -> bool:
        """Whether figures of an account (None: of the workspace) are this threshold's."""
        rules = self.rules
        if rules.scope == "workspace":
            return account_id is None
        return account_id is not None and rules.account_id in {None, account_id}

    def blocks(self) -> tuple[Block, ...]:
        """What the ledger has to refuse because of it."""
        if not self.rules.block:
            return ()
        kinds: tuple[Period, ...] = ("daily", "monthly")
        limits = ((kind, self.rules.limit(kind)) for kind in kinds)
        return tuple(
            Block(self.threshold_id, self.rules.metric, kind, limit)
            for kind, limit in limits
            if limit is not None
        )


def new_threshold(workspace_id: str, threshold_id: str, rules: Rules, at_ms: int) -> Threshold:
    """A threshold that counts from now on."""
    armed = Arming(1, at_ms)
    return Threshold(workspace_id, threshold_id, rules, armed, armed, at_ms, at_ms)


def revised(threshold: Threshold, rules: Rules, at_ms: int) -> Threshold:
    """The threshold under other rules. A changed limit is armed anew, an unchanged one stays fired.

    Whoever is watched from now on is watched from now on only: a write before it fires nothing.
    """
    at_ms = max(at_ms, threshold.updated_ms)
    old = threshold.rules
    retargeted = (old.scope, old.account_id) != (rules.scope, rules.account_id)
    woken = rules.enabled and not old.enabled

    def armed(kind: Period) -> Arming:
        arming = threshold.arming(kind)
        if old.metric != rules.metric or old.limit(kind) != rules.limit(kind):
            return Arming(arming.revision + 1, at_ms)
        return replace(arming, since_ms=at_ms) if retargeted or woken else arming

    return replace(
        threshold,
        rules=rules,
        daily=armed("daily"),
        monthly=armed("monthly"),
        updated_ms=at_ms,
        version=threshold.version + 1,
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """What one write left of one local day or month: of an account, or of the workspace (None)."""

    account_id: str | None
    period: str
    counters: Counters

    @property
    def kind(self) -> Period:
        """Whether it is a day or a month."""
        return "daily" if len(self.period) == DAY_LENGTH else "monthly"


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
class Change:
    """Figures as one write left them.

    `moments` are when what it added was committed: the first and the last, in ms. `generation` is that
    of a workspace's total; None for an account's figures, which have none.
    """

    workspace_id: str
    figures: tuple[Figures, ...]
    moments: tuple[int, ...]
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is reached: `percent` of a limit, in one period.

    `limit` and `value` of cost are picos.
    """

    workspace_id: str
    threshold_id: str
    revision: int
    scope: Scope
    account_id: str | None
    metric: Metric
    kind: Period
    period: str
    percent: int
    limit: int
    value: int

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
        )
        return f"al_{sha256('|'.join(key).encode()).hexdigest()[:ID_DIGITS]}"


def due(
    figures: Iterable[Figures], thresholds: Iterable[Threshold], at_ms: int, zone: ZoneInfo
) -> list[Line]:
    """The lines that a write committed at `at_ms` leaves reached; each is due one alert, ever.

    Only the day and the month that were current at that moment are watched, and only what was armed
    by then: a threshold counts from its answer on. Lowest percentage first.
    """
    today = local_day(at_ms, zone)
    current = [f for f in figures if f.period in {today, month_of(today)}]
    lines = [
        line
        for threshold in thresholds
        if threshold.rules.enabled
        for given in current
        if threshold.watches(given.account_id)
        for line in _reached(given, threshold, at_ms)
    ]
    return sorted(lines, key=lambda line: (line.threshold_id, line.kind, line.percent))


def _reached(figures: Figures, threshold: Threshold, at_ms: int) -> Iterable[Line]:
    rules, kind = threshold.rules, figures.kind
    limit, arming = rules.limit(kind), threshold.arming(kind)
    if limit is None or at_ms < arming.since_ms:
        return
    value = figures.counters.of(rules.metric)
    for percent in rules.percents:
        if value * 100 >= limit * percent:
            yield Line(
                threshold.workspace_id,
                threshold.threshold_id,
                arming.revision,
                rules.scope,
                figures.account_id,
                rules.metric,
                kind,
                figures.period,
                percent,
                limit,
                value,
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
