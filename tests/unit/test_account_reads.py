"""Accounts now and then, and their proofs (LED-2, LED-3, LED-6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.calendar import utc_text
from shared.domain.workspace import Customer
from shared.routes import SERVICE, USER
from shared.store.schema import head_key
from shared.store.table import Delete, Item, Put
from shared.store.workspaces import DynamoWorkspaces
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable
from tests.folding import seeded
from tests.ledger_shop import MOVES, LedgerShop

ALICE = "/api/admin/accounts/alice"
VERIFY = f"{ALICE}/verify"
HOUR = 3_600_000
DAY = 24 * HOUR


def counters(account: dict[str, Any]) -> dict[str, Any]:
    return {name: account[name] for name in ("balance", "seq", "day", "month")}


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]))
def test_an_account_at_a_moment_is_what_was_told_at_that_moment(seed: int, zone: str) -> None:
    """Balance, and the counters of the day and the month then, late and early logs included."""
    random = seeded(seed)
    made = LedgerShop(timezone=zone)
    told: list[tuple[int, dict[str, Any]]] = []
    for _ in range(random.randint(1, 25)):
        made.clock.advance(ms=random.choice((1, HOUR, random.randrange(1, 2 * DAY), 20 * DAY)))
        if random.random() < 0.7:
            if random.random() < 0.3:
                made.move(random.choice(list(MOVES)))
            else:
                early = random.choice((0, 299_000, -HOUR, -3 * DAY))
                made.use(credits=random.randrange(9), occurred_ms=made.clock.now_ms() + early)
        if made.entries:
            told.append((made.clock.now_ms(), made.get(ALICE)["account"]))
            made.clock.advance(ms=1)
    for at_ms, account in told:
        assert made.get(ALICE, {"at": utc_text(at_ms)})["account"] == account


def test_before_the_first_movement_the_balance_is_0_and_an_unknown_user_is_404() -> None:
    made = LedgerShop()
    made.move("purchase")
    account = made.get(ALICE, {"at": utc_text(START_MS - 1)})["account"]
    assert (account["balance"], account["seq"], account["userId"]) == (0, 0, "alice")
    assert (
        account["month"] == account["day"] == {"credits": 0, "cost": 0, "tokens": 0, "requests": 0}
    )
    assert "updatedAt" not in account
    for path in ("/api/admin/accounts/bob", "/api/admin/accounts/bob/verify"):
        assert made.answer(path)[0] == made.answer(path, {"at": utc_text(START_MS)})[0] == 404


def test_a_moment_in_the_future_shows_the_account_as_it_is_now() -> None:
    made = LedgerShop()
    made.use()
    assert made.get(ALICE, {"at": utc_text(START_MS + 40 * DAY)}) == made.get(ALICE)


@pytest.mark.parametrize("at", ["2026-11-20", "yesterday", "2026-11-20T10:00:00", ""])
def test_a_moment_is_a_timestamp_with_an_offset(at: str) -> None:
    made = LedgerShop()
    made.use()
    for path in (ALICE, VERIFY):
        status, body = made.answer(path, {"at": at})
        assert (status, body["errors"][0]["pointer"]) == (422, "?at")


def test_one_s_own_account_has_a_balance_of_0_before_the_first_movement() -> None:
    made = LedgerShop()
    account = made.own("/api/accounts/me", user="nobody")["account"]
    assert (account["balance"], account["seq"], account["userId"]) == (0, 0, "nobody")


def test_a_registered_customer_without_a_movement_has_an_account_of_0_that_no_list_has() -> None:
    made = LedgerShop()
    customer = Customer(made.account_id("carol"), "carol", "Carol", active=True)
    DynamoWorkspaces(made.table).put_customer("acme", customer)
    assert made.get("/api/admin/accounts/carol")["account"]["balance"] == 0
    assert made.get("/api/admin/accounts/carol/verify")["verified"]
    assert made.get("/api/admin/accounts")["accounts"] == []


def journal(made: LedgerShop) -> dict[int, Item]:
    return {int(str(i["seq"])): i for i in made.table.items() if str(i["sk"]).startswith("J#")}


def a_journal() -> LedgerShop:
    """Nine entries, a second apart."""
    made = LedgerShop()
    for kind in (
        "purchase",
        "usage",
        "promo",
        "usage",
        "debit",
        "usage",
        "credit",
        "usage",
        "usage",
    ):
        made.clock.advance(ms=1000)
        _ = made.use(credits=2) if kind == "usage" else made.move(kind)
    return made


@pytest.mark.parametrize("seq", range(10))
def test_the_proof_of_a_moment_is_that_of_the_journal_up_to_it(seq: int) -> None:
    made = a_journal()
    body = made.get(VERIFY, {"at": utc_text(START_MS + seq * 1000)})
    balance = made.entries[seq - 1].balance_after if seq else 0
    head = made.entries[seq - 1].hash if seq else bytes(32)
    assert body == {
        "verified": True,
        "entries": seq,
        "balance": balance,
        "recomputedBalance": balance,
        "headHash": head.hex(),
    }


CHANGES: dict[str, dict[str, Any]] = {
    "amount": {"am": 99},
    "balance": {"ba": 99},
    "note": {"nt": "another"},
    "time": {"ca": START_MS + 5500},
    "an earlier time": {"ca": START_MS},
    "type": {"ty": "credit"},
    "digest": {"dg": "[]"},
    "no totals": {"rt": ""},
    "no number": {"am": "5"},
    "another number": {"seq": 77},
    "hash": {"ha": bytes(32)},
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seq", [1, 5, 9])
def test_a_changed_entry_is_named_by_every_proof_from_its_moment_on(change: str, seq: int) -> None:
    made = a_journal()
    if change == "digest" and not made.entries[seq - 1].digest:
        seq = 6
    item = journal(made)[seq]
    if change == "type":
        item["ty"] = "credit" if item["ty"] == "debit" else "debit"
    made.table.write(Put({**item, **({} if change == "type" else CHANGES[change])}))
    asked: list[dict[str, str]] = [{}, {"at": utc_text(START_MS + 20_000)}]
    asked += [{"at": utc_text(START_MS + n * 1000)} for n in range(seq, 10)]
    for query in asked:
        body = made.get(VERIFY, query)
        assert (body["verified"], body["firstBadSeq"]) == (False, seq), query
    for earlier in range(seq - 1):
        assert made.get(VERIFY, {"at": utc_text(START_MS + earlier * 1000)})["verified"]


@pytest.mark.parametrize("seq", range(1, 10))
def test_a_lost_entry_is_named_by_every_proof_from_its_moment_on(seq: int) -> None:
    made = a_journal()
    item = journal(made)[seq]
    made.table.write(Delete({"pk": str(item["pk"]), "sk": str(item["sk"])}))
    asked: list[dict[str, str]] = [{}]
    asked += [{"at": utc_text(START_MS + n * 1000)} for n in range(seq, 12)]
    for query in asked:
        body = made.get(VERIFY, query)
        assert (body["verified"], body["firstBadSeq"]) == (False, seq), query
    for earlier in range(seq - 1):
        assert made.get(VERIFY, {"at": utc_text(START_MS + earlier * 1000)})["verified"]


@pytest.mark.parametrize("change", [{"ba": 1}, {"ha": bytes(32)}, {"lc": START_MS}, {"rt": "9 9"}])
def test_a_head_that_is_not_its_last_entry_is_told(change: dict[str, Any]) -> None:
    made = a_journal()
    key = head_key("acme", made.account_id("alice"))
    head = made.table.get(key)
    assert head is not None
    made.table.write(Put({**head, **change}))
    body = made.get(VERIFY)
    assert (body["verified"], body["firstBadSeq"]) == (False, 9)


def test_a_head_that_was_set_back_is_told_by_the_entry_after_it() -> None:
    made = LedgerShop()
    made.use()
    head = made.table.get(head_key("acme", made.account_id("alice")))
    made.use()
    assert head is not None
    made.table.write(Put(head))
    body = made.get(VERIFY)
    assert (body["verified"], body["firstBadSeq"]) == (False, 2)


@pytest.mark.parametrize("call", range(1, 6))
def test_entries_that_are_committed_during_a_proof_do_not_spoil_it(call: int) -> None:
    for query in ({}, {"at": utc_text(START_MS + 20_000)}):
        made = LedgerShop()
        made.use()

        def more(made: LedgerShop = made) -> None:
            made.use()

        made.table.meet("query", *[None] * (call - 1), more)
        made.table.meet("get", *[None] * (call - 1), more)
        assert made.get(VERIFY, query)["verified"]


def test_proofs_are_the_admins() -> None:
    made = a_journal()
    for role in (SERVICE, USER):
        assert made.answer(VERIFY, role=role, subject="alice")[0] == 403


def test_a_journal_of_many_pages_is_proved() -> None:
    clock = FakeClock()
    made = LedgerShop(FakeTable(clock, page_bytes=4_000), clock)
    for _ in range(60):
        made.use()
    assert made.get(VERIFY)["entries"] == 60
