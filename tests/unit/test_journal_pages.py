"""Pages of a journal: any filter, any page, either way round, against a plain list (LED-6)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from functions.transactions.pages import JournalPages, Selection
from functions.transactions.service import Filter, Transactions
from shared.domain.journal import REASONS, Entry, EntryType, Reason, kinds_of
from shared.domain.ledger import Movement
from shared.domain.workspace import Workspace
from shared.http.params import Paging
from shared.store.accounts import DynamoAccounts
from shared.store.directory import DynamoDirectory
from shared.store.ledger import DynamoLedger
from shared.store.table import Delete, Put
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import a_usage
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable

W = "acme"
MOVES = {
    "purchase": Movement("credit", "purchase", 3),
    "promo": Movement("credit", "promo", 2),
    "credit": Movement("credit", "adjustment", 1, note="n"),
    "debit": Movement("debit", "adjustment", 1, note="n"),
}


class Account:
    """An account with a journal of a given make, and the plain list it is compared with."""

    def __init__(self, kinds: list[str], gaps_ms: list[int]) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        workspaces = DynamoWorkspaces(self.table)
        workspaces.create(Workspace(W, "Acme", b"s" * 32, START_MS, enforce_credits=False))
        ledger = DynamoLedger(self.table, self.clock)
        for number, (kind, gap_ms) in enumerate(zip(kinds, gaps_ms, strict=True)):
            self.clock.advance(ms=gap_ms)
            if kind == "usage":
                ledger.record(W, [a_usage(f"log-{number}", user_id="alice")])
            else:
                ledger.move(W, "alice", MOVES[kind], None)
        self.accounts = DynamoAccounts(self.table)
        self.transactions = Transactions(
            ledger, self.accounts, workspaces, DynamoDirectory(self.table)
        )
        self.account = self.transactions.account(W, "alice")
        head = self.account.head
        self.entries = list(self.accounts.entries(W, head.account_id, 1, head.seq))


JOURNALS = st.lists(
    st.tuples(st.sampled_from(["usage", *MOVES]), st.integers(0, 5)), min_size=1, max_size=30
)


def _chosen(account: Account, where: Filter) -> list[Entry]:
    return [
        entry
        for entry in account.entries
        if (where.start_ms is None or entry.created_ms >= where.start_ms)
        and (where.end_ms is None or entry.created_ms < where.end_ms)
        and (entry.reason, entry.type) in kinds_of(where.reason, where.type)
    ]


@given(
    JOURNALS,
    st.sampled_from([None, *REASONS]),
    st.sampled_from([None, "debit", "credit"]),
    st.none() | st.integers(-3, 100),
    st.none() | st.integers(-3, 100),
    st.booleans(),
    st.integers(1, 7),
)
def test_pages_and_cursors_give_every_chosen_entry_once_in_order(
    journal: list[tuple[str, int]],
    reason: Reason | None,
    type_: EntryType | None,
    start: int | None,
    end: int | None,
    descending: bool,
    limit: int,
) -> None:
    account = Account([kind for kind, _ in journal], [gap for _, gap in journal])
    where = Filter(
        None if start is None else START_MS + start,
        None if end is None else START_MS + end,
        type_,
        reason,
    )
    expected = _chosen(account, where)
    if descending:
        expected = expected[::-1]
    by_page: list[Entry] = []
    by_cursor: list[Entry] = []
    cursor = None
    for page in range(1, len(expected) // limit + 3):
        found = account.transactions.page(
            account.account, where, Paging(page, limit, None), descending=descending
        )
        assert found.total == len(expected)
        by_page += found.entries
    while True:
        found = account.transactions.page(
            account.account, where, Paging(1, limit, cursor), descending=descending
        )
        by_cursor += found.entries
        if found.next_seq is None:
            break
        cursor = str(found.next_seq)
    assert by_page == expected
    assert by_cursor == expected


def test_a_rare_kind_in_a_long_journal_costs_a_few_reads_not_the_journal() -> None:
    kinds = ["usage"] * 1500
    kinds[5] = kinds[700] = "purchase"
    account = Account(kinds, [1] * len(kinds))
    account.table.calls.clear()
    head = account.account.head
    pages = JournalPages(account.accounts, Selection(head, 1, head.seq, kinds_of("purchase", None)))
    page = pages.page(offset=0, limit=20, descending=True)
    assert [entry.seq for entry in page.entries] == [701, 6]
    assert page.total == 2
    assert sum(account.table.calls.values()) < 40


def test_an_account_as_of_an_instant_has_the_balance_of_its_last_entry_then() -> None:
    account = Account(["purchase", "promo", "debit"], [10, 10, 10])
    for after_ms, balance in ((9, 0), (10, 3), (19, 3), (20, 5), (30, 4), (99, 4)):
        at_ms = START_MS + after_ms
        assert account.transactions.account_at(W, "alice", at_ms).head.balance == balance
        proof = account.transactions.verify(W, "alice", at_ms)
        assert proof.verified
        assert proof.recomputed_balance == balance


def test_verify_names_the_first_entry_that_was_tampered_with() -> None:
    account = Account(["purchase", "promo", "debit", "usage"], [1] * 4)
    item = next(i for i in account.table.items() if i["sk"] == "J#000000000002")

    account.table.write(Put({**item, "am": 3}))
    proof = account.transactions.verify(W, "alice", None)
    assert (proof.verified, proof.first_bad_seq) == (False, 2)


def test_verify_notices_a_lost_last_entry_and_an_unreadable_one() -> None:

    account = Account(["purchase", "promo", "debit"], [1] * 3)
    items = {str(i["sk"]): i for i in account.table.items() if str(i["sk"]).startswith("J#")}
    last = items["J#000000000003"]
    account.table.write(Delete({"pk": str(last["pk"]), "sk": str(last["sk"])}))
    assert account.transactions.verify(W, "alice", None).first_bad_seq == 3
    account.table.write(Put({**items["J#000000000001"], "ba": "no number"}))
    assert account.transactions.verify(W, "alice", None).first_bad_seq == 1
