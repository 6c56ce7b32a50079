"""The alerts function over a ledger in memory: what fires, and how often (ALR-1, ALR-2)."""

from __future__ import annotations

import pytest

from functions.alerts.service import Fired
from shared.domain.errors import LimitExceededError
from shared.domain.thresholds import Rules
from shared.store.generations import DynamoGenerations
from tests.alerting import Alerting, account, rules
from tests.factories import WORKSPACE, records_event

DAY = "2026-11-20"


@pytest.fixture
def shop() -> Alerting:
    return Alerting()


def test_lines_crossed_in_one_write_fire_once_each_and_none_on_the_next(shop: Alerting) -> None:
    shop.watch(rules())
    shop.use(100)
    assert sorted(shop.run()) == ["daily 100", "daily 80"]

    shop.use(5)

    assert shop.run() == []
    assert shop.statuses() == ["sent", "sent"]


def test_every_version_of_a_head_in_a_batch_is_judged_and_the_first_to_reach_counts(
    shop: Alerting,
) -> None:
    shop.watch(rules())
    for credits in (79, 3, 30):
        shop.use(credits)

    shop.run()

    values = {m.body["percent"]: m.body["actualValue"] for m in shop.topic.messages}
    assert values == {80: 82, 100: 112}


def test_a_line_already_passed_fires_on_the_next_write(shop: Alerting) -> None:
    shop.use(90)
    shop.clock.advance(ms=1)
    shop.watch(rules())
    assert shop.run() == [], "that write was before the threshold's answer"

    shop.use(0)

    assert shop.run() == ["daily 80"]


def test_a_threshold_counts_from_its_answer_on_in_an_instance_that_is_warm(shop: Alerting) -> None:
    shop.use(90)
    shop.run()
    shop.watch(rules())
    shop.use(1)

    assert shop.run() == ["daily 80"]


def test_a_raised_limit_fires_again_when_it_is_reached(shop: Alerting) -> None:
    threshold = shop.watch(rules())
    shop.use(100)
    shop.run()

    shop.change(threshold, rules(110))
    shop.use(1)
    assert shop.run() == ["daily 80"]

    shop.use(9)
    assert shop.run() == ["daily 100"]


def test_a_switched_off_or_deleted_threshold_is_silent(shop: Alerting) -> None:
    shop.watch(rules(enabled=False))
    gone = shop.watch(rules())
    shop.thresholds.delete("acme", gone.threshold_id)

    shop.use(100)

    assert shop.run() == []
    assert shop.alerts() == []


def test_day_and_month_have_limits_of_their_own_and_the_next_day_starts_anew(
    shop: Alerting,
) -> None:
    shop.watch(rules(100, 150, percents=(100,)))
    shop.use(100)
    assert shop.run() == ["daily 100"]

    shop.clock.advance(days=1)
    shop.use(60)
    assert shop.run() == ["monthly 100"]
    shop.use(40)
    assert shop.run() == ["daily 100"]

    assert [alert.line.period for alert in shop.alerts()].count("2026-11") == 1


def test_late_events_fire_nothing_for_their_day(shop: Alerting) -> None:
    shop.watch(rules(100, percents=(100,)))
    shop.use(99)
    shop.run()
    yesterday_ms = shop.clock.now_ms()
    shop.clock.advance(days=1)

    shop.use(50, occurred_ms=yesterday_ms)

    assert shop.run() == []


def test_a_named_user_is_watched_alone(shop: Alerting) -> None:
    shop.watch(rules(account_id=account("bob")))
    shop.use(100, user="alice")
    shop.use(100, user="bob")

    shop.run()

    assert {m.body["userId"] for m in shop.topic.messages} == {account("bob")}


def test_a_workspaces_totals_are_watched_on_the_day_they_belong_to(shop: Alerting) -> None:
    shop.watch(Rules("workspace", None, "requests", 10, 100, (50, 100)))
    shop.total(DAY, 5)
    shop.total("2026-11-19", 90)
    assert sorted(shop.run()) == ["daily 50", "monthly 50"]

    shop.total(DAY, 5)

    assert sorted(shop.run()) == ["daily 100", "monthly 100"]
    assert all("userId" not in message.body for message in shop.topic.messages)


def test_a_total_folded_just_after_midnight_is_still_that_days(shop: Alerting) -> None:
    shop.watch(Rules("workspace", None, "requests", 10, None, (100,)))
    shop.clock.advance(minutes=14 * 60 + 29, seconds=59)
    committed_ms = shop.clock.now_ms()
    shop.clock.advance(seconds=3)
    shop.total(DAY, 10, moments=(committed_ms, committed_ms))
    shop.clock.advance(minutes=1)
    shop.total("2026-11-21", 1)

    assert shop.run() == ["daily 100"]
    shop.total(DAY, 10)
    assert [a.line.value for a in shop.alerts()] == [10]


