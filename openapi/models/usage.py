"""Usage logs and what is summed from them."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, RootModel

from openapi.models.problems import Problem
from openapi.values import (
    AccountId,
    Count,
    Currency,
    Day,
    FreeObject,
    Hour,
    Id,
    Mean,
    ModelName,
    Money,
    ProviderName,
    Rate,
    ServiceName,
    Timestamp,
    TransactionId,
    UserId,
    View,
    WorkspaceId,
    absent,
)

EXAMPLE_TOKENS: Final = {
    "input": 1200,
    "output": 300,
    "cachedInput": 1000,
    "cacheWrite": 0,
    "reasoning": 0,
    "total": 1500,
}
EXAMPLE_LINES: Final = [
    {"item": "input", "quantity": 200, "rate": 0.00000025, "cost": 0.00005},
    {"item": "cachedInput", "quantity": 1000, "rate": 0.000000025, "cost": 0.000025},
    {"item": "output", "quantity": 300, "rate": 0.000002, "cost": 0.0006},
]


class Tokens(View):
    """Token parts. `cachedInput` and `cacheWrite` lie inside `input`, `reasoning` inside `output`."""

    input: Count = Field(examples=[1200])
    output: Count = Field(examples=[300])
    cached_input: Count = Field(examples=[1000])
    cache_write: Count = Field(examples=[0])
    reasoning: Count = Field(examples=[0])
    total: Count = Field(examples=[1500])


class TotalTokens(View):
    """Tokens of a log that was reported with a plain total."""

    total: Count = Field(examples=[1500])


class ReceiptRates(View):
    """Prices used: of a request, or of a single token."""

    per_request: Money = absent()
    input: Money = absent()
    output: Money = absent()
    cached_input: Money = absent()
    cache_write: Money = absent()
    reasoning: Money = absent()


class Matched(View):
    """Whose price it was, by the price book's names."""

    vendor: str = Field(examples=["openai"])
    model: str = Field(examples=["gpt-4o"])


class ReceiptLine(View):
    """One product of the sum: `quantity × rate = cost`."""

    item: str = Field(examples=["input"])
    quantity: Count
    rate: Money
    cost: Money


class Receipt(View):
    """How the cost and the credits came about; the arithmetic gives the figures again."""

    price_book: str = absent(description="The version of the price book.")
    matched: Matched = absent()
    exchange_rate: Money = absent(description="Units of the currency for the dollar of the rates.")
    basis: Literal["price_book", "workspace_price", "flat", "stated", "unpriced"]
    rates: ReceiptRates = Field(
        examples=[{"input": 0.00000025, "cachedInput": 0.000000025, "output": 0.000002}]
    )
    lines: list[ReceiptLine] = Field(examples=[EXAMPLE_LINES])
    credit_value: Money = Field(examples=[0.001])
    credits_basis: Literal["computed", "stated"]
    arithmetic: str = Field(
        examples=[
            "cost 200 × 0.00000025 + 1000 × 0.000000025 + 300 × 0.000002 = 0.000675; credits 1 as stated"
        ]
    )


class Repriced(View):
    """What a later repricing found, beside what was charged first."""

    repricing_id: Id
    cost: Money
    credits: Count
    receipt: Receipt


class UsageLog(View):
    """One consumed request. Immutable."""

    id: Id
    workspace_id: WorkspaceId
    user_id: UserId
    service: ServiceName
    provider: ProviderName
    model: ModelName = absent(shown=True)
    tokens: Tokens | TotalTokens = absent(examples=[EXAMPLE_TOKENS])
    credits: Count = Field(examples=[1])
    cost: Money = Field(examples=[0.000675])
    currency: Currency
    unpriced: bool = Field(examples=[False])
    status: Literal["success", "error"]
    error_code: str = absent()
    response_time_ms: Count = absent(examples=[840])
    response_bytes: Count = absent(examples=[5120])
    country: str = absent(pattern="^[A-Z]{2}$", examples=["KR"])
    platform: str = absent(examples=["web"])
    request_id: str = absent()
    metadata: FreeObject = absent()
    occurred_at: Timestamp
    created_at: Timestamp
    transaction_id: TransactionId
    receipt: Receipt
    repriced: Repriced = absent()


