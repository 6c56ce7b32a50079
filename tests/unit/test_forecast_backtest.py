"""The forecast tried on months that were seeded (REP-3): how far off it was, and how often in its range.

Months are drawn as the demo's are: workdays and weekends, days that differ by a tenth, a few heavy
users, long and short calls. Each forecast knows the days before it and no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

import pytest

from local.seed.catalogue import pricing_terms
from local.seed.plan import DENSE_VOLUME, HISTORY_DAYS, ZONE, Span
from local.seed.usage import rows_of
from shared.domain.calendar import add_days, days_between, month_of, next_month
from shared.domain.forecast import HISTORY_DAYS as LOOK_BACK_DAYS
from shared.domain.forecast import Days, Rest, rest_of

FIRST = "2026-01-01"
MONTHS = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08")
ORIGINS = (2, 5, 10, 15, 20, 25, 28)

MEAN_ERROR = Fraction(2, 100)
LARGEST_ERROR = Fraction(6, 100)
IN_RANGE = Fraction(8, 10)
MEAN_WIDTH = Fraction(12, 100)


@dataclass(frozen=True)
class Trial:
    """A forecast of a month's cost, and what the month came to."""

    spent: int
    rest: Rest
    cost: int

    @property
    def error(self) -> Fraction:
        return Fraction(abs(self.spent + self.rest.likely - self.cost), self.cost)

    @property
    def width(self) -> Fraction:
        return Fraction(self.rest.high - self.rest.low, self.cost)

    @property
    def in_range(self) -> bool:
        return self.rest.low <= self.cost - self.spent <= self.rest.high


def costs_of(first: str, last: str, volume: int) -> dict[str, int]:
    """What each day cost, in picos."""
    terms = pricing_terms()
    return {
        day: sum(row.cost_and_credits(terms)[0] for row in rows_of(day, ZONE, volume))
        for day in days_between(first, last)
    }


def trial(costs: dict[str, int], day: str) -> Trial:
    """The forecast at the beginning of a day."""
    month = month_of(day)
    end = add_days(f"{next_month(month)}-01", -1)
    known = [each for each in costs if each < day][-LOOK_BACK_DAYS:]
    after = date.fromisoformat(end).day - date.fromisoformat(day).day
    return Trial(
        sum(costs[each] for each in days_between(f"{month}-01", add_days(day, -1))),
        rest_of(Days.starting(known[0], [costs[each] for each in known]), Fraction(1), after),
        sum(costs[each] for each in days_between(f"{month}-01", end)),
    )


@pytest.fixture(scope="module")
def trials() -> list[Trial]:
    costs = costs_of(FIRST, "2026-08-31", DENSE_VOLUME)
    return [trial(costs, f"{month}-{day:02d}") for month in MONTHS for day in ORIGINS]


def test_the_month_s_cost_is_forecast_within_two_percent_on_average(trials: list[Trial]) -> None:
    errors = [each.error for each in trials]

    assert len(errors) == 35
    assert sum(errors) / len(errors) <= MEAN_ERROR
    assert max(errors) <= LARGEST_ERROR


def test_four_in_five_months_end_in_the_range_and_it_is_narrow(trials: list[Trial]) -> None:
    within = sum(each.in_range for each in trials)
    width = sum(each.width for each in trials) / len(trials)

    assert Fraction(within, len(trials)) >= IN_RANGE
    assert 0 < width <= MEAN_WIDTH


def test_the_demo_s_own_past_does_not_blow_up_the_range() -> None:
    """A first run has thirty full days after two months of growth."""
    today = "2026-08-20"
    span = Span.ending(today)
    growing: dict[str, int] = {}
    for day in days_between(span.first, add_days(span.dense, -1)):
        growing |= costs_of(day, day, span.volume(day))
    full = costs_of(span.dense, "2026-08-31", DENSE_VOLUME)
    assert len(growing) + len(days_between(span.dense, today)) == HISTORY_DAYS

    found = trial({**growing, **full}, today)

    assert found.error <= Fraction(3, 100)
    assert found.in_range
    assert found.width <= Fraction(15, 100)
