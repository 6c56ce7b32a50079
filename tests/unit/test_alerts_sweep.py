"""The sweep: what stayed pending is published, counted, and given up in the end (ALR-3)."""

from __future__ import annotations

from functools import partial

import pytest

from functions.alerts import delivery, sweep
from functions.alerts.sweep import BUDGET_SECONDS, LATE_MS, MAX_ATTEMPTS, STAYED_MS
from shared.store.table import StoreUnavailableError
from tests.alerting import Alerting, account, lose_writes, metrics_of, rules


@pytest.fixture
def shop() -> Alerting:
    return Alerting()


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
