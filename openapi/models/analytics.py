"""Answers of the analytics."""

from __future__ import annotations

from pydantic import Field

from openapi.models.insight import Forecast
from openapi.models.thresholds import Alert, Threshold
from openapi.models.usage import (
    HourFigures,
    KeyMeasures,
    Measures,
    ModelMeasures,
    ServiceMeasures,
    Statistics,
    Tokens,
    TotalTokens,
    each_hour,
)
from openapi.values import (
    Count,
    Currency,
    Day,
    Growth,
    Mean,
    ModelName,
    Money,
    Month,
    Rate,
    ServiceName,
    Timestamp,
    UserId,
    View,
    absent,
)


class ServiceShare(ServiceMeasures):
    """Figures of a service and its share of the cost."""

    share: Rate


class ModelShare(ModelMeasures):
    """Figures of a model and its share of the cost."""

    share: Rate


class CountryShare(Measures):
    """Figures of a country and its share of the cost; null where none was reported."""

    country: str | None = Field(examples=["KR"])
    share: Rate


class PlatformShare(Measures):
    """Figures of a platform and its share of the cost; null where none was reported."""

    platform: str | None = Field(examples=["web"])
    share: Rate


class ServicesAnswer(View):
    """Services, largest cost first."""

    services: list[ServiceShare]
    currency: Currency


class ModelsAnswer(View):
    """Models, largest cost first."""

    models: list[ModelShare]
    currency: Currency


class CountriesAnswer(View):
    """Countries, largest cost first."""

    countries: list[CountryShare]
    currency: Currency


class PlatformsAnswer(View):
    """Platforms, largest cost first."""

    platforms: list[PlatformShare]
    currency: Currency


class HoursAnswer(View):
    """Figures by hour of the day."""

    hours: list[HourFigures] = each_hour(requests=42, cost=0.21, totalTokens=63000)
    peak_hour: HourFigures | None
    currency: Currency


class ModelTokens(View):
    """Tokens of a model."""

    service: ServiceName
    model: ModelName | None
    total_tokens: Count


class ServiceErrors(View):
    """The error rate of a service."""

    service: ServiceName
    error_rate: Rate


class Metrics(Measures):
    """The figures of a range, and ratios of them."""

    currency: Currency
    users: Count
    users_estimated: bool = absent(description="There when `users` is no exact count.")
    requests_per_user: Mean
    cost_per_request: Money = Field(description="Nine decimals, rounded half up.")
    tokens_by_model: list[ModelTokens]
    error_rate_by_service: list[ServiceErrors]


class MetricsAnswer(View):
    """Metrics."""

    metrics: Metrics


class TimeMeasures(KeyMeasures):
    """Figures of an hour, day, week or month."""

    start: Timestamp = Field(description="The instant at which the period begins locally.")


class HourMeasures(View):
    """What is kept of a single hour under a filter."""

    key: str = Field(examples=["2026-11-20T14"])
    requests: Count
    tokens: TotalTokens
    cost: Money


class HourOfSeries(HourMeasures):
    """What is kept of a single hour under a filter, and when it begins."""

    start: Timestamp = Field(description="The instant at which the hour begins locally.")


class TimeseriesAnswer(View):
    """Periods in order, gaps filled with zeros."""

    timeseries: list[TimeMeasures | HourOfSeries]
    currency: Currency


class UserMeasures(Measures):
    """Figures of a user, their rank and their share of the figure ranked by."""

    user_id: UserId
    rank: int = Field(ge=1, examples=[1])
    share: Rate


class TopUsersAnswer(View):
    """Users, largest first."""

    users: list[UserMeasures]
    currency: Currency
    approximate: bool = absent(
        description="There when so many users are active that the order is not proved."
    )


class TokenUse(View):
    """Tokens of a group and what they cost."""

    key: str | None = Field(examples=["2026-11-20"])
    requests: Count
    tokens: Tokens
    credits: Count
    cost: Money


class TokenTotals(View):
    """Tokens of all groups and what they cost."""

    requests: Count
    tokens: Tokens
    credits: Count
    cost: Money


class TokenUsageAnswer(View):
    """Tokens by group."""

    token_usage: list[TokenUse]
    totals: TokenTotals
    currency: Currency
    truncated: bool = absent(description="There when not every group is listed.")
    approximate: bool = absent(description="There when one that is not listed may be larger.")


class QueryAnswer(View):
    """Groups and their totals."""

    rows: list[KeyMeasures | HourMeasures]
    totals: Measures
    currency: Currency
    truncated: bool = absent(description="There when not every group is listed.")
    approximate: bool = absent(description="There when one that is not listed may be larger.")


class MonthlyComparison(View):
    """The cost of this calendar month and of the last."""

    current_month: Money
    previous_month: Money
    growth: Growth | None


class MonthFigures(View):
    """Figures of a local month."""

    month: Month
    requests: Count
    cost: Money
    total_tokens: Count


class MonthsCompared(MonthlyComparison):
    """The cost of this calendar month and of the last, and the months before."""

    months: list[MonthFigures] = Field(
        min_length=4,
        max_length=4,
        description="Four months, the current one last.",
        examples=[
            [
                {"month": month, "requests": 42, "cost": 0.21, "totalTokens": 63000}
                for month in ("2026-08", "2026-09", "2026-10", "2026-11")
            ]
        ],
    )


class DayFigures(View):
    """Figures of a local day."""

    date: Day
    requests: Count
    cost: Money
    total_tokens: Count


class AnalyticsOverview(Measures):
    """The figures of a range."""

    currency: Currency
    users: Count
    users_estimated: bool = absent(description="There when `users` is no exact count.")
    average_daily_cost: Money = Field(description="Nine decimals, rounded half up.")
    busiest_day: DayFigures | None = Field(description="The day of most requests.")
    peak_hour: HourFigures | None = Field(description="The hour of most requests.")


class DashboardAnswer(View):
    """Everything the first page of a dashboard shows."""

    overview: AnalyticsOverview
    timeseries: list[TimeMeasures]
    services: list[ServiceShare]
    models: list[ModelShare]
    top_users: list[UserMeasures] = Field(
        max_length=10,
        description="By cost, from lists that keep no times: those are in `users/top`.",
    )
    peak_hours: list[HourFigures] = each_hour(requests=42, cost=0.21, totalTokens=63000)
    monthly_comparison: MonthsCompared
    forecast: Forecast
    alerts: list[Alert]
    currency: Currency


class MyUsageAnswer(View):
    """A user's own statistics, balance and thresholds."""

    usage: Statistics
    balance: int = Field(examples=[995])
    thresholds: list[Threshold]
