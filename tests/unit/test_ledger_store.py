"""The books under repeats, races, lost answers and faults (REC-3, REC-4, REC-5, LED-2, LED-4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count

import pytest

from shared.domain.errors import (
    IdempotencyConflictError,
    InsufficientCreditsError,
    NotFoundError,
    UnavailableError,
    ValidationFailedError,
)
from shared.domain.fingerprint import members_of
from shared.domain.head import Head
from shared.domain.ids import transaction_id, uuid7
from shared.domain.journal import verify
from shared.domain.ledger import MAX_LOGS_PER_COMMIT, Movement, apply_usage
from shared.domain.usage import Usage
from shared.domain.workspace import Workspace
from shared.ports.ledger import Outcome
from shared.store.accounts import DynamoAccounts
from shared.store.commit import Extras, LostRace, commit
from shared.store.ledger import DynamoLedger
from shared.store.recording import moment
from shared.store.schema import split_account_pk
from shared.store.snapshot import read_snapshot
from shared.store.table import Delete, StoreUnavailableError
from shared.store.workspaces import DynamoWorkspaces
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Call, Fault
from tests.fakes.table import FakeTable

W = "acme"


class Books:
    """A workspace over a fake table, with as many ledgers (instances of the service) as wanted."""

    def __init__(self, **settings: object) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.accounts = DynamoAccounts(self.table)
        workspace = Workspace(W, "Acme", b"s" * 32, START_MS, **settings)  # type: ignore[arg-type]
        DynamoWorkspaces(self.table).create(workspace)
        self.ledger = DynamoLedger(self.table, self.clock)

    def buy(self, amount: int, user: str = "alice") -> None:
        self.ledger.move(W, user, Movement("credit", "purchase", amount), None)

    def record(self, *rows: Usage) -> list[Outcome]:
        return self.ledger.record(W, rows).outcomes

    def head(self, user: str = "alice") -> Head:
        heads = [item for item in self.table.items() if item["sk"] == "HEAD"]
        for item in heads:
            _, account_id = split_account_pk(str(item["pk"]))
            if self.user_of(account_id) == user:
                head = self.accounts.head(W, account_id)
                assert head is not None
                return head
        raise AssertionError(f"{user} has no account")

    def user_of(self, account_id: str) -> object:
        found = [i for i in self.table.items() if "#DIR#" in str(i["pk"]) and i["sk"] == account_id]
        return found[0]["uid"]

    def assert_sound(self, user: str = "alice") -> None:
        """The journal is gapless, proves itself and ends in the head."""
        head = self.head(user)
        found = verify(self.accounts.readable_entries(W, head.account_id, 1))
        assert found.first_bad_seq is None
        assert (found.entries, found.balance, found.head_hash) == (
            head.seq,
            head.balance,
            head.hash,
        )

    def log_count(self) -> int:
        return sum(item["sk"] == "LOG" for item in self.table.items())


def a_row(log_id: str, credits: int = 3, user: str = "alice", **members: object) -> Usage:
    body = {"userId": user, "service": "chat", "credits": credits, **members}
    return Usage(
        log_id=log_id,
        user_id=user,
        service="chat",
        provider="chat",
        model=None,
        tokens=None,
        credits=credits,
        cost_picos=None,
        failed=False,
        error_code=None,
        response_time_ms=None,
        response_bytes=None,
        country=None,
        platform=None,
        request_id=None,
        metadata=None,
        occurred_ms=None,
        members=members_of(body),
    )


def statuses(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


def code(outcome: Outcome) -> str:
    assert outcome.error is not None
    return outcome.error.code


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
