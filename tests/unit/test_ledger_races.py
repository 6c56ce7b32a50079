"""What changes while a race for an account is on: settings, limits and the zone (ALR-4, PRI-6, LED-4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.domain.errors import InsufficientCreditsError
from shared.domain.head import Head
from shared.domain.ledger import Movement
from shared.domain.thresholds import Rules, new_threshold
from shared.domain.usage import Usage
from shared.ports.ledger import Outcome
from shared.store.accounts import DynamoAccounts
from shared.store.ledger import DynamoLedger
from shared.store.recording import FRESH_SECONDS
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import ACCOUNT, WORKSPACE, a_purchase, a_usage, a_workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Fault, Step
from tests.fakes.table import FakeTable

THRESHOLD = "th_00000000000000000001"


class Shop:
    """A workspace in which two instances of the service write, and an admin changes things."""

    def __init__(self, **settings: object) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.workspaces = DynamoWorkspaces(self.table)
        self.workspaces.create(a_workspace(**{"enforce_credits": False} | settings))
        self.thresholds = DynamoThresholds(self.table, self.clock)
        self.ledger = DynamoLedger(self.table, self.clock)
        self.other = DynamoLedger(self.table, FakeClock(seed=1))
        self._made = 0

    def record(self, *rows: Usage) -> list[Outcome]:
        return self.ledger.record(WORKSPACE, rows).outcomes

    def overtake(self) -> None:
        self._made += 1
        self.other.record(WORKSPACE, [a_usage(f"other-{self._made}")])

    def block(self, limit: int) -> None:
        rules = Rules("user", None, "requests", limit, None, block=True)
        now_ms = self.clock.now_ms()
        self.thresholds.create(new_threshold(WORKSPACE, THRESHOLD, rules, now_ms), None, {})

    def raise_limit(self, limit: int) -> None:
        rules = Rules("user", None, "requests", limit, None, block=True)
        self.thresholds.change(WORKSPACE, THRESHOLD, rules, self.clock.now_ms())

    def change(self, **settings: object) -> None:
        before = self.workspaces.get(WORKSPACE)
        self.workspaces.replace(replace(before, **settings), before)  # type: ignore[arg-type]

    def head(self) -> Head:
        head = DynamoAccounts(self.table).head(WORKSPACE, ACCOUNT)
        assert head is not None
        return head


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.overtake()
    return shop


def code(outcome: Outcome) -> str:
    return "" if outcome.error is None else outcome.error.code


def both(*things: Callable[[], object]) -> Step:
    """Several things in the same moment."""

    def happen() -> None:
        for thing in things:
            thing()

    return happen


def test_a_block_set_while_a_race_is_on_holds_for_who_is_still_racing(shop: Shop) -> None:
    """ALR-4: a race can last for seconds, a block holds from its answer on."""
    late = both(lambda: shop.clock.advance(ms=int(FRESH_SECONDS * 1000) + 1), shop.overtake)

    shop.table.meet("transact", lambda: shop.block(1), late)
    assert code(shop.record(a_usage("mine"))[0]) == "limit_exceeded"


def test_a_block_set_just_before_an_unclear_conflict_holds(shop: Shop) -> None:
    shop.table.meet("transact", Fault.CONFLICT, None)
    shop.table.meet("get_many", None, lambda: shop.block(1))

    assert code(shop.record(a_usage("mine"))[0]) == "limit_exceeded"


def test_nothing_is_refused_for_a_limit_that_was_raised_meanwhile(shop: Shop) -> None:
    """Never refuse from what was read before the head that it is refused on."""
    shop.block(2)

    shop.table.meet("transact", both(shop.overtake, lambda: shop.raise_limit(3)))
    assert shop.record(a_usage("mine"))[0].status == "created"


def test_nothing_is_refused_for_a_balance_that_need_not_be_enforced_any_more() -> None:
    shop = Shop(enforce_credits=True)
    shop.ledger.move(WORKSPACE, "alice", a_purchase(7), None)

    shop.table.meet("transact", both(shop.overtake, lambda: shop.change(enforce_credits=False)))
    assert shop.record(a_usage("mine"))[0].status == "created"
    assert shop.head().balance == -3


def test_a_later_commit_of_a_long_batch_is_judged_by_settings_of_its_own_time(shop: Shop) -> None:
    rows = [a_usage(f"row-{n}") for n in range(200)]
    pause = lambda: shop.clock.advance(ms=int(FRESH_SECONDS * 1000) + 1)  # noqa: E731

    shop.table.meet("transact", None, both(pause, lambda: shop.block(1 + 98 + 98)))
    codes = [code(outcome) for outcome in shop.record(*rows)]

    assert codes.count("") == 98 + 98
    assert set(codes[98 + 98 :]) == {"limit_exceeded"}


def test_a_lost_race_within_a_moment_costs_no_read(shop: Shop) -> None:
    def overtake() -> None:
        shop.overtake()
        shop.table.calls.clear()

    shop.table.meet("transact", overtake)
    assert shop.record(a_usage("mine"))[0].status == "created"
    assert shop.table.calls == {"transact": 1}


def test_the_first_log_is_of_the_zone_that_the_workspace_has_when_it_is_written() -> None:
    """PRI-6: the mark of use fails when the zone changed, and everything is read anew."""
    shop = Shop(timezone="Pacific/Kiritimati")

    shop.table.meet("transact", lambda: shop.change(timezone="UTC"))
    assert shop.record(a_usage("mine"))[0].status == "created"
    assert shop.head().day == "2026-11-20"
    assert shop.workspaces.get(WORKSPACE).in_use


def test_a_purchase_that_raced_with_the_first_log_keeps_to_the_zone_of_the_log() -> None:
    """A movement that began under the old zone must not roll the counters of the new one."""
    shop = Shop(timezone="Pacific/Kiritimati")
    shop.clock.set(START_MS + 3_600_000)

    shop.table.meet("transact", both(lambda: shop.change(timezone="UTC"), shop.overtake))
    shop.ledger.move(WORKSPACE, "alice", a_purchase(), None)

    assert (shop.head().day, shop.head().today.requests) == ("2026-11-20", 1)


def test_a_debit_by_hand_is_refused_by_the_settings_of_its_own_time() -> None:
    """LED-4."""
    shop = Shop()
    shop.ledger.move(WORKSPACE, "alice", a_purchase(7), None)

    shop.table.meet("transact", both(shop.overtake, lambda: shop.change(enforce_credits=True)))
    with pytest.raises(InsufficientCreditsError):
        shop.ledger.move(WORKSPACE, "alice", Movement("debit", "adjustment", 7, note="why"), None)
