"""The alerts function when something fails: nothing is lost, nothing counts twice (ALR-2, ALR-3)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alerts.service import TopicUnavailableError
from shared.store.table import Put, StoreUnavailableError
from tests.alerting import Alerting, broken_record, metrics_of, rules
from tests.fakes.faults import Call, Fault


@pytest.fixture
def shop() -> Alerting:
    return Alerting()


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
    shop.table.meet("write", None, None, Fault.TIMEOUT_BEFORE)
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
    shop.table.write(Put(item | {"mt": "patience"}))
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