class UsageLogAnswer(View):
    """A usage log."""

    usage_log: UsageLog


class BatchResult(View):
    """What became of one row. `usageLog` where there is one, `error` where it was refused."""

    index: Count = Field(examples=[0])
    status: Literal["created", "replayed", "conflict", "rejected"]
    usage_log: UsageLog = absent()
    error: Problem = absent()


class BatchSummary(View):
    """How many rows had which outcome."""

    created: Count = Field(examples=[1])
    replayed: Count = Field(examples=[0])
    conflict: Count = Field(examples=[0])
    rejected: Count = Field(examples=[0])


class BatchAnswer(View):
    """The outcome of every row, in their order."""

    results: list[BatchResult]
    summary: BatchSummary


class UsageLogList(View):
    """A page of a user's usage logs."""

    usage_logs: list[UsageLog]
    total: Count
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["MTc2MzYzMTAwMDAwMA"])
    archived_before: Timestamp = absent(
        description="Logs that occurred before are in the archive only: exports and statistics have them."
    )


class Measures(View):
    """Summed figures. The last four are absent when nothing to compute them from was reported."""

    requests: Count
    errors: Count = Field(examples=[1])
    error_rate: Rate
    tokens: Tokens
    credits: Count
    cost: Money
    average_response_time_ms: Mean = absent(shown=True)
    p95_response_time_ms: Count = absent(
        examples=[1640],
        description="Within 5 % of the true one. Kept for totals, services, models and users.",
    )
    average_response_bytes: Mean = absent()
    tokens_per_second: Mean = absent(
        examples=[71.43], description="Output tokens ÷ response seconds, of logs that have both."
    )


class ServiceMeasures(Measures):
    """Figures of a service."""

    service: ServiceName


class ModelMeasures(Measures):
    """Figures of a service's model; `model` is null for its logs without one."""

    service: ServiceName
    model: ModelName | None


class DayMeasures(Measures):
    """Figures of a local day."""

    date: Day


class KeyMeasures(Measures):
    """Figures of one group."""

    key: str | None = Field(examples=["2026-11-20"])


class HourFigures(View):
    """Figures of a local hour of the day, over all days of the range."""

    hour: Hour
    requests: Count
    cost: Money
    total_tokens: Count


def each_hour(**figures: Any) -> Any:
    """A list of the 24 hours of the day; `figures` are what the example has in each."""
    rows = [{"hour": hour, **figures} for hour in range(24)]
    return Field(min_length=24, max_length=24, examples=[rows])


class Statistics(Measures):
    """Everything about a range of days."""

    currency: Currency
    users: Count = Field(examples=[7])
    users_estimated: bool = absent(description="There when `users` is no exact count.")
    by_service: list[ServiceMeasures]
    by_model: list[ModelMeasures]
    by_day: list[DayMeasures] = Field(description="Every day of the range, zeros included.")
    by_hour: list[HourFigures] = each_hour(requests=42, cost=0.21, totalTokens=63000)


class StatisticsAnswer(View):
    """Statistics."""

    statistics: Statistics


class SummaryAnswer(View):
    """Groups and their totals."""

    summary: list[KeyMeasures]
    totals: Measures
    currency: Currency
    truncated: bool = absent(description="There when not every group is listed.")


class RecordedEvent(View):
    """The usage log that an event became."""

    usage_log: UsageLog


class EventsAnswer(RootModel[BatchAnswer | RecordedEvent]):
    """The outcome of every event of a batch, or of the one."""


class AccountFigures(View):
    """Figures of an account in the current local day or month."""

    credits: Count
    cost: Money
    tokens: Count
    requests: Count


class Account(View):
    """A user's credit account."""

    account_id: AccountId
    user_id: UserId
    balance: int = Field(examples=[995])
    currency: Currency
    timezone: str = Field(
        description="Of the workspace: `day` and `month` are local ones.", examples=["Asia/Bangkok"]
    )
    seq: Count = Field(description="The number of the last journal entry; 0 before the first.")
    month: AccountFigures
    day: AccountFigures
    updated_at: Timestamp = absent(shown=True)
