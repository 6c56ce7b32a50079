"""Usage of a workspace in the words of a chat platform: clients and messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tally._models.analytics import MonthlyComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMessages:
    """Messages of a local day."""

    date: date
    cost: Decimal
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HourMessages:
    """Messages of an hour of the day (0–23), over all days."""

    hour: int
    cost: Decimal
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthMessages:
    """Messages of a month (`2026-11`)."""

    month: str
    cost: Decimal
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A user and what they used; for admins of a pseudonymous workspace an account without a name."""

    client_id: str
    name: str | None = None
    cost: Decimal
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageStats:
    """Usage of a range of days."""

    total_cost: Decimal
    total_messages: int
    average_daily_cost: Decimal
    daily_usage: tuple[DayMessages, ...]
    peak_hours: tuple[HourMessages, ...]
    top_clients: tuple[Client, ...]
    busiest_day: DayMessages | None = None
    peak_hour: HourMessages | None = None
    monthly_comparison: MonthlyComparison
    currency: str | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageOverview:
    """Sums of the period."""

    total_cost: Decimal
    total_messages: int
    average_daily_cost: Decimal
    monthly_comparison: MonthlyComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageInsights:
    """When most is used."""

    peak_hour: HourMessages | None = None
    busiest_day: DayMessages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDashboard:
    """One page of figures; `monthly_trend` has four months, the oldest first."""

    overview: UsageOverview
    daily_usage: tuple[DayMessages, ...]
    peak_hours: tuple[HourMessages, ...]
    top_clients: tuple[Client, ...]
    monthly_trend: tuple[MonthMessages, ...]
    insights: UsageInsights
    currency: str | None = None
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSummary:
    """The last 30 days in a few figures; `growth` in percent."""

    total_cost: Decimal
    total_messages: int
    average_daily_cost: Decimal
    busiest_day: DayMessages | None = None
    peak_hour: HourMessages | None = None
    growth: Decimal | None = None
    currency: str | None = None
