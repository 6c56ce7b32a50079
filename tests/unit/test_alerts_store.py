"""Alerts in the table: recorded once, an outbox while they wait, a history for lists (ALR-2, ALR-3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.alerts import Alert, AlertFilter, Line
from shared.domain.errors import ConflictRetryError, NotFoundError
from shared.store import alerts as module
from shared.store.alerts import DynamoAlerts
from shared.store.schema import alert_key
from shared.store.table import Put
from tests.factories import ACCOUNT
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Fault
from tests.fakes.table import FakeTable

W = "acme"
OTHER = "acct_0000000000000000beef"
LINE = Line(
    W, "th_00000000000000000001", 1, "user", ACCOUNT, "cost", "daily", "2026-11-20", 80, 10**13, 9
)


def an_alert(number: int = 0, **changes: Any) -> Alert:
    """An alert of its own percentage, a second after the one before."""
    line = replace(LINE, percent=1 + number, **changes)
    return Alert(line, START_MS + number * 1000)


class Store:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.alerts = DynamoAlerts(self.table, self.clock.random_bytes)

    def get(self, alert: Alert) -> Alert:
        found = self.alerts.on_record(W, [alert.alert_id])[alert.alert_id]
        assert found is not None
        return found

    def waiting(self) -> list[Alert | None]:
        return list(self.alerts.pending(100))

    def listed(self, where: AlertFilter | None = None, **options: Any) -> list[int]:
        found = self.alerts.newest(W, where or AlertFilter(), **options)
        return [(alert.line.percent or 0) - 1 for _, alert in found]


@pytest.fixture
def store() -> Store:
    return Store()


def test_an_alert_comes_back_as_it_was_recorded(store: Store) -> None:
    whole = replace(LINE, scope="workspace", account_id=None, kind="monthly", period="2026-11")
    for alert in (an_alert(), Alert(whole, START_MS)):
        assert store.alerts.record(alert) == alert
        assert store.get(alert) == alert


def test_only_the_first_to_record_a_line_finds_it_new(store: Store) -> None:
    first = an_alert()
    store.alerts.record(first)

    later = replace(first, created_ms=first.created_ms + 5, line=replace(first.line, value=10**13))

    assert store.alerts.record(later) == first
    assert store.waiting() == [first]


def test_a_sent_alert_leaves_the_outbox_and_stays_on_record(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)

    store.alerts.mark_sent(alert, START_MS + 9)
    store.alerts.mark_sent(alert, START_MS + 99)
    store.alerts.mark_failed(alert)

    assert store.get(alert) == replace(alert, delivery="sent", sent_ms=START_MS + 9)
    assert store.waiting() == []


def test_a_failed_alert_leaves_the_outbox(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)

    store.alerts.mark_failed(alert)

    assert (store.get(alert).status, store.waiting()) == ("failed", [])


def test_an_attempt_is_claimed_by_one_only(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)

    assert store.alerts.claim(alert)
    assert not store.alerts.claim(alert)
    assert store.alerts.claim(store.get(alert))
    assert store.get(alert).attempts == 2
    store.alerts.mark_sent(alert, START_MS)
    assert not store.alerts.claim(store.get(alert))


def test_an_acknowledged_alert_is_still_delivered(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)

    store.alerts.acknowledge(W, alert.alert_id, START_MS + 1, None)

    assert store.waiting() == [replace(alert, acknowledged_ms=START_MS + 1)]
    store.alerts.mark_sent(alert, START_MS + 2)
    now = store.get(alert)
    assert (now.status, now.sent_ms) == ("acknowledged", START_MS + 2)


def test_acknowledging_again_keeps_the_first_time(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)

    first, again = store.alerts.acknowledge(W, alert.alert_id, START_MS + 1, None)
    second, once_more = store.alerts.acknowledge(W, alert.alert_id, START_MS + 2, None)

    assert first == second == replace(alert, acknowledged_ms=START_MS + 1)
    assert (again, once_more) == (False, False)


def test_acknowledging_under_a_key_is_a_repeat_the_second_time(store: Store) -> None:
    alert, other = an_alert(), an_alert(1)
    store.alerts.record(alert)
    store.alerts.record(other)
    store.alerts.acknowledge(W, alert.alert_id, START_MS, None)

    answers = [
        store.alerts.acknowledge(W, each.alert_id, START_MS, "k")[1]
        for each in (alert, alert, other)
    ]

    assert answers == [False, True, False]


def test_acknowledging_and_delivering_at_once_loses_neither(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)

    store.table.meet("write", lambda: store.alerts.mark_sent(alert, START_MS + 1))
    store.alerts.acknowledge(W, alert.alert_id, START_MS + 2, None)

    now = store.get(alert)
    assert (now.delivery, now.sent_ms, now.acknowledged_ms) == ("sent", START_MS + 1, START_MS + 2)


def test_two_who_acknowledge_at_once_agree_on_one_time(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)

    store.table.meet(
        "write", lambda: store.alerts.acknowledge(W, alert.alert_id, START_MS + 1, None)
    )
    late, _ = store.alerts.acknowledge(W, alert.alert_id, START_MS + 2, None)

    assert late.acknowledged_ms == store.get(alert).acknowledged_ms == START_MS + 1


def test_an_alert_that_is_not_there_cannot_be_acknowledged(store: Store) -> None:
    store.alerts.record(an_alert())
    for workspace, alert_id in (
        (W, an_alert(1).alert_id),
        ("other", an_alert().alert_id),
        (W, "x"),
    ):
        with pytest.raises(NotFoundError):
            store.alerts.acknowledge(workspace, alert_id, START_MS, None)


def test_contention_without_end_is_told(store: Store) -> None:
    alert = an_alert()
    store.alerts.record(alert)
    store.table.meet_chaos(lambda call: Fault.CONFLICT if call.verb == "transact" else None)

    with pytest.raises(ConflictRetryError):
        store.alerts.acknowledge(W, alert.alert_id, START_MS, "k")


def test_lists_run_from_the_newest_and_go_on_from_any_row(store: Store) -> None:
    for number in range(5):
        store.alerts.record(an_alert(number))

    (_, _, (third, _), *_) = store.alerts.newest(W, AlertFilter())

    assert store.listed() == [4, 3, 2, 1, 0]
    assert store.listed(descending=False) == [0, 1, 2, 3, 4]
    assert store.listed(after=third) == [1, 0]
    assert store.listed(after=third, descending=False) == [3, 4]


def test_lists_take_a_status_and_an_account(store: Store) -> None:
    alerts = [an_alert(number, account_id=ACCOUNT if number < 4 else OTHER) for number in range(5)]
    for alert in alerts:
        store.alerts.record(alert)
    store.alerts.mark_sent(alerts[0], START_MS)
    store.alerts.mark_sent(alerts[1], START_MS)
    store.alerts.mark_failed(alerts[2])
    store.alerts.acknowledge(W, alerts[1].alert_id, START_MS, None)

    for where, expected in (
        (AlertFilter(status="sent"), [0]),
        (AlertFilter(status="acknowledged"), [1]),
        (AlertFilter(status="failed"), [2]),
        (AlertFilter(status="pending"), [4, 3]),
        (AlertFilter(ACCOUNT, "pending"), [3]),
        (AlertFilter(OTHER), [4]),
        (AlertFilter("acct_nobody"), []),
    ):
        assert store.listed(where) == expected
        assert store.alerts.count(W, where) == len(expected)


def test_a_total_has_an_end_and_a_list_none(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(module, "MAX_COUNTED", 4)
    for number in range(7):
        store.alerts.record(an_alert(number))

    assert store.alerts.count(W, AlertFilter()) == 4
    assert store.listed() == [6, 5, 4, 3, 2, 1, 0]


def test_the_outbox_is_read_up_to_a_bound(store: Store) -> None:
    for number in range(5):
        store.alerts.record(an_alert(number))

    assert len(list(store.alerts.pending(3))) == 3


def test_an_alert_of_a_later_release_stops_nobody(store: Store) -> None:
    alert, later = an_alert(), an_alert(1)
    store.alerts.record(alert)
    store.alerts.record(later)
    item = next(i for i in store.table.items() if i["sk"] == later.alert_id)
    store.table.write(Put(item | {"kd": "balance"}))

    assert store.alerts.on_record(W, [alert.alert_id, later.alert_id]) == {
        alert.alert_id: alert,
        later.alert_id: None,
    }
    assert store.alerts.record(later) is None
    assert sorted(store.waiting(), key=lambda each: each is None) == [alert, None]
    assert store.listed() == [0]


def test_another_workspaces_alerts_are_apart(store: Store) -> None:
    store.alerts.record(an_alert())
    store.alerts.record(an_alert(1, workspace_id="other"))

    assert store.listed() == [0]
    assert store.alerts.on_record(W, [an_alert(1).alert_id]) == {}
    assert store.table.get(alert_key("other", an_alert().alert_id)) is None
