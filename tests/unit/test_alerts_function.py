"""The alerts function over a ledger in memory: what fires, how often, and what survives (ALR-1 to ALR-3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alerts import delivery, sweep
from functions.alerts.service import Fired, TopicUnavailableError
from functions.alerts.sweep import BUDGET_SECONDS, LATE_MS, MAX_ATTEMPTS, STAYED_MS
from shared.domain.errors import LimitExceededError
from shared.domain.thresholds import Rules
from shared.store.table import Put, StoreUnavailableError
from tests.alerting import Alerting, account, broken_record, lose_writes
from tests.factories import records_event
from tests.fakes.faults import Call, Fault

DAY = "2026-11-20"


def rules(daily: int | None = 100, monthly: int | None = None, **changes: Any) -> Rules:
    """Alerts on each user's credits."""
    return replace(Rules("user", None, "credits", daily, monthly), **changes)


@pytest.fixture
def shop() -> Alerting:
    return Alerting()


def metrics_of(printed: str) -> dict[str, Any]:
    """The last metrics printed in CloudWatch's embedded format."""
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    return {
        name: value[0] if isinstance(value, list) else value for name, value in lines[-1].items()
    }


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
    shop.clock.advance(minutes=14 * 60 + 30, seconds=2)
    shop.total(DAY, 10)
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


def test_a_total_of_a_generation_that_is_still_filled_is_not_watched(shop: Alerting) -> None:
    shop.watch(Rules("workspace", None, "requests", 10, None))
    shop.total(DAY, 10, generation=2)

    assert shop.run() == []


def test_a_batch_delivered_again_and_by_another_instance_fires_nothing_more(
    shop: Alerting,
) -> None:
    shop.watch(rules())
    shop.use(100)
    records = shop.fresh_records()
    shop.deliver(records)

    assert shop.deliver(records) == []
    assert shop.deliver(records, shop.consumer()) == []


def test_two_instances_at_once_record_each_line_once(shop: Alerting) -> None:
    shop.watch(rules())
    for number in range(20):
        shop.use(100, user=f"user-{number}")
    records = shop.fresh_records()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda h: shop.deliver(records, h), [shop.consumer(), shop.consumer()]))

    assert len(shop.alerts()) == 40
    assert set(shop.statuses()) == {"sent"}
    assert set(shop.topic.ids) == {alert.alert_id for alert in shop.alerts()}


def test_a_crash_between_record_and_publish_is_made_good_by_the_same_batch(
    shop: Alerting,
) -> None:
    shop.watch(rules(percents=(80,)))
    shop.use(80)
    records = shop.fresh_records()
    shop.topic.answers = [crash]
    with pytest.raises(RuntimeError):
        shop.deliver(records)
    assert (shop.statuses(), shop.topic.ids) == (["pending"], [])

    assert shop.deliver(records, shop.consumer()) == ["daily 80"]

    assert shop.statuses() == ["sent"]


def test_a_crash_between_publish_and_mark_repeats_the_message_under_the_same_id(
    shop: Alerting,
) -> None:
    shop.watch(rules(percents=(80,)))
    shop.use(80)
    records = shop.fresh_records()
    shop.table.meet("write", None, Fault.TIMEOUT_BEFORE)
    with pytest.raises(StoreUnavailableError):
        shop.deliver(records)
    assert (shop.statuses(), len(shop.topic.ids)) == (["pending"], 1)

    shop.deliver(records, shop.consumer())

    assert shop.statuses() == ["sent"]
    assert len(shop.topic.ids) == 2
    assert len(set(shop.topic.ids)) == 1


def test_a_lost_answer_of_the_record_is_not_a_second_alert(shop: Alerting) -> None:
    shop.watch(rules(percents=(80,)))
    shop.use(80)
    records = shop.fresh_records()
    shop.table.meet("write", Fault.TIMEOUT_AFTER)
    with pytest.raises(StoreUnavailableError):
        shop.deliver(records)

    assert shop.deliver(records) == ["daily 80"]
    assert shop.statuses() == ["sent"]


def test_a_topic_that_does_not_answer_brings_the_batch_again_and_the_rest_is_done(
    shop: Alerting,
) -> None:
    shop.watch(rules())
    shop.use(100)
    records = shop.fresh_records()
    shop.topic.answers = ["unavailable"]

    with pytest.raises(TopicUnavailableError):
        shop.deliver(records)
    assert sorted(shop.statuses()) == ["pending", "sent"]
    shop.deliver(records)

    assert shop.statuses() == ["sent", "sent"]
    assert sorted(message.body["percent"] for message in shop.topic.messages) == [80, 100]


