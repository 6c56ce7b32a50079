"""Answers of the analytics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from tally._models.thresholds import Alert, Threshold
from tally._models.usage import (
    HourFigures,
    KeyMeasures,
    Measures,
    ModelMeasures,
    ServiceMeasures,
    Statistics,
    TokenCounts,
)
from tally._usage import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class CountryMeasures(Measures):
    """Figures of a country; None where none was reported."""

    country: str | None = None
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformMeasures(Measures):
    """Figures of a platform; None where none was reported."""

    platform: str | None = None
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMeasures(Measures):
    """Figures of a user, their rank and their share of the figure ranked by."""

    user_id: str
    rank: int
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Services, largest cost first."""

    services: tuple[ServiceMeasures, ...]
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Models, largest cost first."""

    models: tuple[ModelMeasures, ...]
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Countries:
    """Countries, largest cost first."""

    countries: tuple[CountryMeasures, ...]
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Platforms:
    """Platforms, largest cost first."""

    platforms: tuple[PlatformMeasures, ...]
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Figures by local hour of the day."""

    hours: tuple[HourFigures, ...]
    peak_hour: HourFigures | None = None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTokens:
    """Tokens of a model."""

    service: str
    model: str | None = None
    total_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceErrors:
    """The error rate of a service, 0–1."""

    service: str
    error_rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics(Measures):
    """The figures of a range, and ratios of them."""

    currency: str
    users: int
    users_estimated: bool = False
    requests_per_user: Decimal
    cost_per_request: Decimal
    tokens_by_model: tuple[ModelTokens, ...]
    error_rate_by_service: tuple[ServiceErrors, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Figures of one period or group.

    A single hour under a filter has only requests, cost and `tokens.total`; `start` is the instant at
    which a period of a time series begins.
    """

    key: str | None = None
    start: datetime | None = None
    requests: int
    errors: int | None = None
    error_rate: Decimal | None = None
    tokens: Tokens
    credits: int | None = None
    cost: Decimal
    average_response_time_ms: Decimal | None = None
    p95_response_time_ms: int | None = None
    average_response_bytes: Decimal | None = None
    tokens_per_second: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeseries:
    """Periods in order, gaps filled with zeros."""

    timeseries: tuple[Period, ...]
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUsers:
    """Users, largest first; `approximate` when the order is not proved."""

    users: tuple[UserMeasures, ...]
    currency: str
    approximate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTotals:
    """Tokens and what they cost."""

    requests: int
    tokens: TokenCounts
    credits: int
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUse(TokenTotals):
    """Tokens of a group and what they cost."""

    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens by group."""

    token_usage: tuple[TokenUse, ...]
    totals: TokenTotals
    currency: str
    truncated: bool = False
    approximate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Groups and their totals."""

    rows: tuple[Period, ...]
    totals: Measures
    currency: str
    truncated: bool = False
    approximate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """One way to spend less; `basis` is the arithmetic in words, `grounds` its figures by the API's names."""

    kind: Literal["cheaper_model", "cached_input", "failed_requests"]
    service: str
    model: str | None = None
    proposal: str
    current_cost: Decimal
    proposed_cost: Decimal
    saving: Decimal
    basis: str
    grounds: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SavingTotals:
    """Sums over all savings, of each service and model the largest: they exclude each other."""

    current_cost: Decimal
    saving: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """Ways to spend less, largest saving first."""

    savings: tuple[Saving, ...]
    totals: SavingTotals
    currency: str
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRunOut:
    """When a user's credits will have run out at the present pace."""

    user_id: str
    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The cost expected by the end of the month; `basis` has the method's figures by the API's names."""

    month_end_cost: Decimal
    low: Decimal
    high: Decimal
    method: str
    basis: Mapping[str, Any]
    credit_run_out: tuple[CreditRunOut, ...]
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyComparison:
    """The cost of this calendar month and of the last; `growth` in percent."""

    current_month: Decimal
    previous_month: Decimal
    growth: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthFigures:
    """Figures of a local month."""

    month: str
    requests: int
    cost: Decimal
    total_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthsCompared(MonthlyComparison):
    """The cost of this month and of the last, and four months, the current one last."""

    months: tuple[MonthFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """Figures of a local day."""

    date: date
    requests: int
    cost: Decimal
    total_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview(Measures):
    """The figures of a range."""

    currency: str
    users: int
    users_estimated: bool = False
    average_daily_cost: Decimal
    busiest_day: DayFigures | None = None
    peak_hour: HourFigures | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardPeriod(KeyMeasures):
    """Figures of a day, and the instant at which it begins."""

    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Everything the first page of a dashboard shows."""

    overview: Overview
    timeseries: tuple[DashboardPeriod, ...]
    services: tuple[ServiceMeasures, ...]
    models: tuple[ModelMeasures, ...]
    top_users: tuple[UserMeasures, ...]
    peak_hours: tuple[HourFigures, ...]
    monthly_comparison: MonthsCompared
    forecast: Forecast
    alerts: tuple[Alert, ...]
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MyUsage:
    """A user's own statistics, balance and thresholds."""

    usage: Statistics
    balance: int
    thresholds: tuple[Threshold, ...]
