"""The forecast as the contract shows it, with its method in words."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from shared.analytics.forecast import CREDIT_DAYS, LATELY_DAYS, RUN_OUT_DAYS, Forecast
from shared.domain.forecast import LEVEL_DAYS, REPLAYED_DAYS, SHAPE_DAYS, WEEK, Rest
from shared.domain.money import money, ratio
from shared.http.views.view import View

RATIO_PLACES: Final = 2


def forecast_view(forecast: Forecast, shown: Mapping[str, str], currency: str) -> View:
    """The members of `forecast`; `shown` maps accounts to how the caller sees their users."""
    return {
        "monthEndCost": money(forecast.month_end),
        "low": money(forecast.low),
        "high": money(forecast.high),
        "method": _method(forecast),
        "basis": _basis(forecast),
        "creditRunOut": [
            {"userId": shown[run_out.account_id], "date": run_out.day}
            for run_out in forecast.run_outs
        ],
        "currency": currency,
    }


def _basis(forecast: Forecast) -> View:
    """The figures of the method: for who says it in other words."""
    rest = forecast.rest
    low, high = (ratio(bound.numerator, bound.denominator, RATIO_PLACES) for bound in rest.ratios)
    return {
        "spent": money(forecast.spent),
        "toCome": money(rest.likely),
        "shapeWeeks": SHAPE_DAYS // WEEK,
        "levelWeeks": LEVEL_DAYS // WEEK,
        "replayedStretches": rest.stretches,
        "stretchDays": rest.length,
        "replayedWeeks": REPLAYED_DAYS // WEEK,
        "lowRatio": low,
        "highRatio": high,
        "creditDays": CREDIT_DAYS,
        "runOutDays": RUN_OUT_DAYS,
        "askedUsers": forecast.asked,
        "activeUsers": forecast.active,
        "activeDays": LATELY_DAYS,
    }


def _method(forecast: Forecast) -> str:
    cost = (
        f"Cost so far this month ({money(forecast.spent)}) plus what is still to come"
        f" ({money(forecast.rest.likely)}): each day has its weekday's part, as in the last"
        f" {SHAPE_DAYS // WEEK} weeks, of the weekly cost of the last {LEVEL_DAYS // WEEK} weeks;"
        " weeks before a jump to more than four times or less than a fourth are left out."
    )
    credits = (
        "Credits run out when the balance is used up at the pace of the last"
        f" {CREDIT_DAYS} days, looking {RUN_OUT_DAYS} days ahead; asked were the"
        f" {forecast.asked} largest consumers of {forecast.active} users active in the last"
        f" {LATELY_DAYS} days."
    )
    return f"{cost} {_range(forecast.rest)} {credits}"


def _range(rest: Rest) -> str:
    low, high = (_shown(bound) for bound in rest.ratios)
    if not rest.stretches:
        return f"Too few days to test this on: the range is {low} to {high} times what is to come."
    return (
        f"Replayed on {rest.stretches} stretches of {rest.length} days of the last"
        f" {REPLAYED_DAYS // WEEK} weeks, what came was {low} to {high} times what this method"
        " expected: the range is that of what is to come."
    )


def _shown(bound: Fraction) -> str:
    return str(ratio(bound.numerator, bound.denominator, RATIO_PLACES))
