"""Repricings, their workers and usage at the same time: each log is posted once, each tally exact (PRI-4)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from functions.repricing import running, service
from shared.domain.errors import TallyError
from shared.domain.repricing import Repricing, Tally
from shared.store.table import StoreUnavailableError
from tests.factories import a_usage
from tests.fakes.faults import Call, Fault, Step
from tests.repriced import ALL, MILLI, USERS, KilledError, die, later, now, nth, posted, stocked
from tests.repricing_shop import Shop, rows


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The five users, one account at a time."""
    monkeypatch.setattr(running, "ACCOUNTS_AT_ONCE", 1)
    return stocked()


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
