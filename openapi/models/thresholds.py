"""Thresholds and alerts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema

from openapi.values import Count, Id, Period, Timestamp, UserId, View, absent

Amount = Annotated[
    Decimal,
    WithJsonSchema({
        "type": "number",
        "description": "Money when the metric is `cost`, else a whole number.",
        "examples": [100],
    }),
]  # fmt: skip
Percent = Annotated[int, Field(ge=1, le=100, examples=[80])]


class Standing(View):
    """Where a figure stands against its limit."""

    value: Amount
    percent: Annotated[Decimal, WithJsonSchema({"type": "number", "examples": [42.5]})]
    resets_at: Timestamp


class CurrentStanding(View):
    """Where the figures stand in the current day and month."""

    daily: Standing = absent()
    monthly: Standing = absent()


class Threshold(View):
    """A limit, the percentages of it that warn, and whether it blocks."""

    id: Id
    scope: Literal["user", "workspace"]
    user_id: UserId = absent()
    metric: Literal["tokens", "cost", "credits", "requests", "balance"]
    daily_limit: Amount = absent()
    monthly_limit: Amount = absent(examples=[50])
    below: Count = absent(
        description="With the metric `balance`: fires when a debit goes under it."
    )
    notify_at_percent: list[Percent] = absent(examples=[[80, 100]])
    block: bool = Field(examples=[False])
    alert_enabled: bool
    created_at: Timestamp
    updated_at: Timestamp
    current: CurrentStanding = absent()


class ThresholdAnswer(View):
    """A threshold."""

    threshold: Threshold


class ThresholdsAnswer(View):
    """All thresholds of the workspace."""

    thresholds: list[Threshold]


class Firing(View):
    """A line that would have been crossed."""

    period: Period
    percent: Percent = absent()
    at: Timestamp
    actual_value: Amount
    user_id: UserId = absent()


class TrialAnswer(View):
    """What a threshold would have fired over a range of days."""

    firings: list[Firing]
    truncated: bool = absent(description="There when not every firing is listed.")


class Alert(View):
    """The record that a line was crossed."""

    id: Id
    threshold_id: Id
    user_id: UserId = absent()
    scope: Literal["user", "workspace"]
    metric: Literal["tokens", "cost", "credits", "requests", "balance"]
    threshold_type: Literal["daily", "monthly", "balance"]
    threshold_value: Amount
    percent: Percent = absent()
    actual_value: Amount
    period: Period = absent()
    alert_sent_at: Timestamp = absent()
    status: Literal["pending", "sent", "failed", "acknowledged"]
    test: bool = Field(examples=[False])
    created_at: Timestamp


class AlertAnswer(View):
    """An alert."""

    alert: Alert


class AlertList(View):
    """A page of alerts."""

    alerts: list[Alert]
    total: Count
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["MjAyNi0xMS0yMA"])