def test_a_message_that_is_refused_does_not_hold_up_the_stream(
    shop: Alerting, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.watch(rules(percents=(80,)))
    shop.use(80)
    shop.topic.answers = ["refused"]

    shop.run()

    assert metrics_of(capsys.readouterr().out)["AlertsRefused"] == 1
    assert shop.statuses() == ["pending"]


def test_a_record_that_cannot_be_read_is_counted_and_the_others_are_judged(
    shop: Alerting, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.watch(rules(percents=(80,)))
    shop.use(80)
    records = [broken_record(), {"eventName": "MODIFY"}, *shop.fresh_records()]

    assert shop.deliver(records) == ["daily 80"]
    assert metrics_of(capsys.readouterr().out)["PoisonRecords"] == 2


def test_a_threshold_that_cannot_be_read_does_not_silence_the_others(
    shop: Alerting, capsys: pytest.CaptureFixture[str]
) -> None:
    broken, _ = shop.watch(rules()), shop.watch(rules(percents=(80,)))
    item = next(i for i in shop.table.items() if i["sk"] == broken.threshold_id)
    shop.table.write(Put(item | {"mt": "balance"}))
    shop.use(80)

    assert shop.run() == ["daily 80"]
    assert metrics_of(capsys.readouterr().out)["PoisonRecords"] == 1


def test_a_store_that_does_not_answer_brings_the_batch_again(shop: Alerting) -> None:
    shop.watch(rules(percents=(80,)))
    shop.use(80)
    records = shop.fresh_records()
    shop.table.meet("query", Fault.THROTTLED)
    with pytest.raises(StoreUnavailableError):
        shop.deliver(records)

    assert shop.deliver(records) == ["daily 80"]


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


def test_the_sweep_publishes_what_stayed_and_leaves_what_is_fresh(shop: Alerting) -> None:
    shop.watch(rules(percents=(80,)))
    shop.topic.answers = ["refused"]
    shop.use(80)
    shop.run()

    shop.clock.advance(ms=STAYED_MS - 1)
    shop.sweep()
    assert shop.topic.ids == []
    shop.clock.advance(ms=1)
    shop.sweep()

    assert (len(shop.topic.ids), shop.statuses()) == (1, ["sent"])
    shop.sweep()
    assert len(shop.topic.ids) == 1


def test_two_sweeps_at_once_publish_once(shop: Alerting) -> None:
    shop.watch(rules(percents=(80,)))
    shop.topic.answers = ["refused"]
    shop.use(80)
    shop.run()
    shop.clock.advance(ms=STAYED_MS)

    shop.table.meet("write", lambda: shop.sweep(shop.consumer()))
    shop.sweep()

    assert len(shop.topic.ids) == 1


def test_a_sweep_ends_before_the_function_does_and_the_next_goes_on(
    shop: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One after the other, as on a machine that is slow: two at once would both begin in time.
    monkeypatch.setattr(delivery, "SIDE_BY_SIDE", 1)
    shop.watch(rules())
    shop.use(100)
    shop.topic.answers = ["refused", "refused"]
    shop.run()
    shop.clock.advance(minutes=1)
    shop.topic.answers = [partial(shop.clock.advance, seconds=round(BUDGET_SECONDS) + 1)] * 2

    shop.sweep()
    assert sorted(shop.statuses()) == ["pending", "sent"]

    shop.sweep()
    assert shop.statuses() == ["sent", "sent"]


def test_what_was_tried_least_is_swept_first(
    shop: Alerting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MAX_SWEPT", 1)
    shop.watch(rules(percents=(80,)))
    shop.topic.answers = ["refused"] * 4
    for user in ("alice", "bob", "carol"):
        shop.clock.advance(seconds=1)
        shop.use(80, user=user)
        shop.run()
    shop.clock.advance(minutes=1)

    for _ in range(3):
        shop.sweep()
    shop.sweep()

    # The first sweep fails alice's; the others come before she is tried again.
    published = [message.body["userId"] for message in shop.topic.messages]
    assert published == [account("bob"), account("carol"), account("alice")]


def test_the_sweep_gives_up_after_so_many_attempts(
    shop: Alerting, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.watch(rules(percents=(80,)))
    shop.topic.answers = ["refused"] * (MAX_ATTEMPTS + 1)
    shop.use(80)
    shop.run()

    for attempt in range(MAX_ATTEMPTS):
        assert shop.statuses() == ["pending"], attempt
        shop.clock.advance(minutes=1)
        shop.sweep()

    assert shop.statuses() == ["failed"]
    assert metrics_of(capsys.readouterr().out)["AlertsFailed"] == 1
    shop.use(1)
    shop.run()
    shop.sweep()
    assert shop.topic.ids == [], "what has failed is not told any more"


def test_every_sweep_tells_how_many_waited_too_long(
    shop: Alerting, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.sweep()
    told = metrics_of(capsys.readouterr().out)
    assert told["PendingAlertsOverSixtySeconds"] == 0
    assert told["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Tally"
    assert told["service"] == "alerts"

    shop.watch(rules())
    shop.topic.answers = ["refused"] * 4
    shop.use(100)
    shop.run()
    shop.clock.advance(ms=LATE_MS + 1)
    shop.sweep()

    told = metrics_of(capsys.readouterr().out)
    assert (told["PendingAlertsOverSixtySeconds"], told["PendingAlerts"]) == (2, 2)
    shop.sweep()
    assert metrics_of(capsys.readouterr().out)["AlertsPublished"] == 2


def test_a_sweep_that_loses_the_table_in_between_is_taken_up_by_the_next(shop: Alerting) -> None:
    shop.watch(rules(percents=(80,)))
    shop.topic.answers = ["refused"]
    shop.use(80)
    shop.run()
    shop.clock.advance(minutes=1)
    lose_writes(shop, 1)
    with pytest.raises(StoreUnavailableError):
        shop.sweep()

    shop.sweep()

    assert shop.statuses() == ["sent"]


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


def crash() -> None:
    raise RuntimeError("the function died here")


CHAOS = st.lists(st.sampled_from([None, None, None, *Fault]), max_size=40)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "bob"]),
        st.integers(0, 60),
        st.sampled_from([0, 1, 3_600_000, 30_000_000]),
        st.sampled_from([None, None, 50, 100, 200]),
    ),
    min_size=1,
    max_size=12,
)


@given(STEPS, CHAOS, st.integers(1, 2))
def test_whatever_fails_each_line_is_told_and_recorded_once(
    steps: list[tuple[str, int, int, int | None]], faults: list[Fault | None], instances: int
) -> None:
    """Two instances, a table and a topic that fail: after the retries nothing is missing or double."""
    calm, shaken = Alerting(), Alerting()
    for shop in (calm, shaken):
        threshold = shop.watch(rules(100, 300, percents=(50, 100)))
        handlers = [shop.consumer() for _ in range(instances)]
        for user, credits, later_ms, limit in steps:
            shop.clock.advance(ms=later_ms)
            if limit is not None:
                threshold = shop.change(threshold, rules(limit, 300, percents=(50, 100)))
            shop.use(credits, user=user)
            records = shop.fresh_records()
            if shop is shaken:
                waiting = iter(faults)
                shop.table.meet_chaos(_chaos(waiting))
            for handler in handlers:
                _until_done(partial(shop.deliver, records, handler))
            shop.table.meet_chaos(None)

    assert told(shaken) == told(calm)
    assert set(shaken.topic.ids) == {alert.alert_id for alert in shaken.alerts()}
    assert set(shaken.statuses()) <= {"sent"}


def told(shop: Alerting) -> list[tuple[Any, ...]]:
    lines = [alert.line for alert in shop.alerts()]
    return sorted(
        (line.account_id, line.period, line.revision, line.percent, line.value) for line in lines
    )


def _chaos(faults: Any) -> Callable[[Call], Fault | None]:
    return lambda call: next(faults, None) if call.verb != "transact" else None


def _until_done(run: Callable[[], object]) -> None:
    for _ in range(60):
        try:
            run()
        except StoreUnavailableError:
            continue
        return
    raise AssertionError("it never came through")


def test_an_event_without_records_is_nothing_to_do(shop: Alerting) -> None:
    assert shop.handler(records_event([]), type("Context", (), {"aws_request_id": "r"})()) == {
        "batchItemFailures": []
    }
