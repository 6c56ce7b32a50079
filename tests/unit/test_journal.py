"""The journal proves itself: what was made is accepted, what was changed is found (LED-2, LED-3)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journal import (
    GENESIS,
    KINDS,
    NO_TOTALS,
    REASONS,
    Entry,
    Paid,
    RunningTotals,
    commitment,
    kinds_of,
    sealed,
    verify,
)
from shared.domain.ledger import Movement
from shared.domain.sums import SUM_FIELDS
from tests.factories import Ledger, a_ledger, a_purchase, a_usage

ENTRIES = 6


def a_journal() -> list[Entry]:
    """One entry of every sort there is."""
    ledger = a_ledger()
    ledger.move(a_purchase(500, note="thanks", metadata='{"n":1}', paid=Paid(10**12, "USD")))
    ledger.use(a_usage("a"), a_usage("b", service="images", failed=True, response_time_ms=9))
    ledger.use(a_usage("free", credits=0, cost_picos=0))
    ledger.move(Movement("credit", "refund", 3, refund_of="tx_1", refundable=5))
    ledger.move(Movement("debit", "adjustment", 7, note="mistake"))
    ledger.move(Movement("credit", "promo", 9))
    assert len(ledger.entries) == ENTRIES
    return ledger.entries


JOURNAL = a_journal()
OTHER: dict[str, Any] = {
    "workspace_id": "other",
    "account_id": "acct_" + "0" * 20,
    "reason": "promo",
    "log_ids": ("x",),
    "note": "other",
    "metadata": "{}",
    "refund_of": "tx_9",
    "paid": Paid(1, "EUR"),
    "note_commitment": "00",
    "metadata_commitment": "00",
    "nonce": bytes(16),
    "salt": b"other",
    "previous_hash": b"x" * 32,
    "hash": b"x" * 32,
}
NUMBERS = ("seq", "amount", "balance_after", "created_ms")
CHANGES = [(f.name, change) for f in fields(Entry) if f.name != "counted" for change in (0, 1)]


def changed(entry: Entry, name: str, variant: int) -> Entry | None:
    """The entry with one field changed; None when this variant of a change changes nothing."""
    value = getattr(entry, name)
    if name in NUMBERS:
        new: Any = value + (1 if variant else -1)
    elif name == "type":
        new = "debit" if value == "credit" else "credit"
    elif name == "totals":
        new = RunningTotals(
            *(value + 1 if n == variant else value for n, value in enumerate(value))
        )
    elif name == "digest":
        new = value[:-1] if variant else (*value, *JOURNAL[1].digest[:1])
    elif variant:
        new = OTHER[name]
    else:
        empty: dict[Any, Any] = {str: "", bytes: b"", tuple: ()}
        new = empty.get(type(value))
    return None if new == value else replace(entry, **{name: new})


def no_text(entry: Entry) -> bool:
    return entry.note is None and entry.metadata is None


@pytest.mark.parametrize("position", range(ENTRIES))
@pytest.mark.parametrize(("name", "variant"), CHANGES)
def test_every_change_of_a_single_field_of_any_entry_is_found_where_it_is(
    name: str, variant: int, position: int
) -> None:
    """LED-2, LED-3: any tampering shows, and the first entry that disagrees is named.

    Two things are none of the chain's: the salt of an entry without texts, which salts nothing, and what
    was counted on budgets.
    """
    bad = changed(JOURNAL[position], name, variant)
    if bad is None or (name == "salt" and no_text(JOURNAL[position])):
        return
    journal = [*JOURNAL[:position], bad, *JOURNAL[position + 1 :]]
    found = verify(journal)
    assert found.first_bad_seq == position + 1
    assert found.entries == position
    assert found.balance == (JOURNAL[position - 1].balance_after if position else 0)


@pytest.mark.parametrize("name", [*SUM_FIELDS, "buckets"])
def test_every_change_of_a_figure_in_a_digest_is_found(name: str) -> None:
    """What cells are folded from can't be changed unnoticed either."""
    bad = deepcopy(JOURNAL[1])
    sums = bad.digest[0].sums
    if name == "buckets":
        sums.buckets = {1: 1}
    else:
        setattr(sums, name, getattr(sums, name) + 1)
    assert verify([JOURNAL[0], bad, *JOURNAL[2:]]).first_bad_seq == 2


