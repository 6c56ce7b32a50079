"""The demo's usage: the same days again and again, shaped like work, exact to the last digit."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Final

import pytest

from functions.record_usage.schemas import usage_of
from local.seed.catalogue import OFFERS, pricing_terms
from local.seed.people import PEOPLE
from local.seed.plan import (
    DENSE_VOLUME,
    HISTORY_DAYS,
    ZONE,
    Plan,
    Span,
    plan_until,
)
from local.seed.usage import MAX_INPUT, Row, rows_of
from shared.domain.calendar import add_days, local_day, local_day_hour
from shared.domain.ids import ID
from shared.domain.money import Figure
from shared.http import json

NOW: Final = int(datetime(2026, 11, 20, 14, 30, tzinfo=UTC).timestamp() * 1000)
MINUTE: Final = 60_000
DAY_MS: Final = 86_400_000
SPAN: Final = Span.ending("2026-11-20")
WEEKEND: Final = 5


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_until(NOW, SPAN)


def weekday(row: Row) -> int:
    return date.fromisoformat(local_day(row.at_ms, ZONE)).weekday()


def test_a_day_is_drawn_the_same_again() -> None:
    drawn = [row.body() for row in rows_of("2026-11-18", ZONE, DENSE_VOLUME)]
    assert drawn == [row.body() for row in rows_of("2026-11-18", ZONE, DENSE_VOLUME)]
    assert drawn != [row.body() for row in rows_of("2026-11-19", ZONE, DENSE_VOLUME)]


def test_ids_tell_the_day_and_the_place_in_it() -> None:
    rows = rows_of("2026-11-18", ZONE, DENSE_VOLUME)
    assert [row.log_id for row in rows[:2]] == ["demo-20261118-0000", "demo-20261118-0001"]
    assert len({row.log_id for row in rows}) == len(rows)
    assert all(ID.fullmatch(row.log_id) for row in rows)
    assert [row.at_ms for row in rows] == sorted(row.at_ms for row in rows)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-11-18"])
def test_every_log_of_a_day_lies_in_it_also_when_clocks_change(day: str) -> None:
    assert {local_day(row.at_ms, ZONE) for row in rows_of(day, ZONE, DENSE_VOLUME)} == {day}


def test_a_later_run_adds_to_an_earlier_one_and_changes_nothing_of_it(plan: Plan) -> None:
    for later_ms in (NOW + 90 * MINUTE, NOW + 3 * DAY_MS):
        later = plan_until(later_ms, SPAN)
        bodies = {row.log_id: row.body() for row in later.rows}
        kept = [row for row in plan.rows if local_day(row.at_ms, ZONE) >= later.first_day]
        assert all(bodies[row.log_id] == row.body() for row in kept)
        assert len(later.rows) > len(kept)
        assert {c.key: c.body for c in later.credits}.items() >= {
            c.key: c.body for c in plan.credits
        }.items()


def test_a_run_on_another_day_begins_no_later_than_logs_may_be_posted() -> None:
    later = plan_until(NOW + 40 * DAY_MS, SPAN)
    age_days = (date.fromisoformat(later.today) - date.fromisoformat(later.first_day)).days
    assert age_days == HISTORY_DAYS - 1
    assert min(row.at_ms for row in later.rows) > NOW + 40 * DAY_MS - HISTORY_DAYS * DAY_MS


def test_a_span_is_kept_as_it_was() -> None:
    assert Span.remembered(SPAN.to_keep()) == SPAN
    assert Span.remembered({}) is None


def test_there_are_thirty_full_days_and_growth_before(plan: Plan) -> None:
    days = Counter(local_day(row.at_ms, ZONE) for row in plan.rows)
    assert 20_000 <= len(plan.rows) <= 30_000
    assert len(days) == HISTORY_DAYS
    months = [
        sum(count for day, count in days.items() if first <= day < add_days(first, 29))
        for first in (SPAN.first, add_days(SPAN.dense, -29), SPAN.dense)
    ]
    assert 2 * months[0] < months[1] < months[2] < 2 * months[1]


def test_nothing_is_dated_after_now(plan: Plan) -> None:
    assert max(row.at_ms for row in plan.rows) <= NOW
    assert local_day(plan.rows[-1].at_ms, ZONE) == plan.today == "2026-11-20"


def test_workdays_peak_from_ten_to_four_and_weekends_are_quieter(plan: Plan) -> None:
    hours = Counter(
        local_day_hour(row.at_ms, ZONE)[1] for row in plan.rows if weekday(row) < WEEKEND
    )
    peak = min(hours[hour] for hour in range(10, 17))
    assert peak > max(hours[hour] for hour in (*range(9), *range(18, 24)))
    days = Counter(local_day(row.at_ms, ZONE) for row in plan.rows)
    full = {day: n for day, n in days.items() if SPAN.dense <= day < plan.today}
    rest = [n for day, n in full.items() if date.fromisoformat(day).weekday() >= WEEKEND]
    work = [n for day, n in full.items() if date.fromisoformat(day).weekday() < WEEKEND]
    assert max(rest) < min(work) / 2


def test_two_to_four_percent_fail_and_say_why(plan: Plan) -> None:
    failed = [row for row in plan.rows if row.error is not None]
    assert 0.02 <= len(failed) / len(plan.rows) <= 0.04
    assert all(row.body()["status"] == "error" and row.body()["errorCode"] for row in failed)


def test_everybody_and_everything_appears_and_a_few_are_heavy(plan: Plan) -> None:
    by_user = Counter(row.person.user_id for row in plan.rows)
    assert len(by_user) == len(PEOPLE) == 40
    assert sum(count for _, count in by_user.most_common(4)) > len(plan.rows) / 3
    used = Counter((row.offer.service, row.offer.model) for row in plan.rows)
    assert used.keys() == {(offer.service, offer.model) for offer in OFFERS}
    assert any(row.metadata for row in plan.rows)
    assert any("tokens" not in row.body() for row in plan.rows)
    assert any(isinstance(row.body().get("tokens"), int) for row in plan.rows)


def test_every_body_is_taken_and_read_as_it_was_meant(plan: Plan) -> None:
    for row in plan.rows:
        body = json.parse(json.dump(row.body()))
        assert isinstance(body, dict)
        usage = usage_of(body, None, str)
        assert (usage.log_id, usage.occurred_ms) == (row.log_id, row.at_ms)
        assert (usage.tokens, usage.cost_picos) == (row.tokens, row.stated_picos)


def test_no_float_stands_in_a_body_and_money_is_an_exact_literal(plan: Plan) -> None:
    for row in plan.rows:
        body = row.body()
        tokens = body.get("tokens", 0)
        parts = tokens.values() if isinstance(tokens, dict) else [tokens]
        assert all(type(count) is int for count in parts)
        assert not any(isinstance(value, float) for value in body.values())
        assert isinstance(body.get("cost", Figure("0")), Figure)


def test_no_call_reaches_the_size_from_which_vendors_charge_more(plan: Plan) -> None:
    assert max(row.tokens.input or 0 for row in plan.rows if row.tokens) <= MAX_INPUT


def test_only_streams_that_broke_off_are_unpriced(plan: Plan) -> None:
    terms = pricing_terms()
    free = [row for row in plan.rows if row.error is None and not row.cost_and_credits(terms)[0]]
    assert not free
    assert any(row.error == "stream_interrupted" for row in plan.rows)


def test_credits_are_bought_before_they_are_spent_and_some_end_low(plan: Plan) -> None:
    balances: Counter[str] = Counter()
    for credits in plan.credits:
        amount = credits.body["amount"]
        assert isinstance(amount, int)
        balances[str(credits.body["userId"])] += amount
    terms = pricing_terms()
    for row in plan.rows:
        balances[row.person.user_id] -= row.cost_and_credits(terms)[1]
    assert all(balance >= 0 for balance in balances.values())
    assert sum(balance < 500 for balance in balances.values()) >= 3
    assert len({credits.key for credits in plan.credits}) == len(plan.credits)


def test_the_sums_of_the_plan_are_those_of_its_rows(plan: Plan) -> None:
    figures = [row.cost_and_credits(pricing_terms()) for row in plan.rows]
    assert plan.cost_picos == sum(cost for cost, _ in figures)
    assert plan.spent == sum(credits for _, credits in figures)
