"""Credits posted by hand under repeats, races, lost answers and faults (REC-4, LED-5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.domain.errors import (
    IdempotencyConflictError,
    InsufficientCreditsError,
    ValidationFailedError,
)
from shared.domain.ids import transaction_id
from shared.domain.ledger import Movement
from shared.store.ledger import DynamoLedger
from tests.books import Books, W, a_row
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Fault


def test_a_posting_under_a_key_counts_once_and_another_body_is_refused() -> None:
    books = Books()
    first = Movement("credit", "purchase", 5, members={"/amount": "5"})
    made = books.ledger.move(W, "alice", first, "key")
    again = books.ledger.move(W, "alice", first, "key")
    assert (made.replayed, again.replayed) == (False, True)
    assert again.entry == made.entry
    assert books.head().balance == 5
    with pytest.raises(IdempotencyConflictError):
        books.ledger.move(
            W, "alice", Movement("credit", "purchase", 6, members={"/amount": "6"}), "key"
        )


def test_a_repeated_debit_that_emptied_the_account_is_replayed_not_refused() -> None:
    books = Books()
    books.buy(5)
    debit = Movement("debit", "adjustment", 5, note="moved", members={"/amount": "5"})
    books.ledger.move(W, "alice", debit, "key")
    assert books.ledger.move(W, "alice", debit, "key").replayed
    with pytest.raises(InsufficientCreditsError):
        books.ledger.move(W, "alice", debit, "other-key")


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.CONFLICT])
def test_a_posting_without_a_key_survives_a_single_fault_exactly(fault: Fault) -> None:
    books = Books()
    books.buy(5)
    books.table.meet("transact", fault)
    moved = books.ledger.move(W, "alice", Movement("credit", "promo", 2), None)
    assert not moved.replayed
    assert books.head().balance == 7
    books.assert_sound()


def test_an_own_posting_is_recognised_when_its_token_is_forgotten() -> None:
    books = Books()
    books.buy(5)
    books.table.meet("transact", Fault.TIMEOUT_AFTER, lambda: books.clock.advance(minutes=11))
    moved = books.ledger.move(W, "alice", Movement("credit", "promo", 2), None)
    assert not moved.replayed
    assert moved.entry.amount == 2
    assert books.head().balance == 7


def test_refunds_of_a_transaction_together_never_exceed_it() -> None:
    books = Books()
    books.buy(10)
    books.record(a_row("one", 6))
    usage = transaction_id(books.head().account_id, 2)

    def refund(n: int) -> int:
        ledger = DynamoLedger(books.table, FakeClock(seed=n + 1))
        try:
            ledger.move(W, "alice", Movement("credit", "refund", 2, refund_of=usage), None)
        except ValidationFailedError:
            return 0
        return 2

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(refund, range(12))) == 6
    assert books.head().balance == 10
    books.assert_sound()


@pytest.mark.parametrize("target", ["tx_" + "0" * 20 + "_1", "nonsense", None])
def test_a_refund_refers_to_a_usage_transaction_of_the_same_user(target: str | None) -> None:
    books = Books()
    books.buy(10)
    refund_of = target or transaction_id(books.head().account_id, 1)
    with pytest.raises(ValidationFailedError) as refused:
        books.ledger.move(W, "alice", Movement("credit", "refund", 1, refund_of=refund_of), None)
    assert refused.value.errors[0].pointer == "/refundOf"
