"""From cells to answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import add_days, days_between, zone_of
from shared.domain.cells import MODEL
from shared.domain.statistics import (
    Selection,
    breakdown,
    busiest,
    by_period,
    growth,
    largest_first,
    model_key,
    summed,
)
from shared.domain.sums import Sums
from shared.domain.usage import UsageLog
from shared.http import json
from shared.http.views.measures import average_cost, measures_view
from tests.fakes.ports import MemoryCells
from tests.usage import (
    MODELS,
    SERVICES,
    ZONES,
    assert_measures,
    cost_of,
    grouped,
    local_time,
    usage_logs,
    workspace,
)

FIRST, LAST = "2026-10-10", "2026-11-20"
SELECTIONS = st.builds(
    Selection, st.none() | st.sampled_from(SERVICES), st.none() | st.sampled_from(MODELS[1:])
)


def shown(sums: Sums) -> dict[str, Any]:
    value = json.parse(json.dump(measures_view(sums)))
    assert isinstance(value, dict)
    return value


@given(usage_logs(), st.sampled_from(ZONES), SELECTIONS)
def test_a_breakdown_is_what_a_fold_over_the_logs_gives(
    logs: list[UsageLog], zone_name: str, what: Selection
) -> None:
    acme = workspace(timezone=zone_name)
    cells = MemoryCells(acme, logs).shared(acme, MODEL, FIRST, LAST)

    found = breakdown(cells, FIRST, LAST, what)

    zone = zone_of(zone_name)
    taken = [
        log
        for log in logs
        if FIRST <= local_time(log, zone).date().isoformat() <= LAST
        and what.service in {None, log.service}
        and what.model in {None, log.model}
    ]
    assert_measures(shown(found.total), taken)
    days = grouped(taken, lambda log: local_time(log, zone).date().isoformat())
    assert list(found.days) == days_between(FIRST, LAST)
    for day, sums in found.days.items():
        assert_measures(shown(sums), days.get(day, []))
    services = grouped(taken, lambda log: log.service)
    assert found.services.keys() == services.keys()
    for service, sums in found.services.items():
        assert_measures(shown(sums), services[service])
    models = grouped(taken, lambda log: (log.service, log.model))
    assert found.models.keys() == models.keys()
    for model, sums in found.models.items():
        assert_measures(shown(sums), models[model])
    hours = grouped(taken, lambda log: local_time(log, zone).hour)
    for hour, figures in enumerate(found.hours):
        inside = hours.get(hour, [])
        assert figures.requests == len(inside)
        assert Decimal(figures.cost).scaleb(-12) == cost_of(inside)
        assert figures.total == sum(log.tokens.total if log.tokens else 0 for log in inside)
    assert len(found.hours) == 24


@given(usage_logs(), st.sampled_from(("day", "week", "month")))
def test_periods_add_up_to_the_days_in_them(logs: list[UsageLog], group: str) -> None:
    acme = workspace()
    days = breakdown(
        MemoryCells(acme, logs).shared(acme, MODEL, FIRST, LAST), FIRST, LAST, Selection()
    ).days

    periods = by_period(days, group)

    assert summed(periods.values()) == summed(days.values())
    assert list(periods) == sorted(periods)


def test_weeks_and_months_have_only_the_days_asked_for() -> None:
    days = {day: Sums(requests=1) for day in days_between("2026-12-30", "2027-01-04")}

    assert {k: s.requests for k, s in by_period(days, "week").items()} == {
        "2026-W53": 5,
        "2027-W01": 1,
    }
    assert {k: s.requests for k, s in by_period(days, "month").items()} == {
        "2026-12": 2,
        "2027-01": 4,
    }


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        (125, 95, "31.58"),
        (95, 125, "-24"),
        (1, 1, "0"),
        (0, 5, "-100"),
        (5, 0, None),
        (0, 0, None),
        (200_01, 200_00, "0.01"),
        (1, 3, "-66.67"),
    ],
)
def test_growth_is_in_percent_and_nothing_where_there_was_nothing(
    current: int, previous: int, expected: str | None
) -> None:
    found = growth(current, previous)

    assert (None if found is None else str(found)) == expected


def test_the_busiest_is_the_earliest_of_equals() -> None:
    figures = {"a": Sums(requests=1), "b": Sums(requests=3), "c": Sums(requests=3)}

    assert busiest(figures) == ("b", figures["b"])


def test_nothing_is_busiest_where_nothing_happened() -> None:
    assert busiest({"a": Sums(), "b": Sums()}) is None
    assert busiest(dict[str, Sums]()) is None


def test_rows_go_by_figure_then_requests_then_key() -> None:
    rows = {
        ("b", None): Sums(requests=1, cost=5),
        ("a", "x"): Sums(requests=1, cost=5),
        ("a", None): Sums(requests=1, cost=5),
        ("c", "x"): Sums(requests=2, cost=5),
        ("d", "x"): Sums(requests=1, cost=6),
    }

    ordered = [key for key, _ in largest_first(rows, lambda sums: sums.cost)]

    assert ordered == [("d", "x"), ("c", "x"), ("a", None), ("a", "x"), ("b", None)]


def test_a_model_key_without_a_model_ends_at_the_slash() -> None:
    assert model_key(("openai", "gpt-5")) == "openai/gpt-5"
    assert model_key(("chat", None)) == "chat/"


def test_measures_of_nothing_leave_out_what_cannot_be_computed() -> None:
    assert shown(Sums()) == {
        "requests": 0,
        "errors": 0,
        "errorRate": 0,
        "tokens": {
            "input": 0,
            "output": 0,
            "cachedInput": 0,
            "cacheWrite": 0,
            "reasoning": 0,
            "total": 0,
        },
        "credits": 0,
        "cost": 0,
    }


def test_quotients_are_rounded_half_up() -> None:
    sums = Sums(
        requests=8, errors=1, timed=8, time_ms=9, sized=3, bytes=5, rated_output=1, rated_ms=400
    )

    view = shown(sums)

    assert view["errorRate"] == Decimal("0.125")
    assert view["averageResponseTimeMs"] == Decimal("1.13")
    assert view["averageResponseBytes"] == Decimal("1.67")
    assert view["tokensPerSecond"] == Decimal("2.5")


def test_an_average_cost_has_nine_decimals() -> None:
    assert str(average_cost(2 * 10**12, 3)) == "0.666666667"
    assert str(average_cost(0, 0)) == "0"


def test_a_range_of_one_day_is_that_day() -> None:
    assert list(breakdown({}, LAST, LAST, Selection()).days) == [LAST]
    assert len(breakdown({}, add_days(LAST, -399), LAST, Selection()).days) == 400
