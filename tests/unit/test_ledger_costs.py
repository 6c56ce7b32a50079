"""What reads of the ledger take from the table does not grow with the journal (LED-6, STA-4)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shared.domain.calendar import utc_text
from tests.fakes.clock import START_MS
from tests.folding import seeded
from tests.ledger_shop import LedgerShop

FEW, MANY = 150, 1_200
DAY = 86_400_000
ALL = "/api/admin/transactions"
ALICE = f"{ALL}/alice"
DAYS = {"startDate": "2026-11-20", "endDate": "2026-11-30"}
CUT = {"startDate": utc_text(START_MS + DAY), "endDate": utc_text(START_MS + 8 * DAY + 1234567)}
READS: tuple[tuple[str, Mapping[str, str], float, int], ...] = (
    (ALL, {}, 28, 22),
    (ALL, {"page": "5"}, 28, 22),
    (ALL, {"reason": "purchase"}, 20, 7),
    (ALL, CUT, 28, 22),
    (f"{ALL}/summary", DAYS, 10, 14),
    (ALICE, {}, 8, 4),
    (ALICE, CUT, 40, 30),
    (ALICE, {"type": "credit"}, 60, 24),
    (f"{ALICE}/statement", {"month": "2026-11"}, 70, 18),
    (f"{ALL}/summary", {**DAYS, "userId": "alice"}, 80, 15),
    ("/api/admin/accounts", {}, 20, 15),
    ("/api/admin/accounts", {"q": "al"}, 8, 5),
    ("/api/admin/accounts/alice", {"at": utc_text(START_MS + 3 * DAY)}, 14, 14),
)


def shop(entries: int) -> LedgerShop:
    """Ten days of three users; one entry in ten is a purchase."""
    random = seeded(entries)
    made = LedgerShop()
    for number in range(entries):
        made.clock.advance(ms=10 * DAY // entries)
        user = random.choice(("alice", "bob", "carol"))
        made.move("purchase", user) if number % 10 == 0 else made.use(user)
    made.fold()
    return made


@pytest.fixture(scope="module")
def few() -> LedgerShop:
    return shop(FEW)


@pytest.fixture(scope="module")
def many() -> LedgerShop:
    return shop(MANY)


@pytest.mark.parametrize(("path", "query", "units", "calls"), READS)
def test_a_read_takes_about_the_same_of_eight_times_the_entries(
    few: LedgerShop,
    many: LedgerShop,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    query: Mapping[str, str],
    units: float,
    calls: int,
) -> None:
    """Eight times the entries are three steps more of a bisection."""
    monkeypatch.setattr("functions.transactions.statements.MAX_ENTRIES_READ", 20)

    little, much = few.costs(path, query), many.costs(path, query)

    assert much[0] <= units
    assert much[1] <= calls
    assert much[0] <= 3 * little[0] + 8
