"""Cells in the table: their items, and reads that are exact at any moment of the folding."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import MS_PER_DAY, add_days, local_day, zone_of
from shared.domain.cells import (
    COUNTRY,
    DAY_TOTAL,
    HOUR,
    LATE,
    MODEL,
    MONTH_TOTAL,
    PRIVATE_FAMILIES,
    SHARED_FAMILIES,
    TRANSACTIONS,
    UNPRICED,
    CellKey,
    Delta,
    Deltas,
    HourSums,
    Moves,
)
from shared.domain.errors import ValidationFailedError
from shared.domain.folding import (
    MAX_FIGURE,
    Committed,
    Cursor,
    Move,
    Piece,
    Place,
    commits_of,
)
from shared.domain.sums import BUCKET_BOUNDS, SUM_FIELDS, Sums
from shared.store import cells as cells_module
from shared.store.cell_items import added, delta_from, private_update, shared_key, shared_update
from shared.store.cells import DynamoCells
from shared.store.dynamo import _Expression
from shared.store.schema import ACTIVE, DAY_TOTAL_PREFIX, MONTH_TOTAL_PREFIX
from shared.store.table import Item, Update
from tests.factories import a_usage, a_workspace
from tests.fakes.clock import START_MS
from tests.fakes.table import FakeTable
from tests.folding import (
    AtCall,
    Books,
    CrashError,
    Record,
    crash,
    fold,
    private_fold,
    random_usage,
    seeded,
    shared_fold,
    wide_usage,
)

EVER = ("0000", "9999-12-31")
WORKSPACE = a_workspace()
TODAY = local_day(START_MS, zone_of("UTC"))

figures = st.integers(-MAX_FIGURE, MAX_FIGURE)
deltas = st.builds(
    Delta,
    st.builds(
        Sums,
        *[figures] * len(SUM_FIELDS),
        st.dictionaries(st.integers(0, len(BUCKET_BOUNDS) - 1), figures.filter(bool)),
    ),
    st.dictionaries(st.integers(0, 23), st.builds(HourSums, figures, figures, figures).filter(any)),
    st.builds(
        Moves,
        st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 23)), figures.filter(bool)),
        st.dictionaries(st.integers(0, 5), figures.filter(bool)),
        figures,
    ),
)


@given(deltas)
def test_a_cell_comes_back_as_it_was_added(delta: Delta) -> None:
    item: Item = {"pk": "p", "sk": "s", "v": 1, "u": 7, "ak": "a", "as": "b", **added(delta)}
    assert delta_from(item) == delta


def test_the_widest_update_is_one_that_dynamodb_takes() -> None:
    """Expressions are at most 4 KB and 300 operators; see the DynamoDB developer guide, "Quotas"."""
    everything = Delta(Sums(buckets=dict.fromkeys(range(len(BUCKET_BOUNDS)), 1)))
    for name in SUM_FIELDS:
        setattr(everything.sums, name, 1)
    everything.hours = dict.fromkeys(range(24), HourSums(1, 1, 1))
    moves = Moves({(k, h): 1 for k in range(6) for h in range(24)}, dict.fromkeys(range(6), 1), 1)
    place = Place("acme", 1, "acct_00000000000000000000")
    key = CellKey(DAY_TOTAL, TODAY, "")
    moved = CellKey(TRANSACTIONS, TODAY, "")
    for update in (
        private_update(place, key, [(1, everything)]),
        shared_update("acme", 1, key, everything, Committed(1, 2)),
        shared_update("acme", 1, moved, Delta(moves=moves), Committed(1, 2)),
    ):
        assert len(_Expression().update(update).encode()) <= 4096
        assert len(update.add) + len(update.assign) <= 300


def test_totals_tell_when_what_they_took_in_last_was_committed_and_other_cells_do_not() -> None:
    committed = Committed(5, 9)
    for family, value in ((DAY_TOTAL, ""), (MONTH_TOTAL, ""), (HOUR, "09")):
        key = CellKey(family, TODAY, value)
        assign = shared_update("acme", 1, key, Delta(Sums(requests=1)), committed).assign
        told = {name: assign[name] for name in ("cf", "cl") if name in assign}
        assert told == ({} if family == HOUR else {"cf": 5, "cl": 9})


def test_a_transaction_of_several_accounts_spans_the_commits_of_all() -> None:
    pieces = [
        Piece(Move(f"acct_{n}", Cursor(), Cursor(1)), {}, Committed(first, last))
        for n, (first, last) in enumerate([(5, 6), (3, 4), (7, 9)])
    ]
    (commit,) = commits_of(pieces)
    assert commit.committed == Committed(3, 9)


def test_totals_carry_the_prefixes_that_alerts_filter_on() -> None:
    day = shared_key("acme", 1, CellKey(DAY_TOTAL, "2026-11-20", ""))
    month = shared_key("acme", 1, CellKey(MONTH_TOTAL, "2026-11", ""))
    hour = shared_key("acme", 1, CellKey(HOUR, "2026-11-20", "09"))
    assert (day["sk"], month["sk"]) == (DAY_TOTAL_PREFIX + "2026-11-20", "MONTH#2026-11")
    assert month["sk"].startswith(MONTH_TOTAL_PREFIX)
    assert (hour["pk"], hour["sk"]) == ("W#acme#C#1#H", "2026-11-20#09")


def test_only_private_totals_stand_in_the_index_of_active_accounts() -> None:
    place = Place("acme", 1, "acct_00000000000000000000")
    touches = [(1, Delta(Sums(requests=1)))]

    def index_keys(key: CellKey) -> set[str]:
        update: Update = private_update(place, key, touches)
        return {ACTIVE.partition_key, ACTIVE.sort_key} & update.assign.keys()

    assert index_keys(CellKey(DAY_TOTAL, TODAY, "")) == {"ak", "as"}
    assert index_keys(CellKey(MONTH_TOTAL, TODAY[:7], "")) == {"ak", "as"}
    assert index_keys(CellKey(MODEL, TODAY, "a|b|c")) == set()


@pytest.fixture
def books(fake_table: FakeTable) -> Books:
    return Books(fake_table)


def commits(books: Books, seed: int, number: int = 8) -> list[Record]:
    """Commits of alice and bob."""
    random = seeded(seed)
    return [
        books.use(
            *(random_usage(random, f"{n}-{row}") for row in range(random.randint(1, 3))),
            user=random.choice(("alice", "alice", "bob")),
        )
        if random.random() < 0.9
        else books.buy()
        for n in range(number)
    ]


def private(books: Books, user: str = "alice", first: str = "0000", last: str = "9999") -> Deltas:
    """All that an account's cells are read as."""
    cells = DynamoCells(books.table)
    read: Deltas = {}
    for family in (*PRIVATE_FAMILIES, LATE):
        read |= cells.private(WORKSPACE, books.account(user), family, first, last)
    return read


