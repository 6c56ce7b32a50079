"""Monthly statements: figures that add up, by when they were committed, however they are read (LED-6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.transactions.service import AccountOf
from functions.transactions.statements import StateMonth
from functions.transactions.views import statement_view
from shared.domain.calendar import days_between, local_day
from shared.domain.ids import transaction_id
from shared.domain.journal import REASONS, Entry
from shared.routes import SERVICE, USER
from shared.store import cells as cells_module
from shared.store.accounts import DynamoAccounts
from shared.store.cells import DynamoCells
from tests.factories import a_usage
from tests.fakes.clock import START_MS
from tests.folding import AtCall, seeded
from tests.ledger_shop import MOVES, LedgerShop
from tests.repricing_shop import Shop as RepricingShop

ALICE = "/api/admin/transactions/alice/statement"
READ = "functions.transactions.statements.MAX_ENTRIES_READ"
HOUR = 3_600_000
DAY = 24 * HOUR
ZONES = ("UTC", "Asia/Kathmandu", "America/New_York")


@pytest.fixture
def from_cells() -> Iterator[None]:
    """Statements take what services took from cells, however few entries there are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(READ, 0)
        yield


def shop(seed: int, zone: str) -> LedgerShop:
    """Alice's entries of up to half a year, with late logs, logs of tomorrow, and refunds; part folded."""
    random = seeded(seed)
    made = LedgerShop(timezone=zone)
    for number in range(random.randint(1, 30)):
        made.clock.advance(ms=random.choice((1, HOUR, random.randrange(3 * DAY), 20 * DAY)))
        if random.random() < 0.3:
            made.move(random.choice(list(MOVES)))
            continue
        rows = [
            a_usage(
                f"log-{number}-{n}",
                service=random.choice(("chat", "ocr")),
                credits=random.randrange(20),
                occurred_ms=made.clock.now_ms()
                + random.choice((0, 299_000, -2 * HOUR, -random.randrange(90 * DAY))),
            )
            for n in range(random.randint(1, 3))
        ]
        used = made.use("alice", *rows)
        if used.amount and random.random() < 0.3:
            made.move("refund", refund_of=transaction_id(used.account_id, used.seq))
        if random.random() < 0.2:
            made.fold(*random.sample(made.entries, random.randint(1, len(made.entries))))
    return made


def by_hand(made: LedgerShop, month: str) -> dict[str, Any]:
    """The statement of a month, out of all entries."""

    def day_of(entry: Entry) -> str:
        return local_day(entry.created_ms, made.zone)

    before = [e for e in made.entries if day_of(e)[:7] < month]
    own = [e for e in made.entries if day_of(e)[:7] == month]
    opening = sum(e.signed_amount for e in before)
    services: dict[str, list[int]] = {}
    for entry in own:
        for row in entry.digest:
            figures = services.setdefault(row.dimensions.service, [0, 0])
            figures[0] += row.sums.credits
            figures[1] += row.sums.requests
    today = local_day(made.clock.now_ms(), made.zone)
    days, balance = [], opening
    for day in days_between(f"{month}-01", f"{month}-28"):
        theirs = [e for e in own if day_of(e) == day]
        balance += sum(e.signed_amount for e in theirs)
        if day <= today:
            days.append(
                {
                    "date": day,
                    "credited": sum(e.amount for e in theirs if e.type == "credit"),
                    "debited": sum(e.amount for e in theirs if e.type == "debit"),
                    "closingBalance": balance,
                }
            )
    return {
        "month": month,
        "openingBalance": opening,
        "closingBalance": opening + sum(e.signed_amount for e in own),
        "totals": {r: sum(e.signed_amount for e in own if e.reason == r) for r in REASONS},
        "byService": [
            {"service": service, "credits": credits, "requests": requests}
            for service, (credits, requests) in sorted(
                services.items(), key=lambda use: (-use[1][0], use[0])
            )
        ],
        "days": days,
    }


def assert_adds_up(statement: dict[str, Any]) -> None:
    totals, days = statement["totals"], statement["days"]
    opening, closing = statement["openingBalance"], statement["closingBalance"]
    assert opening + sum(totals.values()) == closing
    assert sum(row["credits"] for row in statement["byService"]) == -totals["usage"]
    assert opening + sum(day["credited"] - day["debited"] for day in days) == closing
    assert days[-1]["closingBalance"] == closing


