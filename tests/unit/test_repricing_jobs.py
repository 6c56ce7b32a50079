"""A repricing comes to its end once, whatever happens to requests, messages and workers (PRI-4, REC-4)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from functions.repricing import running, service
from functions.repricing.service import MAX_RECEIVES, TAKE_OVER_SECONDS
from shared.domain.errors import (
    IdempotencyConflictError,
    NotFoundError,
    TallyError,
    UnavailableError,
    ValidationFailedError,
)
from shared.domain.repricing import Repricing, Tally
from shared.store.table import StoreUnavailableError
from tests.factories import a_usage
from tests.fakes.faults import Call, Fault, Step
from tests.repricing_shop import EVER, Shop, W, rows

MILLI = 1_000_000_000
USERS = ("alice", "bob", "carol", "dave", "eve")


class KilledError(BaseException):
    """The worker dies: nothing that handles errors gets to run."""


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Five users with three unpriced logs each that a price has come for; one account at a time."""
    monkeypatch.setattr(running, "ACCOUNTS_AT_ONCE", 1)
    return stocked()


def stocked(**more: Any) -> Shop:
    shop = Shop(enforce_credits=False, **more)
    for user in USERS:
        shop.use(*rows(3, user=user))
    shop.put_price("own", 1_000_000, 0)
    return shop


ALL = Tally(15, 5, 0, 15 * MILLI, 15)


def later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Repricing:
    """A run that is left to jobs altogether."""
    monkeypatch.setattr(service, "INLINE_SECONDS", -1.0)
    return shop.reprice()


def now(shop: Shop, run: Repricing) -> Repricing:
    return shop.repricings.get(W, run.repricing_id)


def posted(shop: Shop, run: Repricing) -> Tally:
    """What stands beside the logs of a run."""
    tally = Tally()
    for user in USERS:
        for log in shop.listed(user):
            if log.repriced is not None and log.repriced.repricing_id == run.repricing_id:
                tally = tally.counted(log.repriced)
    return tally


def nth(verb: str, number: int, step: Step) -> Callable[[Call], Step]:
    """A step at the n-th call of a verb, nothing at any other."""
    seen = 0

    def chaos(call: Call) -> Step:
        nonlocal seen
        seen += call.verb == verb
        return step if call.verb == verb and seen == number else None

    return chaos


def die() -> None:
    raise KilledError


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


def test_a_worker_that_was_followed_by_another_stops(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both were at it; each log is posted once, and what the later one says of the run counts."""
    run = later(shop, monkeypatch)
    message = shop.queue.messages[-1][0]
    looked = 0

    def another() -> None:
        nonlocal looked
        shop.job(message, receive_count=2)
        looked = shop.table.calls["query"]

    shop.table.meet_chaos(nth("transact", 2, another))

    shop.job(message)

    assert shop.table.calls["query"] == looked
    assert (now(shop, run).status, now(shop, run).tally) == ("done", ALL)
    assert [len(shop.entries(user)) for user in USERS] == [2] * 5
    shop.assert_sound(*USERS)


def test_what_a_dead_worker_posted_counts_although_another_run_priced_the_logs_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands beside the logs names the other run by then: the tally does not rest on it."""
    run = later(shop, monkeypatch)
    message = shop.queue.messages[-1][0]
    shop.table.meet_chaos(nth("transact", 2, die))
    with pytest.raises(KilledError):
        shop.job(message)
    shop.table.meet_chaos(None)
    shop.put_price("own", 3_000_000, 0)
    monkeypatch.setattr(service, "INLINE_SECONDS", 100.0)
    other = shop.reprice()
    assert other.tally.logs == 15

    shop.job(message, receive_count=2)

    assert now(shop, run).tally == Tally(3, 1, 0, 3 * MILLI, 3)
    assert other.tally.credit_difference == 15 * 3 - 3
    shop.assert_sound(*USERS)


@pytest.mark.parametrize("call", range(1, 6))
def test_a_worker_that_was_overtaken_posts_nothing_that_nobody_counts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    """It is about to post logs that came after the later worker had been at the account."""
    run = later(shop, monkeypatch)
    message = shop.queue.messages[-1][0]

    def overtake() -> None:
        shop.job(message, receive_count=2)
        assert now(shop, run).status == "done"
        # So that the worker that was overtaken has something left to post.
        shop.put_price("own", 2_000_000, 0)
        for user in USERS:
            shop.use(a_usage(f"late-{user}", user_id=user, model="unheard-of"))

    shop.table.meet_chaos(nth("transact", call, overtake))

    shop.job(message)

    tallies = [
        Tally(len(entry.log_ids), 0, 0, 0, -entry.signed_amount)
        for user in USERS
        for entry in shop.entries(user)
        if entry.note == f"Repricing {run.repricing_id}"
    ]
    told = now(shop, run).tally
    assert sum(each.logs for each in tallies) == told.logs == 15
    assert sum(each.credit_difference for each in tallies) == told.credit_difference == 15
    shop.assert_sound(*USERS)


def test_a_request_that_was_overtaken_tells_how_far_the_run_is(shop: Shop) -> None:
    def take_over() -> None:
        ((message, _),) = shop.queue.messages
        shop.job(message)

    shop.table.meet_chaos(nth("transact", 2, take_over))

    run = shop.reprice()

    assert (run.status, run.tally) == ("done", ALL)
    shop.assert_sound(*USERS)


def test_a_run_that_no_job_can_follow_up_is_not_begun(shop: Shop) -> None:
    shop.queue.broken = True
    with pytest.raises(UnavailableError):
        shop.reprice("again")
    shop.queue.broken = False
    assert all(log.repriced is None for log in shop.listed())

    run, replayed = shop.repricings.ask(W, {**EVER, "dryRun": False}, "again")

    assert (run.status, run.tally, replayed) == ("done", ALL, False)


def test_what_another_run_posts_while_the_balance_is_looked_up_is_not_posted_again() -> None:
    """What stands beside the logs was read before the head: it is a condition of the commit."""
    shop = Shop()
    shop.buy(1)
    shop.use(*rows(2))
    shop.put_price("own", 1_000_000, 0)

    def others() -> None:
        shop.buy(10)
        shop.reprice()

    # The run, as it is created; the workspace; then the head.
    shop.table.meet("get", None, others)
    run = shop.reprice()

    assert (run.tally, shop.balance()) == (Tally(), 9)
    shop.assert_sound()


def test_two_runs_at_once_post_each_log_once() -> None:
    shop = stocked()
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _: shop.reprice(), range(4)))
    tallies = [run.tally for run in runs]
    assert sum(tally.logs for tally in tallies) == 15
    assert sum(tally.credit_difference for tally in tallies) == 15
    assert [posted(shop, run).logs for run in runs] == [tally.logs for tally in tallies]
    shop.assert_sound(*USERS)