def journal_of(books: Books, user: str = "alice") -> Deltas:
    return private_fold(books.ledger(user, "acme").entries, WORKSPACE.zone)


def test_the_latest_cells_are_read_first_and_no_more_than_asked_for(books: Books) -> None:
    rows = [a_usage(f"log-{day}", occurred_ms=START_MS - day * MS_PER_DAY) for day in range(5)]
    fold(books.table, [books.use(*rows)])
    cells = DynamoCells(books.table)
    everything = cells.shared(WORKSPACE, DAY_TOTAL, *EVER)
    newest = sorted(everything, reverse=True)
    for at_most in (1, 3, 5, 9):
        found = cells.latest(WORKSPACE, DAY_TOTAL, EVER, at_most)
        assert list(found) == newest[:at_most]
        assert all(found[key] == everything[key] for key in found)


def test_shared_cells_are_read_by_family_and_range(books: Books) -> None:
    rows = [
        a_usage(f"log-{day}", occurred_ms=START_MS - day * MS_PER_DAY, country=country)
        for day, country in enumerate(("KR", "TH", None, "DE"))
    ]
    fold(books.table, [books.use(*rows)])
    everything = shared_fold(books.ledger("alice", "acme").entries, WORKSPACE.zone)
    cells = DynamoCells(books.table)
    for family in (*SHARED_FAMILIES, TRANSACTIONS, UNPRICED):
        expected = {key: delta for key, delta in everything.items() if key.family == family}
        assert cells.shared(WORKSPACE, family, *EVER) == expected
    yesterday = add_days(TODAY, -1)
    countries = cells.shared(WORKSPACE, COUNTRY, yesterday, TODAY)
    assert {key.value for key in countries} == {"KR", "TH"}
    days = cells.shared(WORKSPACE, DAY_TOTAL, yesterday, yesterday)
    assert set(days) == {CellKey(DAY_TOTAL, yesterday, "")}
    assert cells.shared(WORKSPACE, MONTH_TOTAL, "2026-11", "2026-11").keys() == {
        CellKey(MONTH_TOTAL, "2026-11", "")
    }


