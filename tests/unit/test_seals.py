"""Long journals are proved from the latest seal that holds (LED-3, LED-7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.calendar import utc_text
from shared.domain.journal import Proven, RunningTotals
from shared.domain.seals import sealed_state
from shared.store.schema import SEAL_PREFIX
from shared.store.table import Delete, Item, Put
from tests.factories import SECRET
from tests.fakes.clock import START_MS
from tests.ledger_shop import LedgerShop

VERIFY = "/api/admin/accounts/alice/verify"


@pytest.fixture
def shop() -> Iterator[LedgerShop]:
    """Seventeen entries a second apart, folded, with a seal every four; long is more than eight."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.aggregate.service.SEAL_EVERY", 4)
        patch.setattr("functions.transactions.verification.SEALED_FROM", 8)
        made = LedgerShop()
        for _ in range(17):
            made.clock.advance(ms=1000)
            made.use(credits=1)
        made.fold()
        yield made


def seals(made: LedgerShop) -> dict[int, Item]:
    return {int(str(i["seq"])): i for i in made.table.items() if SEAL_PREFIX in str(i["sk"])}


def spoil(made: LedgerShop, seq: int, **changes: Any) -> None:
    item = next(i for i in made.table.items() if i["sk"] == f"J#{seq:012d}")
    made.table.write(Put({**item, **changes}))


def at(seq: int) -> dict[str, str]:
    return {"at": utc_text(START_MS + seq * 1000)}


def test_seals_are_made_as_the_journal_is_folded_and_never_again(shop: LedgerShop) -> None:
    made = seals(shop)
    assert list(made) == [4, 8, 12, 16]
    shop.fold()
    spoil(shop, 8, ba=999)
    shop.fold()
    assert seals(shop) == made


def test_a_long_account_is_proved_from_its_latest_seal_and_says_so(shop: LedgerShop) -> None:
    body = shop.get(VERIFY)
    assert (body["verified"], body["entries"], body["verifiedFrom"]) == (True, 17, 17)
    assert body["balance"] == body["recomputedBalance"] == -17


@pytest.mark.parametrize(
    ("seq", "first"),
    [(17, 17), (16, 17), (15, 13), (12, 13), (11, 9), (8, 9), (7, None), (0, None)],
)
def test_a_moment_is_proved_from_the_latest_seal_before_it(
    shop: LedgerShop, seq: int, first: int | None
) -> None:
    body = shop.get(VERIFY, at(seq))
    assert (body["verified"], body["entries"], body.get("verifiedFrom")) == (True, seq, first)
    assert body["balance"] == body["recomputedBalance"] == -seq
    head = shop.entries[seq - 1].hash if seq else bytes(32)
    assert body["headHash"] == head.hex()


def test_an_account_that_is_not_long_is_proved_from_its_first_entry() -> None:
    made = LedgerShop()
    made.use()
    made.fold()
    assert "verifiedFrom" not in made.get(VERIFY)


@pytest.mark.parametrize("seq", [13, 14, 16])
def test_what_is_spoilt_after_a_seal_is_told(shop: LedgerShop, seq: int) -> None:
    spoil(shop, seq, am=5)
    body = shop.get(VERIFY, at(15))
    assert not body["verified"]
    assert body.get("firstBadSeq") == seq


@pytest.mark.parametrize(
    "change",
    [{"ba": 7}, {"ha": bytes(32)}, {"sg": bytes(32)}, {"rt": "1 1"}, {"ca": 5}, {"sg": "no"}],
)
def test_a_seal_that_does_not_hold_is_not_started_from(
    shop: LedgerShop, change: dict[str, Any]
) -> None:
    shop.table.write(Put({**seals(shop)[16], **change}))
    body = shop.get(VERIFY)
    assert (body["verified"], body["verifiedFrom"]) == (True, 13)


def test_an_entry_forged_under_a_seal_shows_where_the_chain_goes_on(shop: LedgerShop) -> None:
    """Entry 16 is another than the one that was sealed: entry 17 follows from the sealed one only."""
    spoil(shop, 16, ba=0, ha=bytes(32))
    assert shop.get(VERIFY)["verified"]
    assert shop.get(VERIFY, at(15))["firstBadSeq"] == 16


def test_without_any_seal_the_whole_journal_is_proved(shop: LedgerShop) -> None:
    for item in seals(shop).values():
        shop.table.write(Delete({"pk": str(item["pk"]), "sk": str(item["sk"])}))
    body = shop.get(VERIFY)
    assert (body["verified"], body["entries"]) == (True, 17)
    assert "verifiedFrom" not in body


def test_an_entry_that_cannot_be_sealed_does_not_stop_the_folding() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("functions.aggregate.service.SEAL_EVERY", 2)
        made = LedgerShop()
        for _ in range(4):
            made.use()
        spoil(made, 2, rt="none")
        made.fold()
    assert list(seals(made)) == [4]
    assert made.get(VERIFY)["firstBadSeq"] == 2


STATE = Proven(50_000, 7, RunningTotals(1, 7), b"h" * 32, START_MS)


def test_a_seal_holds_for_its_account_its_state_and_the_workspaces_secret_only() -> None:
    seal = sealed_state(SECRET, "acme", "acct_a", STATE)
    assert seal.holds(SECRET, "acme", "acct_a")
    assert not seal.holds(SECRET, "acme", "acct_b")
    assert not seal.holds(SECRET, "beta", "acct_a")
    assert not seal.holds(bytes(32), "acme", "acct_a")
    for change in ({"seq": 1}, {"balance": 8}, {"hash": bytes(32)}, {"created_ms": 0}):
        assert not replace(seal, state=replace(STATE, **change)).holds(SECRET, "acme", "acct_a")
    assert not replace(seal, state=replace(STATE, totals=RunningTotals(2, 7))).holds(
        SECRET, "acme", "acct_a"
    )