@pytest.mark.parametrize("number", range(8))
def test_every_change_of_a_dimension_in_a_digest_is_found(number: int) -> None:
    row = JOURNAL[1].digest[0]
    values: list[Any] = list(row.dimensions)
    values[number] = {0: "2026-11-19", 1: 3, 7: True}.get(number, "other")
    dimensions = type(row.dimensions)(*values)
    assert dimensions != row.dimensions
    bad = replace(JOURNAL[1], digest=(replace(row, dimensions=dimensions), *JOURNAL[1].digest[1:]))
    assert verify([JOURNAL[0], bad, *JOURNAL[2:]]).first_bad_seq == 2


def test_an_entry_sealed_anew_breaks_the_chain_at_the_next_one() -> None:
    richer = sealed(replace(JOURNAL[1], created_ms=JOURNAL[1].created_ms + 1))
    assert verify([JOURNAL[0], richer]).first_bad_seq is None
    assert verify([JOURNAL[0], richer, *JOURNAL[2:]]).first_bad_seq == 3


@pytest.mark.parametrize(
    "forged",
    [
        replace(JOURNAL[0], balance_after=501),
        replace(
            JOURNAL[0],
            amount=-500,
            balance_after=-500,
            totals=NO_TOTALS.plus("purchase", "credit", -500),
        ),
        replace(JOURNAL[0], type="debit", balance_after=-500),
        replace(JOURNAL[0], totals=NO_TOTALS),
        replace(JOURNAL[0], digest=JOURNAL[1].digest),
        replace(JOURNAL[0], log_ids=("a",)),
        replace(JOURNAL[0], previous_hash=b"x" * 32),
        replace(JOURNAL[0], seq=2),
        replace(JOURNAL[0], created_ms=-1),
    ],
)
def test_a_good_hash_does_not_make_wrong_figures_right(forged: Entry) -> None:
    """LED-3: the verifier recomputes, it does not only compare hashes."""
    assert verify([sealed(forged)]).first_bad_seq == 1


@pytest.mark.parametrize("change", ["amount", "log_ids", "balance"])
def test_a_usage_entry_moves_exactly_what_its_logs_cost(change: str) -> None:
    usage = JOURNAL[1]
    forged = {
        "amount": replace(
            usage,
            amount=usage.amount + 1,
            balance_after=usage.balance_after - 1,
            totals=JOURNAL[0].totals.plus("usage", "debit", usage.amount + 1),
        ),
        "log_ids": replace(usage, log_ids=(*usage.log_ids, "c")),
        "balance": replace(usage, balance_after=usage.balance_after + 1),
    }[change]
    assert verify([JOURNAL[0], sealed(forged)]).first_bad_seq == 2


@given(st.data())
def test_entries_lost_doubled_or_moved_are_found(data: st.DataObject) -> None:
    """LED-2: gapless."""
    position = data.draw(st.integers(0, ENTRIES - 2))
    lost = [*JOURNAL[:position], *JOURNAL[position + 1 :]]
    doubled = [*JOURNAL[: position + 1], *JOURNAL[position:]]
    moved = [*lost[: position + 1], JOURNAL[position], *lost[position + 1 :]]
    unreadable: list[Entry | None] = [*JOURNAL]
    unreadable[position] = None
    assert verify(lost).first_bad_seq == position + 1
    assert verify(doubled).first_bad_seq == position + 2
    assert verify(moved).first_bad_seq == position + 1
    assert verify(unreadable).first_bad_seq == position + 1