def test_an_unknown_account_has_no_cells(books: Books) -> None:
    assert DynamoCells(books.table).private(WORKSPACE, "acct_x", DAY_TOTAL, *EVER) == {}


def test_private_cells_are_exact_before_anything_is_folded(books: Books) -> None:
    commits(books, seed=1)
    assert private(books) == journal_of(books)
    assert private(books, "bob") == journal_of(books, "bob")


def test_private_cells_keep_to_their_range(books: Books) -> None:
    rows = [a_usage(f"log-{day}", occurred_ms=START_MS - day * MS_PER_DAY) for day in range(4)]
    fold(books.table, [books.use(*rows[:2])])
    books.use(*rows[2:])
    first, last = add_days(TODAY, -2), add_days(TODAY, -1)
    cells = DynamoCells(books.table)
    for family in (DAY_TOTAL, MODEL):
        read = cells.private(WORKSPACE, books.account(), family, first, last)
        assert {key.period for key in read} == {first, last}
        assert read == {k: v for k, v in journal_of(books).items() if k in read}


def test_private_cells_are_exact_wherever_the_folding_stands_still() -> None:
    """Cells ahead of the cursor, some of them or all of them: each says by itself what it has."""
    for k in count(1):
        table = FakeTable()
        books = Books(table)
        records = commits(books, seed=2)
        fold(table, records[:3])
        chaos = AtCall(k, crash)
        table.meet_chaos(chaos)
        try:
            fold(table, records)
        except CrashError:
            assert chaos.met
        table.meet_chaos(None)
        assert private(books) == journal_of(books)
        assert private(books, "bob") == journal_of(books, "bob")
        if not chaos.met:
            assert k > 15
            return


def test_private_cells_are_exact_while_a_wide_entry_is_half_folded(books: Books) -> None:
    records = [books.use(), books.use(*wide_usage(98, 89)), books.use()]
    table = books.table
    assert isinstance(table, FakeTable)
    table.meet("transact", None, None, None, crash)
    with pytest.raises(CrashError):
        fold(table, records)
    assert books.cursor("acme", books.account())[1] != 0
    assert private(books) == journal_of(books)


def test_private_cells_are_exact_when_folding_and_commits_go_on_during_the_read() -> None:
    """Before any call of the read: more is committed, and everything so far is folded."""
    met = True
    for k in range(1, 10):
        table = FakeTable()
        books = Books(table)
        records = commits(books, seed=3)
        fold(table, records[:4])

        def go_on(b: Books = books, r: list[Record] = records) -> None:
            before = journal_of(b)
            fold(b.table, r)
            b.use(user="bob")
            assert before == journal_of(b)

        chaos = AtCall(k, go_on)
        table.meet_chaos(chaos)
        assert private(books) == journal_of(books)
        met = chaos.met
        table.meet_chaos(None)
    assert met


