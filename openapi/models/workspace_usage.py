"""Usage of a workspace in the words of a chat platform: clients and messages."""

from __future__ import annotations

from pydantic import Field

from openapi.models.analytics import MonthlyComparison
from openapi.models.usage import each_hour
from openapi.values import Count, Currency, Day, Growth, Hour, Money, Month, UserId, View, absent


class DayMessages(View):
    """Messages of a day."""

    date: Day
    cost: Money
    messages: Count


class HourMessages(View):
    """Messages of an hour of the day, over all days."""

    hour: Hour
    cost: Money
    messages: Count


class MonthMessages(View):
    """Messages of a month."""

    month: Month
    cost: Money
    messages: Count


class Client(View):
    """A user and what they used; for admins of a pseudonymous workspace an account without a name."""

    client_id: UserId
    name: str = absent(examples=["Alice Example"])
    cost: Money
    messages: Count


class UsageStats(View):
    """Usage of a range of days."""

    total_cost: Money
    total_messages: Count
    average_daily_cost: Money
    daily_usage: list[DayMessages]
    peak_hours: list[HourMessages] = each_hour(cost=0.21, messages=42)
    top_clients: list[Client] = Field(max_length=10)
    busiest_day: DayMessages | None
    peak_hour: HourMessages | None
    monthly_comparison: MonthlyComparison
    currency: Currency
    truncated: bool = absent(description="There when not every client could be ranked.")


class UsageOverview(View):
    """Sums of the period."""

    total_cost: Money
    total_messages: Count
    average_daily_cost: Money
    monthly_comparison: MonthlyComparison


class UsageInsights(View):
    """When most is used."""

    peak_hour: HourMessages | None
    busiest_day: DayMessages | None


class UsageDashboard(View):
    """One page of figures."""

    overview: UsageOverview
    daily_usage: list[DayMessages]
    peak_hours: list[HourMessages] = each_hour(cost=0.21, messages=42)
    top_clients: list[Client] = Field(max_length=10)
    monthly_trend: list[MonthMessages] = Field(
        min_length=4,
        max_length=4,
        description="Four months, the current one last.",
        examples=[
            [
                {"month": month, "cost": 0.21, "messages": 42}
                for month in ("2026-08", "2026-09", "2026-10", "2026-11")
            ]
        ],
    )
    insights: UsageInsights
    currency: Currency
    truncated: bool = absent(description="There when not every client could be ranked.")


class UsageSummary(View):
    """The last 30 days in a few figures."""

    total_cost: Money
    total_messages: Count
    average_daily_cost: Money
    busiest_day: DayMessages | None
    peak_hour: HourMessages | None
    growth: Growth | None
    currency: Currency
