"""Cells are the fold of the journal, whatever happens on the way (STA-5, architecture "Cells")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.aggregate.schemas import arrivals_of
from shared.domain.errors import ConflictRetryError
from shared.store.table import StoreUnavailableError, Table
from tests.factories import a_usage, a_workspace, terms
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Fault, Step
from tests.fakes.table import FakeTable
from tests.folding import (
    AtCall,
    Books,
    CrashError,
    Record,
    crash,
    fold,
    folder,
    interleave,
    random_usage,
    seeded,
    wide_usage,
)

SEEDS = st.integers(0, 2**32)
FAULTS = tuple(Fault)
PASSING = (StoreUnavailableError, ConflictRetryError)


def two_workspaces(table: FakeTable) -> Books:
    return Books(table, a_workspace(), a_workspace(workspace_id="beta"))


def write_books(books: Books, seed: int, commits: int) -> list[Record]:
    """Journals of three accounts in two workspaces; their records in the order of the commits."""
    random = seeded(seed)
    records = []
    for commit in range(commits):
        user, workspace_id = random.choice((("alice", "acme"), ("bob", "acme"), ("eve", "beta")))
        if random.random() < 0.2:
            records.append(books.buy(user, workspace_id))
            continue
        rows = [random_usage(random, f"{commit}-{n}") for n in range(random.randint(1, 4))]
        records.append(books.use(*rows, user=user, workspace_id=workspace_id))
    return records


Tried = tuple[FakeTable, Books, list[Record]]


def at_each_call(step: Callable[[Tried], Step], seed: int, at_least: int) -> Iterator[Tried]:
    """New books again and again; while they are folded, one call later each time meets the step."""
    for k in count(1):
        table = FakeTable()
        books = two_workspaces(table)
        records = write_books(books, seed, commits=10)
        chaos = AtCall(k, step((table, books, records)))
        table.meet_chaos(chaos)
        try:
            fold(table, records)
        except (CrashError, *PASSING):
            assert chaos.met
        table.meet_chaos(None)
        yield table, books, records
        if not chaos.met:
            assert k > at_least
            return


@pytest.fixture
def books(fake_table: FakeTable) -> Books:
    return two_workspaces(fake_table)


def test_one_log_is_in_every_cell_it_touches(books: Books) -> None:
    fold(books.table, [books.use()])
    books.assert_exact()


def test_a_batch_of_many_accounts_and_workspaces_is_folded_exactly(books: Books) -> None:
    records = write_books(books, seed=1, commits=40)
    report = fold(books.table, records)
    books.assert_exact()
    assert report.folded == 40


def test_a_batch_delivered_twice_counts_once(books: Books) -> None:
    records = write_books(books, seed=2, commits=20)
    fold(books.table, records)
    report = fold(books.table, records)
    books.assert_exact()
    assert report.folded == 0


def test_records_within_one_batch_may_stand_twice_and_in_any_order(books: Books) -> None:
    records = write_books(books, seed=3, commits=20)
    fold(books.table, [*reversed(records), *records])
    books.assert_exact()


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_batch_may_be_bisected_anywhere_and_its_halves_swapped(books: Books, cut: int) -> None:
    records = write_books(books, seed=4, commits=12)
    fold(books.table, records[cut:])
    fold(books.table, records[:cut])
    books.assert_exact()


def test_holes_are_filled_from_the_journal(books: Books) -> None:
    records = write_books(books, seed=5, commits=60)
    last = {record["dynamodb"]["Keys"]["pk"]["S"]: record for record in records}
    assert len(last) == 3
    fold(books.table, list(last.values()))
    books.assert_exact()


def test_a_record_without_an_image_is_read_from_the_journal(books: Books) -> None:
    record = books.use()
    del record["dynamodb"]["NewImage"]
    fold(books.table, [record])
    books.assert_exact()


def test_changed_and_removed_entries_add_nothing(books: Books) -> None:
    record = books.use()
    fold(books.table, [record])
    again = [record | {"eventName": name} for name in ("MODIFY", "REMOVE")]
    assert fold(books.table, again).rounds == 0
    books.assert_exact()


def test_purchases_are_counted_in_one_cell_with_the_cursor(
    books: Books, fake_table: FakeTable
) -> None:
    records = [books.buy() for _ in range(3)]
    fake_table.calls.clear()
    before = fake_table.units.writes
    fold(fake_table, records)
    books.assert_exact()
    assert (fake_table.calls["transact"], fake_table.calls["write"]) == (1, 0)
    assert fake_table.units.writes - before == 2 * 3  # the cell, the cursor, the version


def test_purchases_between_usage_go_with_it(books: Books, fake_table: FakeTable) -> None:
    records = [books.buy(), books.use(), books.buy(), books.buy(user="bob"), books.use(user="bob")]
    fake_table.calls.clear()
    fold(fake_table, records)
    books.assert_exact()
    assert fake_table.calls["transact"] == 1


def test_an_entry_of_98_logs_over_89_days_is_exact(books: Books) -> None:
    records = [books.use(), books.use(*wide_usage(98, 89)), books.use()]
    fold(books.table, records)
    books.assert_exact()


def test_a_wide_entry_goes_on_after_a_crash_between_its_parts() -> None:
    stopped = []
    for part in range(8):
        table = FakeTable()
        books = Books(table)
        records = [books.use(), books.use(*wide_usage(98, 89)), books.use()]
        table.meet("transact", *[None] * part, crash)
        with pytest.raises(CrashError):
            fold(table, records)
        stopped.append(books.cursor("acme", books.account()))
        fold(table, records[1:2])
        fold(table, records)
        books.assert_exact()
    assert stopped == [(0, 0), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (2, 0)]


@pytest.mark.parametrize("part", range(3))
def test_another_consumer_may_write_the_same_part_of_a_wide_entry(part: int) -> None:
    """Just before one writes a part, the other writes it, and is gone before the next."""
    table = FakeTable()
    books = Books(table)
    records = [books.use(*wide_usage(50, 45)), books.use()]

    def other() -> None:
        table.meet("transact", None, crash)
        with pytest.raises(CrashError):
            fold(table, records)

    table.meet("transact", *[None] * part, other)
    fold(table, records)
    books.assert_exact()


def test_a_journal_longer_than_a_round_is_folded_in_rounds(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.aggregate.service.ROUND_ROWS", 7)
    monkeypatch.setattr("functions.aggregate.service.READ_AHEAD", 3)
    records = write_books(books, seed=6, commits=60)
    report = fold(books.table, records[-25:])
    books.assert_exact()
    assert report.rounds > 5


def test_a_crash_before_any_call_leaves_nothing_that_a_repeat_does_not_mend() -> None:
    """Between the private cells and the shared ones, between two transactions: everywhere."""
    for table, books, records in at_each_call(lambda _: crash, seed=7, at_least=35):
        fold(table, records[:4])
        fold(table, records)
        books.assert_exact()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_call_changes_nothing_in_the_end(fault: Fault) -> None:
    for table, books, records in at_each_call(lambda _: fault, seed=8, at_least=35):
        fold(table, records)
        books.assert_exact()


@pytest.mark.parametrize("part", [slice(0, 7), slice(5, 10), slice(0, 10)])
def test_another_consumer_may_fold_some_of_the_batch_before_any_call(part: slice) -> None:
    def other(tried: Tried) -> Step:
        table, _, records = tried
        return lambda: fold(table, records[part])

    for _, books, _ in at_each_call(other, seed=9, at_least=25):
        books.assert_exact()


@given(SEEDS, st.integers(2, 4))
def test_consumers_at_once_in_any_interleaving_count_each_entry_once(seed: int, many: int) -> None:
    random = seeded(seed)
    table = FakeTable()
    books = two_workspaces(table)
    records = write_books(books, seed, commits=10)

    def consumer(batch: list[Record]) -> Callable[[Table], object]:
        return lambda turns: fold(turns, batch)

    parts = [random.sample(records, random.randint(1, len(records))) for _ in range(many - 1)]
    interleave(table, [consumer(batch) for batch in [records, *parts]], random)
    books.assert_exact()


@given(SEEDS, st.sampled_from((0.0, 0.05, 0.3)))
def test_any_delivery_with_any_faults_comes_to_the_fold_of_the_journal(
    seed: int, rate: float
) -> None:
    random = seeded(seed)
    table = FakeTable(page_bytes=random.choice((2_000, 1024 * 1024)))
    books = two_workspaces(table)
    records = write_books(books, seed, commits=random.randint(1, 25))
    table.meet_chaos(lambda call: random.choice(FAULTS) if random.random() < rate else None)
    waiting = [*records, *random.choices(records, k=random.randint(0, 10))]
    random.shuffle(waiting)
    while waiting:
        size = random.randint(1, len(waiting))
        batch, waiting = waiting[:size], waiting[size:]
        try:
            fold(table, batch)
        except PASSING:
            waiting = [*batch, *waiting]
    table.meet_chaos(None)
    books.assert_exact()


def test_a_conflict_that_does_not_pass_is_raised_and_the_batch_is_safe_to_repeat(
    books: Books, fake_table: FakeTable
) -> None:
    record = books.use()
    fake_table.meet_chaos(lambda call: Fault.CONFLICT if call.verb == "transact" else None)
    with pytest.raises(PASSING):
        fold(fake_table, [record])
    fake_table.meet_chaos(None)
    fold(fake_table, [record])
    books.assert_exact()


def test_standing_back_takes_a_moment_each_time(books: Books, fake_table: FakeTable) -> None:
    clock = FakeClock()
    record = books.use()
    fake_table.meet("transact", *[Fault.CONFLICT] * 5)
    folder(fake_table, clock)(arrivals_of([record]))
    books.assert_exact()
    assert len(clock.slept) == 5
    assert 0 < sum(clock.slept) < 1


def test_one_workspace_adds_nothing_to_another(books: Books, fake_table: FakeTable) -> None:
    fold(fake_table, [books.use(user="eve", workspace_id="beta")])
    books.assert_exact()
    cells = [str(item["pk"]) for item in fake_table.items() if "#C#" in str(item["pk"])]
    assert cells
    assert all(pk.startswith("W#beta#") for pk in cells)


def test_days_and_hours_are_those_the_commit_saw(fake_table: FakeTable) -> None:
    books = Books(fake_table)
    books.ledger("alice", "acme").terms = terms(timezone="Asia/Kathmandu")
    fold(fake_table, [books.use(a_usage(occurred_ms=1_795_112_100_000 + 6 * 3_600_000))])
    books.assert_exact()