@given(st.integers(0, ENTRIES))
def test_a_journal_is_right_up_to_any_past_moment(length: int) -> None:
    """LED-3."""
    found = verify(JOURNAL[:length])
    assert found.first_bad_seq is None
    assert found.entries == length
    assert found.balance == (JOURNAL[length - 1].balance_after if length else 0)
    assert found.head_hash == (JOURNAL[length - 1].hash if length else GENESIS)


def erased(entry: Entry) -> Entry:
    return replace(entry, note=None, metadata=None, salt=b"")


@given(st.sets(st.integers(0, ENTRIES - 1)))
def test_texts_and_salts_can_be_erased_and_the_journal_stays_proven(positions: set[int]) -> None:
    """SEC-5: erasure keeps the books provable, to the same hash."""
    journal = [erased(e) if n in positions else e for n, e in enumerate(JOURNAL)]
    assert verify(journal) == verify(JOURNAL)


def test_a_text_can_not_come_back_changed_after_erasure() -> None:
    for forged in (
        replace(erased(JOURNAL[0]), note="never said"),
        replace(erased(JOURNAL[0]), metadata="{}"),
        replace(JOURNAL[0], note=None),
        replace(JOURNAL[0], metadata=None),
        replace(erased(JOURNAL[0]), note_commitment=commitment(b"s", "never said")),
        replace(erased(JOURNAL[0]), metadata_commitment=""),
    ):
        assert verify([forged, *JOURNAL[1:]]).first_bad_seq == 1


def test_an_entry_tells_nothing_of_an_erased_text() -> None:
    """SEC-5: the commitment is salted, so a guess can't be checked without the salt."""
    assert commitment(b"salt", "text") != commitment(b"other", "text")
    assert commitment(b"salt", None) == ""
    assert commitment(b"salt", "") != ""
    kept = repr(erased(JOURNAL[0]))
    assert "thanks" not in kept
    assert JOURNAL[0].salt.hex() not in kept


def test_every_commit_has_its_own_hash_even_for_the_same_movement() -> None:
    ledger = a_ledger()
    for _ in range(3):
        ledger.move(a_purchase(1))
    assert len({entry.hash for entry in ledger.entries}) == 3
    assert [e.previous_hash for e in ledger.entries] == [
        GENESIS,
        *(e.hash for e in ledger.entries[:2]),
    ]


def totals_by_hand(entries: Sequence[Entry]) -> dict[tuple[str, str], tuple[int, int]]:
    kinds = {(e.reason, e.type) for e in entries}
    amounts = {k: [e.amount for e in entries if (e.reason, e.type) == k] for k in kinds}
    return {kind: (len(found), sum(found)) for kind, found in amounts.items()}


@given(st.integers(0, ENTRIES), st.integers(0, ENTRIES))
def test_the_difference_of_running_totals_is_the_totals_of_a_range(low: int, high: int) -> None:
    """LED-6: totals of any range without walking it."""
    low, high = min(low, high), max(low, high)
    start = JOURNAL[low - 1].totals if low else NO_TOTALS
    end = JOURNAL[high - 1].totals if high else NO_TOTALS
    between, by_hand = end.minus(start), totals_by_hand(JOURNAL[low:high])
    for kind in KINDS:
        found = between.count([kind]), between.credits([kind])
        assert found == by_hand.get(kind, (0, 0))
    assert between.count(KINDS) == high - low


def test_kinds_are_chosen_by_reason_and_type() -> None:
    assert kinds_of(None, None) == KINDS
    assert kinds_of("adjustment", None) == (("adjustment", "credit"), ("adjustment", "debit"))
    assert kinds_of("usage", "credit") == ()
    assert {kind for r in REASONS for kind in kinds_of(r, None)} == set(KINDS)


def test_a_free_commit_is_an_entry_of_amount_zero() -> None:
    """`seq` numbers every commit, those of zero credits too."""
    ledger: Ledger = a_ledger()
    entry = ledger.use(a_usage(credits=0)).entry
    assert entry is not None
    assert (entry.seq, entry.amount, entry.type, entry.reason) == (1, 0, "debit", "usage")
