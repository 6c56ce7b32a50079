"""The bodies of thresholds, and the way from a checked body to the rules it sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from shared.domain.calendar import parse_day
from shared.domain.errors import FieldError, ValidationFailedError
from shared.domain.fingerprint import Members, members_of
from shared.domain.money import picos_of
from shared.domain.thresholds import (
    DEFAULT_PERCENTS,
    MAX_LIMIT,
    MAX_PERCENTS,
    Measure,
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


Number = Annotated[
    Decimal,
    PlainValidator(_number),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0}),
]
Date = Annotated[
    str,
    AfterValidator(lambda text: parse_day(text).isoformat()),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Percent = Annotated[int, Field(ge=1, le=100)]
Percents = Annotated[
    list[Percent], Field(min_length=1, max_length=MAX_PERCENTS), AfterValidator(_different)
]


class ThresholdInput(Body):
    """A threshold: limits of `cost` are money, of others whole numbers; `balance` has `below` instead."""

    scope: Scope
    user_id: Id | None = None
    metric: Measure
    daily_limit: Number | None = None
    monthly_limit: Number | None = None
    below: Number | None = None
    notify_at_percent: Percents = Field(default_factory=lambda: list(DEFAULT_PERCENTS))
    block: bool = False
    alert_enabled: bool = True


class TrialInput(Body):
    """A threshold to try over past days; both days or neither."""

    threshold: dict[str, Any]
    start_date: Date | None = None
    end_date: Date | None = None


class EmptyInput(Body):
    """The body of a request that says all by its path."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The rules asked for, before it is known whose account `user_id` is."""

    user_id: str | None
    rules: Rules


@dataclass(frozen=True, slots=True)
class Trial:
    """A threshold to try, and the days to try it over (None: the usual ones); `members` as sent."""

    wish: Wish
    first: str | None
    last: str | None
    members: Members


def trial_of(body: Mapping[str, object]) -> Trial:
    """The trial that a body asks for.

    Raises:
        ValidationFailedError: with one pointer and message for each member that is wrong.
    """
    given = parse_body(TrialInput, body)
    first, last = given.start_date, given.end_date
    if (first is None) != (last is None):
        missing = "/startDate" if first is None else "/endDate"
        raise ValidationFailedError.of(missing, "is needed as well: both days or neither")
    if first is not None and last is not None and last < first:
        raise ValidationFailedError.of("/endDate", "must not be before startDate")
    inner = members_of(given.threshold).items()
    members = members_of(body, without=frozenset({"threshold"}))
    members |= {f"/threshold{pointer}": text for pointer, text in inner}
    return Trial(wish_of(given.threshold, "/threshold"), first, last, members)


def wish_of(body: Mapping[str, object], prefix: str = "") -> Wish:
    """The rules that a body asks for. `prefix` leads the pointers of refusals.

    Raises:
        ValidationFailedError: with one pointer and message for each member that is wrong.
    """
    given = parse_body(ThresholdInput, body, prefix)
    errors = list(_unfitting(given))
    limits = []
    for pointer, limit in (
        ("/dailyLimit", given.daily_limit),
        ("/monthlyLimit", given.monthly_limit),
        ("/below", given.below),
    ):
        try:
            limits.append(None if limit is None else _limit(given.metric, limit))
        except ValueError as error:
            errors.append(FieldError(pointer, str(error)))
    if errors:
        errors = [FieldError(prefix + error.pointer, error.message) for error in errors]
        raise ValidationFailedError(f"{errors[0].pointer}: {errors[0].message}.", errors)
    daily, monthly, below = limits
    rules = Rules(
        scope=given.scope,
        account_id=None,
        metric=given.metric,
        daily=daily,
        monthly=monthly,
        percents=tuple(given.notify_at_percent),
        block=given.block,
        enabled=given.alert_enabled,
        below=below,
    )
    return Wish(given.user_id, rules)


def _unfitting(given: ThresholdInput) -> Iterable[FieldError]:
    """Members that don't go together."""
    if given.scope == "workspace" and given.user_id is not None:
        yield FieldError("/userId", "goes with scope user only")
    if given.metric == "balance":
        yield from _unfitting_balance(given)
        return
    if given.below is not None:
        yield FieldError("/below", "goes with metric balance only")
    if given.daily_limit is None and given.monthly_limit is None:
        yield FieldError("/dailyLimit", "is needed, or monthlyLimit, or both")


def _unfitting_balance(given: ThresholdInput) -> Iterable[FieldError]:
    if given.scope == "workspace":
        yield FieldError("/scope", "must be user: a workspace has no balance")
    if given.below is None:
        yield FieldError("/below", "is needed with metric balance")
    for pointer, there in (
        ("/dailyLimit", given.daily_limit is not None),
        ("/monthlyLimit", given.monthly_limit is not None),
        ("/notifyAtPercent", "notify_at_percent" in given.model_fields_set),
    ):
        if there:
            yield FieldError(pointer, "does not go with metric balance, which has below")
    if given.block:
        yield FieldError("/block", "does not go with metric balance: enforceCredits does that")


def _limit(metric: Measure, limit: Decimal) -> int:
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
