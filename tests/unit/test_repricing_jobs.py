"""A repricing comes to its end once, whatever happens to requests, messages and workers (PRI-4, REC-4)."""

from __future__ import annotations

from contextlib import suppress

import pytest

from functions.repricing import running
from functions.repricing.service import MAX_RECEIVES, TAKE_OVER_SECONDS
from shared.domain.repricing import Tally
from shared.store.table import StoreUnavailableError
from tests.fakes.faults import Call, Fault, Step
from tests.repriced import ALL, MILLI, USERS, KilledError, die, later, now, nth, posted, stocked
from tests.repricing_shop import EVER, Shop, W, rows


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The five users, one account at a time."""
    monkeypatch.setattr(running, "ACCOUNTS_AT_ONCE", 1)
    return stocked()


def test_a_run_that_outlasts_its_request_is_gone_on_with_by_a_job(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = later(shop, monkeypatch)
    assert (run.status, run.tally) == ("running", Tally())
    (take_over, delay), (go_on, at_once) = shop.queue.messages
    assert (delay, at_once) == (TAKE_OVER_SECONDS, 0)

    shop.job(go_on)

    assert (now(shop, run).status, now(shop, run).tally) == ("done", ALL)
    shop.job(take_over)
    assert now(shop, run).attempt == 2
    shop.assert_sound(*USERS)


def test_a_request_that_died_is_taken_over(shop: Shop) -> None:
    shop.table.meet_chaos(nth("transact", 3, die))
    with pytest.raises(KilledError):
        shop.reprice()
    ((take_over, _),) = shop.queue.messages
    shop.table.meet_chaos(None)

    shop.job(take_over)

    run = shop.repricings.get(W, take_over["repricingId"])
    assert (run.status, run.tally) == ("done", ALL)
    shop.assert_sound(*USERS)


@pytest.mark.parametrize("fault", [die, Fault.TIMEOUT_AFTER, Fault.TIMEOUT_BEFORE])
@pytest.mark.parametrize("call", range(1, 6))
def test_what_a_worker_posted_before_it_died_is_counted_and_not_posted_again(
    fault: Step, call: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "ACCOUNTS_AT_ONCE", 2)
    shop = stocked()
    run = later(shop, monkeypatch)
    message = shop.queue.messages[-1][0]
    lost = 0

    def chaos(step: Call) -> Step:
        nonlocal lost
        lost += step.verb == "transact"
        if step.verb != "transact" or lost < call:
            return None
        return fault

    shop.table.meet_chaos(chaos)
    with pytest.raises((KilledError, StoreUnavailableError)):
        shop.job(message)
    shop.table.meet_chaos(None)

    shop.job(message, receive_count=2)

    assert (now(shop, run).status, now(shop, run).tally) == ("done", ALL)
    assert posted(shop, run) == ALL._replace(accounts=0)
    assert [len(shop.entries(user)) for user in USERS] == [2] * 5
    shop.assert_sound(*USERS)


def test_a_job_hands_over_when_its_time_is_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    run = later(shop, monkeypatch)
    shop.table.meet_chaos(
        lambda call: (lambda: shop.clock.advance(minutes=10)) if call.verb == "transact" else None
    )
    worked = 0
    while now(shop, run).status == "running":
        message, _ = shop.queue.messages[-1]
        shop.job(message)
        worked += 1

    assert worked == 3
    assert now(shop, run).tally == ALL
    assert [len(shop.entries(user)) for user in USERS] == [2] * 5
    shop.assert_sound(*USERS)


def test_an_account_with_more_logs_than_there_is_time_for_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "LOGS_AT_ONCE", 4)
    shop = Shop(enforce_credits=False)
    shop.use(*rows(20))
    shop.put_price("own", 1_000_000, 0)
    run = later(shop, monkeypatch)
    shop.table.meet_chaos(
        lambda call: (lambda: shop.clock.advance(minutes=8)) if call.verb == "transact" else None
    )
    while now(shop, run).status == "running":
        shop.job(shop.queue.messages[-1][0])

    assert now(shop, run).tally == Tally(20, 1, 0, 20 * MILLI, 20)
    assert len(shop.entries()) == 6
    shop.assert_sound()


def test_an_old_message_does_not_start_a_run_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = later(shop, monkeypatch)
    message = shop.queue.messages[-1][0]
    shop.table.meet_chaos(nth("transact", 1, die))
    with pytest.raises(KilledError):
        shop.job(message)
    shop.table.meet_chaos(None)

    shop.job(message)

    assert (now(shop, run).status, now(shop, run).attempt) == ("running", 2)


def test_a_request_that_dies_anywhere_leaves_no_run_that_nobody_goes_on_with() -> None:
    for number in range(1, 8):
        shop = stocked()
        shop.table.meet_chaos(nth("transact", number, die))
        with suppress(KilledError):
            shop.reprice("key")
        shop.table.meet_chaos(None)
        for message, _ in shop.queue.messages:
            shop.job(message)
        run, _ = shop.repricings.ask(W, {**EVER, "dryRun": False}, "key")
        assert (run.status, run.tally) == ("done", ALL), number


def test_a_dead_letter_that_is_put_back_goes_on_after_workers_that_died(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever puts it back makes a new message of it: its count of receipts begins anew."""
    run = later(shop, monkeypatch)
    message = shop.queue.messages[-1][0]
    for received in range(1, MAX_RECEIVES + 1):
        shop.table.meet_chaos(nth("transact", 1, die))
        with pytest.raises(KilledError):
            shop.job(message, received)
    shop.table.meet_chaos(None)
    shop.clock.advance(minutes=17)

    shop.job(message)

    assert (now(shop, run).status, now(shop, run).tally) == ("done", ALL)
    shop.assert_sound(*USERS)


def test_a_message_of_a_run_that_is_not_there_or_done_changes_nothing(shop: Shop) -> None:
    run = shop.reprice()
    before = shop.table.items()
    for repricing_id in (run.repricing_id, "unknown"):
        shop.job({"workspaceId": W, "repricingId": repricing_id, "attempt": 1}, receive_count=2)
    assert shop.table.items() == before


def test_a_run_that_keeps_failing_is_given_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    run = later(shop, monkeypatch)
    message = shop.queue.messages[-1][0]
    shop.table.meet_chaos(lambda call: Fault.TIMEOUT_BEFORE if call.verb == "transact" else None)
    for received in range(1, MAX_RECEIVES + 1):
        assert now(shop, run).status == "running"
        with pytest.raises(StoreUnavailableError):
            shop.job(message, received)
    shop.table.meet_chaos(None)

    assert now(shop, run).status == "failed"
    assert shop.queue.put_back == [30, 60, 0]
    assert shop.reprice().status == "running"