def test_a_read_shows_a_state_between_its_beginning_and_its_end() -> None:
    for k in range(1, 4):
        table = FakeTable()
        books = Books(table)
        fold(table, commits(books, seed=4)[:4])
        before = journal_of(books)

        def commit(b: Books = books) -> None:
            fold(b.table, [b.use()])

        table.meet_chaos(AtCall(k, commit))
        read = DynamoCells(table).private(WORKSPACE, books.account(), DAY_TOTAL, *EVER)
        table.meet_chaos(None)
        states = [
            {key: delta for key, delta in state.items() if key.family == DAY_TOTAL}
            for state in (before, journal_of(books))
        ]
        assert read in states


def test_a_tail_beyond_the_bound_is_left_out(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_module, "MAX_TAIL_ENTRIES", 3)
    fold(books.table, [books.use()])
    for _ in range(5):
        books.use()
    read = DynamoCells(books.table).private(WORKSPACE, books.account(), DAY_TOTAL, TODAY, TODAY)
    assert read[CellKey(DAY_TOTAL, TODAY, "")].sums.requests == 4


def test_a_tail_is_read_up_to_an_entry_that_cannot_be_folded(books: Books) -> None:
    for _ in range(4):
        books.use()
    books.spoil(3, dg="[")
    read = DynamoCells(books.table).private(WORKSPACE, books.account(), DAY_TOTAL, TODAY, TODAY)
    assert read[CellKey(DAY_TOTAL, TODAY, "")].sums.requests == 2


def test_a_tail_folded_already_costs_no_more_than_three_calls(
    books: Books, fake_table: FakeTable
) -> None:
    fold(fake_table, commits(books, seed=5))
    fake_table.calls.clear()
    DynamoCells(fake_table).private(WORKSPACE, books.account(), DAY_TOTAL, *EVER)
    assert dict(fake_table.calls) == {"get": 1, "query": 2}


def test_active_accounts_of_a_day_and_a_month_are_listed_with_their_sums(books: Books) -> None:
    old = books.use(a_usage(occurred_ms=START_MS - 3 * MS_PER_DAY), user="carol")
    fold(books.table, [books.use(), books.use(), books.use(user="bob"), books.buy("dave"), old])
    cells = DynamoCells(books.table)
    today = dict(cells.active(WORKSPACE, TODAY))
    assert list(today) == sorted(map(books.account, ("alice", "bob")))
    assert today[books.account()].sums.requests == 2
    month = dict(cells.active(WORKSPACE, TODAY[:7]))
    assert month.keys() == set(map(books.account, ("alice", "bob", "carol")))
    sums = journal_of(books)[CellKey(MONTH_TOTAL, TODAY[:7], "")].sums
    assert month[books.account()].sums.cost == sums.cost
    assert month[books.account()].sums.total == sums.total
    costs = dict(cells.active(WORKSPACE, TODAY[:7], {"cost"}))
    assert costs[books.account()].sums == Sums(cost=sums.cost)


def test_a_range_with_too_many_cells_is_refused_with_what_to_do(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold(books.table, [books.use(a_usage(f"log-{n}", model=f"m{n}")) for n in range(4)])
    cells = DynamoCells(books.table)
    monkeypatch.setattr("shared.store.cells.MAX_CELLS", 4)
    assert len(cells.shared(WORKSPACE, MODEL, *EVER)) == 4

    monkeypatch.setattr("shared.store.cells.MAX_CELLS", 3)
    with pytest.raises(ValidationFailedError) as refused:
        cells.shared(WORKSPACE, MODEL, *EVER)

    assert [error.pointer for error in refused.value.errors] == ["?startDate"]
