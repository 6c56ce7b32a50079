"""The bodies of thresholds, and the way from a checked body to the rules it sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PlainValidator

from shared.domain.errors import FieldError, ValidationFailedError
from shared.domain.head import Metric
from shared.domain.money import picos_of
from shared.domain.thresholds import (
    DEFAULT_PERCENTS,
    MAX_LIMIT,
    MAX_PERCENTS,
    Rules,
    Scope,
)
from shared.http.bodies import Body, Id, parse_body


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a number")
    return Decimal(value)


def _different(values: list[int]) -> list[int]:
    if len(set(values)) < len(values):
        raise ValueError("must be different from each other")
    return values


Number = Annotated[Decimal, PlainValidator(_number)]
Percent = Annotated[int, Field(ge=1, le=100)]
Percents = Annotated[
    list[Percent], Field(min_length=1, max_length=MAX_PERCENTS), AfterValidator(_different)
]


class ThresholdInput(Body):
    """A threshold as an admin sets it. What a limit may be depends on the metric: see `wish_of`."""

    scope: Scope
    user_id: Id | None = None
    metric: Literal["tokens", "cost", "credits", "requests"]
    daily_limit: Number | None = None
    monthly_limit: Number | None = None
    notify_at_percent: Percents = Field(default_factory=lambda: list(DEFAULT_PERCENTS))
    block: bool = False
    alert_enabled: bool = True


class AcknowledgeInput(Body):
    """Nothing is said with an acknowledgement but that it is one."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The rules asked for, before it is known whose account `user_id` is."""

    user_id: str | None
    rules: Rules


def wish_of(body: Mapping[str, object]) -> Wish:
    """The rules that a body asks for.

    Raises:
        ValidationFailedError: with one pointer and message for each member that is wrong.
    """
    given = parse_body(ThresholdInput, body)
    errors = list(_unfitting(given))
    limits = []
    for pointer, limit in (
        ("/dailyLimit", given.daily_limit),
        ("/monthlyLimit", given.monthly_limit),
    ):
        try:
            limits.append(None if limit is None else _limit(given.metric, limit))
        except ValueError as error:
            errors.append(FieldError(pointer, str(error)))
    if errors:
        raise ValidationFailedError(f"{errors[0].pointer}: {errors[0].message}.", errors)
    daily, monthly = limits
    rules = Rules(
        scope=given.scope,
        account_id=None,
        metric=given.metric,
        daily=daily,
        monthly=monthly,
        percents=tuple(given.notify_at_percent),
        block=given.block,
        enabled=given.alert_enabled,
    )
    return Wish(given.user_id, rules)


def _unfitting(given: ThresholdInput) -> list[FieldError]:
    """Members that don't go together."""
    errors = []
    if given.daily_limit is None and given.monthly_limit is None:
        errors.append(FieldError("/dailyLimit", "is needed, or monthlyLimit, or both"))
    if given.scope == "workspace" and given.user_id is not None:
        errors.append(FieldError("/userId", "goes with scope user only"))
    if given.scope == "workspace" and given.block:
        errors.append(FieldError("/block", "is not available for scope workspace yet"))
    return errors


def _limit(metric: Metric, limit: Decimal) -> int:
    """A limit in whole numbers: picos of cost, counts of the others.

    Raises:
        ValueError: it can't be a limit of that metric.
    """
    if limit <= 0:
        raise ValueError("must be above 0")
    if metric == "cost":
        return picos_of(limit)
    if limit > MAX_LIMIT:
        raise ValueError(f"must be at most {MAX_LIMIT}")
    if limit.as_tuple().exponent != 0:
        raise ValueError("must be a whole number")
    return int(limit)
