"""Thresholds and alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

Scope = Literal["user", "workspace"]
Metric = Literal["tokens", "cost", "credits", "requests", "balance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a figure stands against its limit."""

    value: Decimal
    percent: Decimal
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentStanding:
    """Where the figures stand in the current day and month."""

    daily: Standing | None = None
    monthly: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A limit, the percentages of it that warn, and whether it blocks."""

    id: str
    scope: Scope
    user_id: str | None = None
    metric: Metric
    daily_limit: Decimal | None = None
    monthly_limit: Decimal | None = None
    below: int | None = None
    notify_at_percent: tuple[int, ...] | None = None
    block: bool
    alert_enabled: bool
    created_at: datetime
    updated_at: datetime
    current: CurrentStanding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A line that would have been crossed. `period` is a day, or a month."""

    period: str
    percent: int | None = None
    at: datetime
    actual_value: Decimal
    user_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a threshold would have fired over a range of days."""

    firings: tuple[Firing, ...]
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The record that a line was crossed."""

    id: str
    threshold_id: str
    user_id: str | None = None
    scope: Scope
    metric: Metric
    threshold_type: Literal["daily", "monthly", "balance"]
    threshold_value: Decimal
    percent: int | None = None
    actual_value: Decimal
    period: str | None = None
    alert_sent_at: datetime | None = None
    status: Literal["pending", "sent", "failed", "acknowledged"]
    test: bool
    created_at: datetime
