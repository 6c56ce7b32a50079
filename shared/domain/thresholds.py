"""Thresholds: what is watched, since when, and what is refused because of it. Pure.

A threshold has a limit for the day, one for the month, or both; one on the balance has a floor instead.
What fires is told in `shared.domain.alerts`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.domain.head import Metric, Period
from shared.domain.limits import Block

Scope = Literal["user", "workspace"]
Measure = Literal["tokens", "cost", "credits", "requests", "balance"]
Kind = Literal["daily", "monthly", "balance"]

KINDS: Final[tuple[Kind, ...]] = ("daily", "monthly", "balance")
PERIODS: Final[tuple[Period, ...]] = ("daily", "monthly")

DEFAULT_PERCENTS: Final = (80, 100)
MAX_PERCENTS: Final = 10
MAX_LIMIT: Final = 10**18
"""Counts up to here stay exact in every JSON reader that keeps 64-bit integers."""

ID_DIGITS: Final = 20
THRESHOLD_ID: Final = re.compile(r"th_[0-9a-f]{20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is decided about a threshold by whoever sets it.

    `account_id` None means each user (scope `user`) or the workspace as a whole (scope
    `workspace`). Limits of cost are picos; None where the period has no limit. `below` is the floor of a
    balance, in credits, and there only for that metric. `enabled` is about alerts alone.
    """

    scope: Scope
    account_id: str | None
    metric: Measure
    daily: int | None
    monthly: int | None
    percents: tuple[int, ...] = DEFAULT_PERCENTS
    block: bool = False
    enabled: bool = True
    below: int | None = None

    @property
    def counted(self) -> Metric | None:
        """The figure of a day or month that its limits are on; None for a balance."""
        return None if self.metric == "balance" else self.metric

    @property
    def each_user(self) -> bool:
        """Whether it applies to every user on their own."""
        return self.scope == "user" and self.account_id is None

    def limit(self, kind: Kind) -> int | None:
        """The limit of a day or of a month, or the floor of a balance."""
        return {"daily": self.daily, "monthly": self.monthly, "balance": self.below}[kind]


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
    balance: Arming
    created_ms: int
    updated_ms: int
    version: int = 1

    def arming(self, kind: Kind) -> Arming:
        """Since when the lines of a limit are armed."""
        return {"daily": self.daily, "monthly": self.monthly, "balance": self.balance}[kind]

    def watches(self, account_id: str | None) -> bool:
        """Whether figures of an account (None: of the workspace) are this threshold's."""
        rules = self.rules
        if rules.scope == "workspace":
            return account_id is None
        return account_id is not None and rules.account_id in {None, account_id}

    def blocks(self) -> tuple[Block, ...]:
        """What the ledger has to refuse because of it."""
        metric = self.rules.counted
        if not self.rules.block or metric is None:
            return ()
        limits = ((period, self.rules.limit(period)) for period in PERIODS)
        return tuple(
            Block(self.threshold_id, metric, period, limit)
            for period, limit in limits
            if limit is not None
        )


def new_threshold(workspace_id: str, threshold_id: str, rules: Rules, at_ms: int) -> Threshold:
    """A threshold that counts from now on."""
    armed = Arming(1, at_ms)
    return Threshold(workspace_id, threshold_id, rules, armed, armed, armed, at_ms, at_ms)


def revised(threshold: Threshold, rules: Rules, at_ms: int) -> Threshold:
    """The threshold under other rules. A changed limit is armed anew, an unchanged one stays fired.

    Whoever is watched from now on is watched from now on only: a write before it fires nothing.
    """
    at_ms = max(at_ms, threshold.updated_ms)
    old = threshold.rules
    retargeted = (old.scope, old.account_id) != (rules.scope, rules.account_id)
    woken = rules.enabled and not old.enabled

    def armed(kind: Kind) -> Arming:
        arming = threshold.arming(kind)
        if old.metric != rules.metric or old.limit(kind) != rules.limit(kind):
            return Arming(arming.revision + 1, at_ms)
        return replace(arming, since_ms=at_ms) if retargeted or woken else arming

    return replace(
        threshold,
        rules=rules,
        daily=armed("daily"),
        monthly=armed("monthly"),
        balance=armed("balance"),
        updated_ms=at_ms,
        version=threshold.version + 1,
    )
