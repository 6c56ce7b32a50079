"""The books under repeats, races, lost answers and faults (REC-3, REC-4, REC-5, LED-2, LED-4)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import pytest

from shared.domain.errors import (
    IdempotencyConflictError,
    NotFoundError,
    UnavailableError,
)
from shared.domain.ids import uuid7
from shared.domain.ledger import MAX_LOGS_PER_COMMIT, apply_usage
from shared.ports.ledger import Outcome
from shared.store.commit import Extras, LostRace, commit
from shared.store.ledger import DynamoLedger
from shared.store.recording import moment
from shared.store.snapshot import read_snapshot
from shared.store.table import Delete, StoreUnavailableError
from tests.books import Books, W, a_row, code, statuses
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Call, Fault


def test_a_log_that_spent_the_last_credits_is_replayed_not_refused() -> None:
    books = Books()
    books.buy(3)
    assert statuses(books.record(a_row("one"))) == ["created"]
    (again,) = books.record(a_row("one"))
    assert again.status == "replayed"
    assert again.log is not None
    assert again.log.log_id == "one"
    assert books.head().balance == 0
    books.assert_sound()


def test_the_same_id_with_another_body_names_what_differs() -> None:
    books = Books()
    books.buy(10)
    books.record(a_row("one", country="DE"))
    (outcome,) = books.record(a_row("one", credits=4))
    assert outcome.status == "conflict"
    assert isinstance(outcome.error, IdempotencyConflictError)
    assert [e.pointer for e in outcome.error.errors] == ["/country", "/credits"]
    assert books.head().balance == 7


def test_the_same_id_of_another_user_is_a_conflict_and_charges_nobody() -> None:
    books = Books()
    books.buy(10)
    books.buy(10, "bob")
    books.record(a_row("one"))
    (outcome,) = books.record(a_row("one", user="bob"))
    assert outcome.status == "conflict"
    assert books.head("bob").balance == 10


def test_rows_are_taken_in_order_and_one_that_cannot_be_paid_does_not_stop_later_ones() -> None:
    books = Books()
    books.buy(10)
    outcomes = books.record(a_row("a", 6), a_row("b", 5), a_row("c", 4), a_row("d", 1))
    assert statuses(outcomes) == ["created", "rejected", "created", "rejected"]
    assert code(outcomes[1]) == "insufficient_credits"
    assert books.head().balance == 0
    assert books.head().seq == 2
    books.assert_sound()


def test_a_repeat_in_a_batch_never_takes_credits_from_a_later_row() -> None:
    books = Books()
    books.buy(6)
    books.record(a_row("a"))
    outcomes = books.record(a_row("a"), a_row("b"), a_row("c"))
    assert statuses(outcomes) == ["replayed", "created", "rejected"]
    assert books.head().balance == 0


def test_more_rows_than_a_commit_holds_follow_in_further_commits() -> None:
    books = Books()
    books.buy(1000)
    outcomes = books.record(*(a_row(f"r{n}", 1) for n in range(250)))
    assert set(statuses(outcomes)) == {"created"}
    head = books.head()
    assert head.balance == 750
    assert head.logs == 250
    assert head.seq == 1 + -(-250 // MAX_LOGS_PER_COMMIT)
    books.assert_sound()


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER, Fault.CONFLICT])
def test_a_single_fault_changes_neither_answer_nor_books(fault: Fault) -> None:
    books = Books()
    books.buy(3)
    books.table.meet("transact", fault)
    assert statuses(books.record(a_row("one"))) == ["created"]
    assert books.head().balance == 0
    assert books.log_count() == 1
    books.assert_sound()


def test_a_lost_answer_to_the_last_credits_is_told_as_created_when_tokens_are_forgotten() -> None:
    """Our own nonce in the stored log says that it was this very request."""
    books = Books()
    books.buy(3)
    books.table.meet("transact", Fault.TIMEOUT_AFTER, lambda: books.clock.advance(minutes=11))
    assert statuses(books.record(a_row("one"))) == ["created"]
    assert books.head().balance == 0
    assert books.log_count() == 1
    books.assert_sound()


def test_when_the_table_stays_away_rows_are_told_to_be_repeated_and_the_repeat_is_exact() -> None:
    books = Books()
    books.buy(3)
    books.table.meet("transact", *[Fault.TIMEOUT_AFTER] * 3)
    (outcome,) = books.record(a_row("one"))
    assert outcome.status == "rejected"
    assert isinstance(outcome.error, UnavailableError)
    assert statuses(books.record(a_row("one"))) == ["replayed"]
    assert books.head().balance == 0


def test_a_twin_that_wins_the_race_for_the_last_credits_makes_us_a_replay() -> None:
    books = Books()
    books.buy(3)
    twin = DynamoLedger(books.table, FakeClock(seed=1))
    books.table.meet("transact", lambda: twin.record(W, [a_row("one")]))
    assert statuses(books.record(a_row("one"))) == ["replayed"]
    assert books.head().balance == 0
    assert books.log_count() == 1


def test_when_aws_tells_only_one_reason_the_race_is_settled_all_the_same() -> None:
    books = Books()
    books.buy(9)
    other = DynamoLedger(books.table, FakeClock(seed=1))

    def overtake() -> None:
        other.record(W, [a_row("other"), a_row("one")])

    books.table.meet("transact", overtake, Fault.SHORT_REASONS)
    assert sorted(statuses(books.record(a_row("one"), a_row("two")))) == ["created", "replayed"]
    assert books.head().balance == 0
    books.assert_sound()


def test_fifty_duplicates_at_once_leave_one_log_and_one_deduction() -> None:
    books = Books()
    books.buy(3)

    def post(n: int) -> str:
        ledger = DynamoLedger(books.table, FakeClock(seed=n + 1))
        return ledger.record(W, [a_row("one")]).outcomes[0].status

    with ThreadPoolExecutor(16) as pool:
        answers = sorted(pool.map(post, range(50)))
    assert answers == ["created"] + ["replayed"] * 49
    assert books.log_count() == 1
    assert books.head().balance == 0
    assert books.head().seq == 2
    books.assert_sound()


def test_forty_racing_for_sixty_credits_are_exactly_twenty_of_three() -> None:
    books = Books()
    books.buy(60)

    def post(n: int) -> Outcome:
        ledger = DynamoLedger(books.table, FakeClock(seed=n + 1))
        return ledger.record(W, [a_row(f"r{n}")]).outcomes[0]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, range(40)))
    assert statuses(answers).count("created") == 20
    refused = [a for a in answers if a.status == "rejected"]
    assert {code(a) for a in refused} == {"insufficient_credits"}
    assert books.head().balance == 0
    assert books.head().seq == 21
    books.assert_sound()


def test_a_uuid7_too_old_to_be_told_apart_is_refused_but_its_repeat_is_answered() -> None:
    books = Books()
    books.buy(10)
    log_id = uuid7(books.clock.now_ms(), books.clock.random_bytes)
    row = a_row(log_id)
    assert statuses(books.record(row)) == ["created"]
    books.clock.advance(days=100)
    assert statuses(books.record(row)) == ["replayed"]
    old = a_row(uuid7(START_MS - 1, books.clock.random_bytes))
    (outcome,) = books.record(old)
    assert code(outcome) == "event_too_old"


def test_only_registered_customers_are_charged_where_the_workspace_says_so() -> None:
    books = Books(registered_only=True)
    books.buy(10)
    (outcome,) = books.record(a_row("one"))
    assert code(outcome) == "customer_not_registered"
    assert books.head().balance == 10


def test_an_account_id_goes_in_like_the_user_id_but_makes_no_new_account() -> None:
    books = Books()
    books.buy(10)
    account_id = books.head().account_id
    assert statuses(books.record(a_row("one", user=account_id))) == ["created"]
    assert books.head().balance == 7
    (unknown,) = books.record(a_row("two", user="acct_" + "0" * 20))
    assert code(unknown) == "validation_failed"


def test_an_unknown_workspace_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        Books().ledger.record("nobody", [a_row("one")])


def _crash_from(first: int, fault: Fault) -> Callable[[Call], Fault | None]:
    """The same fault at three calls in a row, counted from the present one."""
    numbers = count(1)
    return lambda _: fault if first <= next(numbers) < first + 3 else None


def test_whichever_call_fails_and_however_a_repeat_ends_in_the_same_books() -> None:
    """Crash at every call of a recording in turn; the client repeats; the books are always the same."""
    for fault in (Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER):
        for crashed in range(1, 8):
            books = Books()
            books.buy(7)
            books.table.meet_chaos(_crash_from(crashed, fault))
            with suppress(StoreUnavailableError):
                books.record(a_row("a"), a_row("b"), a_row("c"))
            books.table.meet_chaos(None)
            outcomes = books.record(a_row("a"), a_row("b"), a_row("c"))
            assert {"created", "replayed"} >= set(statuses(outcomes[:2]))
            assert statuses(outcomes)[2] == "rejected"
            assert books.head().balance == 1
            assert books.log_count() == 2
            books.assert_sound()


def test_a_lost_race_hands_back_the_head_so_the_next_try_reads_nothing() -> None:
    books = Books()
    books.buy(9)
    other = DynamoLedger(books.table, FakeClock(seed=1))
    books.record(a_row("first"))

    def overtake() -> None:
        other.record(W, [a_row("other")])
        books.table.calls.clear()

    books.table.meet("transact", overtake)
    assert statuses(books.record(a_row("one"))) == ["created"]
    assert books.table.calls == {"transact": 1}


def test_a_commit_over_a_head_that_moved_on_is_refused_whatever_became_of_the_entries() -> None:
    """The head alone guards the balance: old entries may have gone to the archive."""
    books = Books()
    books.buy(9)
    stale = books.head()
    snapshot = read_snapshot(books.table, books.clock, W, [stale.account_id])
    terms = snapshot.accounts[stale.account_id].terms
    books.record(a_row("one"))
    gone = {"pk": f"W#{W}#A#{stale.account_id}", "sk": "J#000000000002"}
    books.table.write(Delete(gone))
    applied = apply_usage(stale, [a_row("two")], terms, moment(books.clock))
    result = commit(books.table, books.clock, applied, stale, Extras())
    assert isinstance(result, LostRace)
    assert result.head == books.head()
    assert books.log_count() == 1
