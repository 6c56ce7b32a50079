"""What comes next, from the days before (REP-3): exact arithmetic, and a range that was tried."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.forecast import (
    HISTORY_DAYS,
    UNKNOWN,
    WEEK,
    Days,
    days_until_used_up,
    expected,
    replayed,
    rest_of,
    weekdays_of,
)

MONDAY = "2026-03-02"
WORKWEEK = (100, 120, 90, 110, 80, 10, 5)

figures = st.lists(st.integers(0, 10**15), max_size=HISTORY_DAYS)
lefts = st.fractions(0, 1, max_denominator=10**6)


def days(*figures: int, first: str = MONDAY) -> Days:
    return Days.starting(first, figures)


def weeks(count: int) -> Days:
    return days(*(WORKWEEK * count))


def by_hand(first: date, figures: Sequence[int], day: date) -> Fraction:
    """What a day is expected to have, worked out from dates."""
    if len(figures) < WEEK:
        return Fraction(sum(figures), len(figures) or 1)
    known = {first + timedelta(days=at): figure for at, figure in enumerate(figures)}
    end = first + timedelta(days=len(figures))
    whole_weeks = min(len(figures), 56) // 7
    shape = {d: f for d, f in known.items() if d >= end - timedelta(days=7 * whole_weeks)}
    same_weekday = sum(f for d, f in shape.items() if d.weekday() == day.weekday())
    level_weeks = min(len(figures) // 7, 2)
    level = sum(f for d, f in known.items() if d >= end - timedelta(days=7 * level_weeks))
    total = sum(shape.values())
    return Fraction(level * same_weekday, level_weeks * total) if total else Fraction(0)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), figures, st.integers(0, 40))
def test_each_day_has_its_weekday_s_part_of_the_last_two_weeks(
    first: date, figures: list[int], count: int
) -> None:
    past = Days.starting(first.isoformat(), figures)
    start = first + timedelta(days=len(figures))

    found = expected(weekdays_of(past), start.weekday(), count)

    ahead = [start + timedelta(days=at) for at in range(count)]
    assert found == sum((by_hand(first, figures, day) for day in ahead), Fraction(0))


@given(st.lists(st.integers(0, 10**15), min_size=WEEK, max_size=HISTORY_DAYS))
def test_a_week_to_come_has_what_a_week_of_the_last_two_had(figures: list[int]) -> None:
    past = Days.starting(MONDAY, figures)
    level_days = min(len(figures), 14) // 7 * 7
    assume(sum(figures[-(len(figures) // 7 * 7) :]))

    week = expected(weekdays_of(past), past.weekday, WEEK)

    assert week in {Fraction(7 * sum(figures[-level_days:]), level_days), 0}


@pytest.mark.parametrize("today", [Fraction(0), Fraction(1, 3), Fraction(1)])
def test_weeks_that_are_all_alike_go_on_exactly_so(today: Fraction) -> None:
    found = rest_of(weeks(12), today, 9)

    whole = sum(WORKWEEK) + WORKWEEK[1] + WORKWEEK[2]
    assert found.likely == found.low == found.high == round(WORKWEEK[0] * today + whole)
    assert set(found.ratios) == {Fraction(1)}
    assert (found.stretches, found.length) == (22, 7)


@given(figures, lefts, st.integers(0, 30))
def test_the_likely_figure_lies_in_its_range(
    figures: list[int], today: Fraction, after: int
) -> None:
    found = rest_of(days(*figures), today, after)

    assert 0 <= found.low <= found.likely <= found.high
    assert found.ratios[0] <= 1 <= found.ratios[1]


@given(figures, lefts, st.integers(0, 30), st.integers(1, 1000))
def test_a_forecast_scales_with_its_figures(
    figures: list[int], today: Fraction, after: int, factor: int
) -> None:
    """Integers and fractions all the way: another currency is another unit, not another forecast."""
    once = rest_of(days(*figures), today, after)
    scaled = rest_of(days(*(factor * figure for figure in figures)), today, after)

    assert scaled.ratios == once.ratios
    assert abs(scaled.likely - factor * once.likely) <= factor


def test_the_range_is_what_replaying_the_last_four_weeks_gave() -> None:
    past = days(*(WORKWEEK * 11), *(2 * figure for figure in WORKWEEK))

    found = rest_of(past, Fraction(1), 20)

    ratios = replayed(past, 7)
    assert len(ratios) == 22
    assert (found.ratios, found.stretches) == ((min(ratios), max(ratios)), 22)
    assert found.high == round(expected(weekdays_of(past), 0, 21) * max(ratios))
    assert max(ratios) > Fraction(3, 2)


@given(st.lists(st.integers(1, 10**6), min_size=WEEK, max_size=40), st.integers(1, WEEK))
def test_a_replay_knows_only_the_days_before(figures: list[int], length: int) -> None:
    past = days(*figures)

    found = replayed(past, length)

    starts = range(max(7, len(figures) - 28), len(figures) - length + 1)
    first = date.fromisoformat(MONDAY)
    assert found == [
        sum(figures[start : start + length])
        / sum(
            by_hand(first, figures[:start], first + timedelta(days=start + at))
            for at in range(length)
        )
        for start in starts
    ]


@pytest.mark.parametrize("count", [0, 1, 6, 7, 15])
def test_a_short_past_says_that_nothing_is_known_of_the_range(count: int) -> None:
    found = rest_of(days(*[70] * count), Fraction(1, 2), 3)

    assert found.likely == (245 if count else 0)
    assert (found.low, found.high) == ((0, 490) if count else (0, 0))
    assert (found.ratios, found.stretches) == (UNKNOWN, 0)


def test_days_before_the_first_usage_are_no_days_of_rest() -> None:
    silent = days(*[0] * 60, 70, 70, 70)

    assert rest_of(silent, Fraction(1), 6).likely == 7 * 70


@pytest.mark.parametrize("factor", [5, 25])
def test_weeks_before_a_jump_are_of_another_time(factor: int) -> None:
    """The demo's own past: a trickle, then thirty full days."""
    trickle = [figure for _ in range(8) for figure in WORKWEEK]
    past = days(*trickle, *(factor * figure for _ in range(4) for figure in WORKWEEK))

    found = rest_of(past, Fraction(1), 6)

    assert found.likely == factor * sum(WORKWEEK)
    assert set(found.ratios) == {Fraction(1)}


def test_a_quiet_time_after_a_busy_one_is_followed() -> None:
    past = days(*(WORKWEEK * 8), *[0] * 14)

    assert rest_of(past, Fraction(1), 20).likely == 0


@given(st.integers(1, 10**9), figures, lefts, st.integers(0, 90))
def test_a_stock_lasts_as_long_as_it_covers_what_is_expected(
    stock: int, figures: list[int], today: Fraction, limit: int
) -> None:
    past = days(*figures)

    found = days_until_used_up(stock, past, today, limit)

    used = past.used()
    weekdays, weekday = weekdays_of(used), (past.weekday + len(past)) % WEEK
    first = weekdays[weekday] * today
    spent = [first + expected(weekdays, (weekday + 1) % WEEK, ahead) for ahead in range(limit + 1)]
    reached = [ahead for ahead, gone in enumerate(spent) if gone >= stock]
    assert found == (reached[0] if reached else None)


def test_a_stock_that_is_gone_is_used_up_today() -> None:
    assert days_until_used_up(0, weeks(4), Fraction(1, 2), 90) == 0


def test_a_stock_that_nobody_uses_lasts() -> None:
    assert days_until_used_up(1, days(*[0] * 28), Fraction(1), 90) is None
