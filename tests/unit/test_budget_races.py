"""Budgets of a workspace under writers side by side: filled, and never overrun (ALR-4, REC-5)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.ports.ledger import Outcome
from shared.store.ledger import DynamoLedger
from shared.store.table import Table
from tests.budget_shop import DAY, FULL, Shop, codes
from tests.factories import WORKSPACE, a_usage
from tests.fakes.clock import FakeClock
from tests.folding import interleave, seeded

WRITERS = 32


def race(shop: Shop, write: Callable[[int, DynamoLedger], list[Outcome]]) -> list[Outcome]:
    """Writers side by side, each an instance of its own."""
    ledgers = [DynamoLedger(shop.table, FakeClock(seed=n)) for n in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        jobs = [pool.submit(write, number, ledger) for number, ledger in enumerate(ledgers)]
        return [outcome for job in jobs for outcome in job.result()]


@pytest.mark.parametrize("limit", [7, 40, 150])
def test_thirty_two_writers_at_once_fill_a_budget_and_never_overrun_it(limit: int) -> None:
    """ALR-4, under concurrency: of logs of one size, exactly what fits."""
    shop = Shop()
    shop.budget(limit * 3 + 2)

    def write(number: int, ledger: DynamoLedger) -> list[Outcome]:
        rows = [a_usage(f"{number}-{n}", user_id=f"user-{number}", credits=3) for n in range(6)]
        return [ledger.record(WORKSPACE, [row]).outcomes[0] for row in rows]

    outcomes = race(shop, write)

    assert [o.status for o in outcomes].count("created") == limit
    assert shop.used(DAY).credits == shop.true(DAY).credits == limit * 3
    assert {code for code in codes(outcomes) if code} == {FULL}


@pytest.mark.parametrize("seed", range(12))
def test_in_any_order_of_their_calls_writers_never_overrun_a_budget(seed: int) -> None:
    """Call by call, one of them at a time, in an order that the seed repeats; folding in between."""
    shop = Shop()
    shop.budget(20)

    def writer(number: int) -> Callable[[Table], object]:
        def write(table: Table) -> None:
            ledger = DynamoLedger(table, FakeClock(seed=number))
            for n in range(3):
                usage = a_usage(f"{number}-{n}", user_id=f"user-{number % 5}", credits=1 + n)
                ledger.record(WORKSPACE, [usage])

        return write

    interleave(shop.table, [*map(writer, range(9)), lambda table: shop.fold()], seeded(seed))

    assert shop.used(DAY).credits == shop.true(DAY).credits
    assert 15 <= shop.true(DAY).credits <= 20


def test_the_overshoot_is_what_was_under_way_unseen_and_no_more() -> None:
    """A commit that left enough room when it was read is not held up; how far that goes is bounded."""
    shop = Shop()
    shop.budget(1000)

    def overtake() -> None:
        ledger = DynamoLedger(shop.table, FakeClock(seed=1))
        for n in range(10):
            ledger.record(WORKSPACE, [a_usage(f"other-{n}", user_id="bob", credits=100)])

    shop.table.meet("transact", overtake)
    assert shop.use(15) == [""], "15 × 64 fit into what was left when it was read"
    assert shop.used(DAY).credits == 1015

    assert shop.use(1) == [FULL]