def assert_statements(made: LedgerShop) -> None:
    months = {local_day(entry.created_ms, made.zone)[:7] for entry in made.entries}
    for month in {"2026-10", local_day(made.clock.now_ms(), made.zone)[:7], *months}:
        statement = made.get(ALICE, {"month": month})["statement"]
        assert_adds_up(statement)
        assert {**statement, "days": statement["days"][:28]} == by_hand(made, month)


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_a_statement_is_what_the_entries_of_its_month_come_to(seed: int, zone: str) -> None:
    assert_statements(shop(seed, zone))


@pytest.mark.usefixtures("from_cells")
@settings(max_examples=100)
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_it_is_the_same_from_cells_wherever_the_folding_stands(seed: int, zone: str) -> None:
    """Logs that came in another month than they are of belong to the month that they were paid in."""
    assert_statements(shop(seed, zone))


@pytest.mark.usefixtures("from_cells")
@pytest.mark.parametrize("call", range(1, 14))
def test_it_adds_up_when_others_commit_and_fold_during_the_read(call: int) -> None:
    made = shop(7, "UTC")

    def more() -> None:
        made.use(service="ocr", credits=11)
        made.fold()

    made.table.meet_chaos(AtCall(call, more))
    statement = made.get(ALICE)["statement"]
    made.table.meet_chaos(None)
    assert_adds_up(statement)


@pytest.mark.usefixtures("from_cells")
def test_a_repricing_is_an_adjustment_and_no_usage_of_a_service() -> None:
    """Statistics follow a repricing, so its differences stand in the cells that services are told from."""
    shop = RepricingShop(enforce_credits=False)
    shop.use(a_usage("then", model="new", occurred_ms=START_MS - 25 * DAY))
    shop.use(a_usage("now", model="new", occurred_ms=START_MS))
    shop.put_price("new", 10**9, 10**9)
    shop.reprice()
    shop.assert_sound()
    accounts = DynamoAccounts(shop.table)
    head = accounts.head("acme", shop.account())
    assert head is not None
    state = StateMonth(accounts, DynamoCells(shop.table), shop.clock)
    view: dict[str, Any] = statement_view(
        state(AccountOf(shop.workspace, head, "alice"), "2026-11")
    )
    assert_adds_up(view)
    assert view["byService"] == [{"service": "chat", "credits": 0, "requests": 2}]
    assert view["totals"]["adjustment"] < 0


@pytest.mark.usefixtures("from_cells")
def test_figures_that_do_not_add_up_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folding is far behind, so cells can't tell yet: 503, and fine when it has caught up."""
    monkeypatch.setattr(cells_module, "MAX_TAIL_ENTRIES", 3)
    made = LedgerShop()
    for _ in range(9):
        made.use()
    status, body = made.answer(ALICE)
    assert (status, body["status"]) == (503, 503)
    made.fold()
    assert_adds_up(made.get(ALICE)["statement"])


def test_days_of_this_month_end_today_and_of_an_earlier_one_with_the_month() -> None:
    made = LedgerShop()
    made.use()
    assert [d["date"] for d in made.get(ALICE)["statement"]["days"]][-1] == "2026-11-20"
    october = made.get(ALICE, {"month": "2026-10"})["statement"]
    assert [d["date"] for d in october["days"]] == days_between("2026-10-01", "2026-10-31")
    assert (october["openingBalance"], october["closingBalance"]) == (0, 0)


def test_a_user_reads_their_own_statement_and_nobody_else_s() -> None:
    made = LedgerShop()
    made.move("purchase")
    own = made.own("/api/transactions/statement", {"month": "2026-11"})
    assert own == made.get(ALICE, {"month": "2026-11"})
    nobody = made.own("/api/transactions/statement", user="nobody")["statement"]
    assert (nobody["closingBalance"], nobody["byService"]) == (0, [])
    for role in (USER, SERVICE):
        assert made.answer(ALICE, role=role, subject="alice")[0] == 403
    assert made.answer("/api/admin/transactions/bob/statement")[0] == 404


@pytest.mark.parametrize(
    "month",
    ["2026-12", "9998-01", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-20", "1969-12", ""],
)
def test_a_month_is_one_that_has_begun(month: str) -> None:
    made = LedgerShop()
    made.use()
    status, body = made.answer(ALICE, {"month": month})
    assert (status, body["errors"][0]["pointer"]) == (422, "?month")


def test_what_a_statement_reads_does_not_grow_with_the_journal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(READ, 100)
    costs = []
    for entries in (300, 1_500):
        made = LedgerShop()
        for _ in range(entries):
            made.clock.advance(ms=9 * DAY // entries)
            made.use()
        made.fold()
        costs.append(made.costs(ALICE))
    (few, few_calls), (many, many_calls) = costs
    assert many <= few + 40
    assert many <= 140
    assert many_calls <= few_calls + 4 <= 24
