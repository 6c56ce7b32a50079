"""Answers of savings and the forecast."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openapi.models.usage import Matched, ReceiptLine
from openapi.values import (
    Count,
    Currency,
    Day,
    Mean,
    ModelName,
    Money,
    Rate,
    ServiceName,
    UserId,
    View,
    absent,
)


class Bill(View):
    """What tokens cost: the sum of the lines' costs, exchanged where there is a rate."""

    lines: list[ReceiptLine]
    cost: Money
    exchange_rate: Money = absent(description="Units of the currency for the dollar of the rates.")


class Like(View):
    """Whose use of a cache is the example; `share` of its input is read from it."""

    service: ServiceName
    model: ModelName
    input: Count
    cached_input: Count
    cache_write: Count
    requests: Count
    share: Rate


class SavingGrounds(View):
    """What `proposal` and `basis` say, by figures. Without `priceBook` it is the workspace's own price."""

    proposed_model: ModelName = absent(description="`cheaper_model`: the one to use.")
    like: Like = absent(description="`cached_input`: the example.")
    current_bill: Bill = absent(description="`cached_input`: the tokens as they are.")
    proposed_bill: Bill = absent(description="The same tokens as they would be.")
    price_book: str = absent()
    matched: Matched = absent()
    errors: Count = absent(description="`failed_requests`: how many failed,")
    requests: Count = absent(description="of so many.")


class Saving(View):
    """One way to spend less, with the arithmetic."""

    kind: Literal["cheaper_model", "cached_input", "failed_requests"]
    service: ServiceName
    model: ModelName | None
    proposal: str = Field(examples=["Keep 3 of 1200 requests from failing: they were paid for."])
    current_cost: Money
    proposed_cost: Money
    saving: Money
    basis: str = Field(
        examples=[
            "3 failed requests cost 0.25. Recorded cost less that: 0.25 − 0 = 0.25.",
        ]
    )
    grounds: SavingGrounds


class SavingTotals(View):
    """Sums over all savings, of each service and model the largest: they exclude each other."""

    current_cost: Money
    saving: Money


class SavingsAnswer(View):
    """Ways to spend less, largest saving first."""

    savings: list[Saving]
    totals: SavingTotals
    currency: Currency
    truncated: Literal[True] = absent()


class CreditRunOut(View):
    """When a user's credits will have run out at the present pace."""

    user_id: UserId
    date: Day


class ForecastBasis(View):
    """The figures that `method` names, for who says it in other words."""

    spent: Money
    to_come: Money
    shape_weeks: Count
    level_weeks: Count
    replayed_stretches: Count = Field(description="0: too few days, the ratios are a guess.")
    stretch_days: Count
    replayed_weeks: Count
    low_ratio: Mean
    high_ratio: Mean
    credit_days: Count
    run_out_days: Count
    asked_users: Count
    active_users: Count
    active_days: Count


class Forecast(View):
    """The cost expected by the end of the month."""

    month_end_cost: Money
    low: Money
    high: Money
    method: str = Field(
        examples=[
            "Cost so far this month (19) plus what is still to come (10.5): each day has its weekday's part …"
        ]
    )
    basis: ForecastBasis
    credit_run_out: list[CreditRunOut]
    currency: Currency = absent()


class ForecastAnswer(View):
    """A forecast."""

    forecast: Forecast