def test_a_total_that_says_when_it_was_committed_is_judged_by_that(shop: Alerting) -> None:
    """However late it is folded: the last of the day fires, what was late for the day does not."""
    shop.watch(Rules("workspace", None, "requests", 10, None, (50, 100)))
    made_ms = shop.clock.now_ms()
    shop.clock.advance(minutes=14 * 60 + 31)
    midnight_ms = made_ms + (14 * 60 + 30) * 60_000

    shop.total(DAY, 4, moments=(made_ms - 2, made_ms - 1))
    shop.total(DAY, 2, moments=(midnight_ms - 1, midnight_ms + 5))
    assert shop.run() == ["daily 50"]
    shop.total(DAY, 9, moments=(midnight_ms, midnight_ms + 5))
    assert shop.run() == []

    # A client whose clock is ahead counts on a day that begins within the same folding.
    shop.total("2026-11-21", 5, moments=(midnight_ms - 1, midnight_ms))
    assert shop.run() == ["daily 50"]


def test_a_total_of_before_the_threshold_fires_nothing(shop: Alerting) -> None:
    made_ms = shop.clock.now_ms()
    shop.clock.advance(ms=1)
    shop.watch(Rules("workspace", None, "requests", 10, None, (50,)))

    shop.total(DAY, 5, moments=(made_ms, made_ms))
    assert shop.run() == []

    shop.total(DAY, 1, moments=(made_ms, made_ms + 1))
    assert shop.run() == ["daily 50"]


def test_what_is_folded_late_completes_a_line_of_which_newer_usage_is_there_already(
    shop: Alerting,
) -> None:
    """Only the newest of the period was there after the limit was raised, and it was folded first."""
    early_ms = shop.clock.now_ms()
    shop.clock.advance(seconds=1)
    shop.watch(Rules("workspace", None, "requests", 10, None, (50,)))
    shop.clock.advance(seconds=20)
    shop.total(DAY, 4)
    assert shop.run() == []

    shop.total(DAY, 1, moments=(early_ms, early_ms))

    assert shop.run() == ["daily 50"]


def test_a_line_is_not_lost_where_cells_made_anew_reach_it_before_they_are_read(
    shop: Alerting,
) -> None:
    """The old cells reach it later, and by then others are read."""
    shop.watch(Rules("workspace", None, "requests", 10, None, (100,)))
    generations = DynamoGenerations(shop.table, shop.clock)
    filling = generations.begin(WORKSPACE)
    shop.total(DAY, 10, generation=filling)
    fired = shop.run()
    shop.total(DAY, 10)
    generations.flip(WORKSPACE, filling)

    fired += shop.run()

    assert fired == ["daily 100"]


def test_a_told_line_costs_no_look_into_the_table(shop: Alerting) -> None:
    shop.watch(rules())
    shop.use(100)
    shop.run()
    shop.use(1)
    records = shop.fresh_records()
    shop.table.calls.clear()

    shop.deliver(records)

    assert (shop.table.calls["write"], shop.table.calls["get_many"]) == (0, 1)
    assert shop.table.calls["query"] == 1


def test_the_memory_of_told_lines_has_an_end() -> None:
    fired = Fired(limit=2)
    for alert_id in ("a", "b", "b", "c"):
        fired.add(alert_id)

    assert [alert_id in fired for alert_id in "abc"] == [False, True, True]


def test_a_workspace_without_thresholds_costs_one_query(shop: Alerting) -> None:
    shop.use(100)
    records = shop.fresh_records()
    shop.table.calls.clear()

    shop.deliver(records)

    assert sum(shop.table.calls.values()) == 1


def test_a_blocking_threshold_holds_from_its_answer_on(shop: Alerting) -> None:
    shop.use(60)
    threshold = shop.watch(rules(100, block=True, enabled=False))

    outcomes = shop.use(30, 20, 10)

    assert [outcome.status for outcome in outcomes] == ["created", "rejected", "created"]
    error = outcomes[1].error
    assert isinstance(error, LimitExceededError)
    assert error.members == {
        "resetsAt": "2026-11-21T00:00:00.000Z",
        "thresholdId": threshold.threshold_id,
    }
    shop.thresholds.delete("acme", threshold.threshold_id)
    assert shop.use(50)[0].status == "created"


def test_an_event_without_records_is_nothing_to_do(shop: Alerting) -> None:
    assert shop.handler(records_event([]), type("Context", (), {"aws_request_id": "r"})()) == {
        "batchItemFailures": []
    }