@pytest.mark.parametrize("seed", range(12))
def test_usage_goes_on_while_everything_fails_now_and_then(seed: int) -> None:
    """Runs, usage and faults interleaved at random: books, cells and tallies agree in the end."""
    random = Random(seed)  # noqa: S311 - it has to be repeatable, not secret
    with ThreadPoolExecutor(3) as pool:
        shop = stocked(spread=pool.map)
        used = [0]

        def step() -> Step:
            drawn = random.random()
            if drawn < 0.15:
                return random.choice([Fault.CONFLICT, Fault.TIMEOUT_AFTER, Fault.SHORT_REASONS])
            if drawn < 0.25:
                return use_more
            return None

        def use_more() -> None:
            used[0] += 1
            user = USERS[used[0] % 5]
            shop.use(a_usage(f"more-{used[0]}", user_id=user, model="own"))

        def chaos(call: Call) -> Step:
            return (
                step()
                if call.verb == "transact" and len(call.writes) > 2 and used[0] < 20
                else None
            )

        shop.table.meet_chaos(chaos)
        runs = [attempted(shop) for _ in range(3)]
        shop.table.meet_chaos(None)
        shop.reprice()
    ended = [run for run in runs if run is not None and run.status == "done"]
    for run in ended:
        assert posted(shop, run) == run.tally._replace(accounts=0, unpaid=0)
    assert all(log.current.cost_picos == MILLI for user in USERS for log in shop.listed(user))
    shop.assert_sound(*USERS)


def attempted(shop: Shop) -> Repricing | None:
    try:
        return shop.reprice()
    except (TallyError, StoreUnavailableError):
        return None


def test_a_repeated_request_gets_its_run_and_starts_none(shop: Shop) -> None:
    run = shop.reprice("key")
    again, replayed = shop.repricings.ask(W, {**EVER, "dryRun": False}, "key")
    assert (again, replayed) == (run, True)
    with pytest.raises(IdempotencyConflictError) as refused:
        shop.reprice("key", dry=True)
    assert [error.pointer for error in refused.value.errors] == ["/dryRun"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"startDate": None}, "/startDate"),
        ({"endDate": None}, "/endDate"),
        ({"startDate": "yesterday"}, "/startDate"),
        ({"startDate": "2026-11-20T00:00:00"}, "/startDate"),
        ({"startDate": 20261120}, "/startDate"),
        ({"startDate": "2026-11-21", "endDate": "2026-11-20"}, "/endDate"),
        ({"startDate": "2025-01-01"}, "/endDate"),
        ({"dryRun": None}, "/dryRun"),
        ({"dryRun": "true"}, "/dryRun"),
        ({"userId": "a b"}, "/userId"),
        ({"model": ""}, "/model"),
        ({"price": 1}, "/price"),
    ],
)
def test_a_wrong_body_is_refused(shop: Shop, changes: dict[str, object], pointer: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        shop.repricings.ask(W, {**EVER, "dryRun": True, **changes}, None)
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert shop.queue.messages == []


def test_a_year_and_its_day_are_not_too_long(shop: Shop) -> None:
    days = {"startDate": "2025-10-18", "endDate": "2026-11-21"}
    assert shop.reprice(dry=True, **days).tally == ALL
    with pytest.raises(ValidationFailedError):
        shop.reprice(dry=True, startDate="2025-10-17", endDate="2026-11-21")


@pytest.mark.parametrize("repricing_id", ["nothing", "", "x" * 2000, "a#b"])
def test_an_unknown_run_is_not_found(shop: Shop, repricing_id: str) -> None:
    with pytest.raises(NotFoundError):
        shop.repricings.get(W, repricing_id)


def test_a_run_of_another_workspace_is_not_found(shop: Shop) -> None:
    """SEC-1."""
    run = shop.reprice()
    with pytest.raises(NotFoundError):
        shop.repricings.get("other", run.repricing_id)
