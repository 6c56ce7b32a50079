"""What recording and folding take of the table, to the unit: the figures in `docs/architecture.md` (OPS-1).

Counted by DynamoDB's rules: a unit for each KB begun, twice in transactions, index rows included. Each
account is there before, with an entry that is folded.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.domain.usage import Usage
from tests.factories import WORKSPACE, a_usage
from tests.ledger_shop import LedgerShop

Costs = tuple[int, float]
"""Write units and read units."""

TOGETHER = 1_000
"""Entries that come one by one and are folded in one batch."""


def row(number: int, user: str) -> Usage:
    """A log with an id as long as a UUID: its commit's entry lists it."""
    return a_usage(f"log-{number:032d}", user_id=user)


def spent(shop: LedgerShop, do: Callable[[], object]) -> Costs:
    """What something takes."""
    units = shop.table.units
    writes, reads = units.writes, units.reads
    do()
    return units.writes - writes, units.reads - reads


def shop_of(users: int) -> LedgerShop:
    """A workspace in which each of some users has one log, and that is folded."""
    shop = LedgerShop()
    for user in range(users):
        shop.use(f"user-{user}", row(TOGETHER + user, f"user-{user}"))
    shop.fold()
    shop.entries.clear()
    return shop


@pytest.mark.parametrize(
    ("logs", "commit", "fold"),
    [(1, (8, 4), (23, 3)), (5, (20, 4), (23, 3)), (98, (310, 4), (23, 3))],
)
def test_logs_of_one_user_in_one_commit(logs: int, commit: Costs, fold: Costs) -> None:
    """A log more costs three units; folding takes the same, however many logs the entry has."""
    shop = shop_of(1)
    rows = [row(at, "user-0") for at in range(logs)]

    assert spent(shop, lambda: shop.use("user-0", *rows)) == commit
    assert spent(shop, shop.fold) == fold


def test_a_purchase() -> None:
    shop = shop_of(1)

    assert spent(shop, lambda: shop.move("purchase", "user-0")) == (5, 4)
    assert spent(shop, shop.fold) == (6, 3)


@pytest.mark.parametrize(("users", "fold"), [(50, (366, 101)), (200, (1_448, 401))])
def test_entries_of_many_accounts_folded_together(users: int, fold: Costs) -> None:
    """At most two units an event when a thousand entries of two hundred accounts arrive together."""
    shop = shop_of(users)

    def record() -> None:
        for at in range(TOGETHER):
            user = f"user-{at % users}"
            shop.use(user, row(at, user))

    assert spent(shop, record) == (8 * TOGETHER, 4 * TOGETHER)
    assert spent(shop, shop.fold) == fold
    assert fold[0] <= 2 * TOGETHER


@pytest.mark.parametrize(("users", "commit"), [(20, (400, 42)), (1, (321, 4))])
def test_a_batch_of_a_hundred(users: int, commit: Costs) -> None:
    """Packing: at most 4.5 units a log over twenty accounts, 3.5 over one."""
    shop = shop_of(users)
    rows = [row(at, f"user-{at % users}") for at in range(100)]

    assert spent(shop, lambda: shop.ledger.record(WORKSPACE, rows)) == commit
