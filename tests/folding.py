"""Journals in a table, what their cells have to come to, and ways to deliver them badly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import count
from random import Random
from threading import Semaphore, Thread
from typing import Any, Final
from zoneinfo import ZoneInfo

from functions.aggregate.schemas import arrivals_of
from functions.aggregate.service import FoldEntries, Report
from shared.domain.calendar import MS_PER_DAY, local_day_hour
from shared.domain.cells import (
    LATE,
    SHARED_FAMILIES,
    TRANSACTIONS,
    UNPRICED,
    CellKey,
    Delta,
    Deltas,
    fold_private,
    fold_shared,
    merge,
)
from shared.domain.head import Head
from shared.domain.ids import account_id_of
from shared.domain.journal import KINDS, Entry
from shared.domain.tokens import Tokens
from shared.domain.usage import Usage
from shared.domain.workspace import Workspace
from shared.store.cell_items import delta_from, private_cell_key, shared_cell_key
from shared.store.cell_writer import DynamoCellStore
from shared.store.items import entry_item, head_item
from shared.store.schema import (
    SCHEMA_VERSION,
    account_pk,
    cursor_key,
    private_prefix,
    shared_pk,
)
from shared.store.table import Item, Put, Query, QueryPage, Table, Write, rows
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import Ledger, a_ledger, a_purchase, a_usage, a_workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.faults import Call, Step
from tests.fakes.stream import stream_record

Record = dict[str, Any]


class Queue:
    """A queue that keeps its messages, and fails when told to."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str | int]] = []
        self.broken = False

    def send(self, message: Mapping[str, str | int]) -> None:
        if self.broken:
            raise ConnectionError("the queue does not answer")
        self.messages.append(dict(message))


class Books:
    """Accounts of workspaces with their journals in a table, written as commits write them."""

    def __init__(self, table: Table, *workspaces: Workspace) -> None:
        self.table = table
        self.workspaces = {w.workspace_id: w for w in workspaces or (a_workspace(),)}
        self.ledgers: dict[tuple[str, str], Ledger] = {}
        self._made = 0
        for workspace in self.workspaces.values():
            DynamoWorkspaces(table).create(workspace)

    def account(self, user: str = "alice", workspace_id: str = "acme") -> str:
        """The account of a user."""
        return account_id_of(self.workspaces[workspace_id].secret, user)

    def ledger(self, user: str, workspace_id: str) -> Ledger:
        """The account's ledger in memory."""
        key = workspace_id, self.account(user, workspace_id)
        if key not in self.ledgers:
            self.ledgers[key] = a_ledger(Head(*key), registered=True)
        return self.ledgers[key]

    def use(self, *rows: Usage, user: str = "alice", workspace_id: str = "acme") -> Record:
        """Commit usage (one plain call when no rows are given); the stream record of its entry."""
        ledger = self.ledger(user, workspace_id)
        if not rows:
            self._made += 1
            rows = (a_usage(f"plain-{self._made}"),)
        applied = ledger.use(*rows)
        assert applied.entry is not None
        return self._write(applied.head, applied.entry)

    def buy(self, user: str = "alice", workspace_id: str = "acme") -> Record:
        """Commit a purchase; the stream record of its entry."""
        applied = self.ledger(user, workspace_id).move(a_purchase())
        assert applied.entry is not None
        return self._write(applied.head, applied.entry)

    def _write(self, head: Head, entry: Entry) -> Record:
        self.table.write(Put(head_item(head)))
        self.table.write(Put(entry_item(entry)))
        return stream_record(entry_item(entry))

    def spoil(
        self, number: int, user: str = "alice", workspace_id: str = "acme", **bad: Any
    ) -> Record:
        """Overwrite attributes of an entry (None takes one away); the record that brings it so."""
        entry = self.ledger(user, workspace_id).entries[number - 1]
        spoilt: dict[str, Any] = {**entry_item(entry), **bad}
        item: Item = {name: value for name, value in spoilt.items() if value is not None}
        self.table.write(Put(item))
        return stream_record(item)

    def mend(self, seq: int, user: str = "alice", workspace_id: str = "acme") -> None:
        """Put an entry right again."""
        self.table.write(Put(entry_item(self.ledger(user, workspace_id).entries[seq - 1])))

    def assert_exact(self, *, generation: int = 1) -> None:
        """All cells are the folds of the journals, there are no others, and each cursor is at the end."""
        for workspace_id in self.workspaces:
            entries = [e for ledger in self._of(workspace_id) for e in ledger.entries]
            cells = shared_cells(self.table, workspace_id, generation)
            assert cells == shared_fold(entries, self.workspaces[workspace_id].zone)
        for (workspace_id, account_id), ledger in self.ledgers.items():
            cells = private_cells(self.table, workspace_id, account_id, generation)
            assert cells == private_fold(ledger.entries, self.workspaces[workspace_id].zone)
            cursor = self.cursor(workspace_id, account_id, generation)
            assert cursor == (ledger.head.seq, 0)

    def _of(self, workspace_id: str) -> list[Ledger]:
        return [ledger for (of, _), ledger in self.ledgers.items() if of == workspace_id]

    def cursor(
        self, workspace_id: str, account_id: str, generation: int = 1
    ) -> tuple[object, object]:
        """`(seq, part)` of an account's cursor."""
        item = self.table.get(cursor_key(workspace_id, account_id, generation)) or {}
        return item.get("seq", 0), item.get("part", 0)


def shared_fold(entries: Sequence[Entry], zone: ZoneInfo) -> Deltas:
    """What a workspace's shared cells have to be: its usage, and each day's transactions."""
    usage: Deltas = {}
    for entry in entries:
        merge(usage, fold_shared(entry.digest, entry.counted))
    return usage | transaction_cells(entries, zone)


def transaction_cells(entries: Sequence[Entry], zone: ZoneInfo) -> Deltas:
    """What the cells of a workspace's transactions have to be."""
    cells: Deltas = {}
    for entry in entries:
        day, hour = local_day_hour(entry.created_ms, zone)
        moves = cells.setdefault(CellKey(TRANSACTIONS, day, ""), Delta()).moves
        kind = KINDS.index((entry.reason, entry.type))
        moves.counts[kind, hour] = moves.counts.get((kind, hour), 0) + 1
        moves.opened += entry.seq == 1
        if entry.amount:
            moves.credits[kind] = moves.credits.get(kind, 0) + entry.amount
    return cells


def private_fold(entries: Sequence[Entry], zone: ZoneInfo) -> Deltas:
    """What an account's private cells have to be: its usage, and what came in another month."""
    usage = fold_private(row for entry in entries for row in entry.digest)
    return usage | late_cells(entries, zone)


def late_cells(entries: Sequence[Entry], zone: ZoneInfo) -> Deltas:
    """What an account's cells of usage that came in another month have to be."""
    cells: Deltas = {}
    for entry in entries:
        month = local_day_hour(entry.created_ms, zone)[0][:7]
        for row in entry.digest:
            occurred = row.dimensions.day[:7]
            if occurred != month or entry.reason != "usage":
                key = CellKey(LATE, month, f"{occurred}|{row.dimensions.service}|{entry.reason}")
                cells.setdefault(key, Delta()).sums.add(row.sums, buckets=False)
    return cells


def shared_cells(table: Table, workspace_id: str, generation: int = 1) -> Deltas:
    """All shared cells of a workspace."""
    cells: Deltas = {}
    for family in (*SHARED_FAMILIES, TRANSACTIONS, UNPRICED):
        for item in rows(table, Query(shared_pk(workspace_id, generation, family))):
            assert item["v"] == SCHEMA_VERSION
            assert 0 not in item.values()
            cells[shared_cell_key(item, family)] = delta_from(item)
    return cells


def private_cells(table: Table, workspace_id: str, account_id: str, generation: int = 1) -> Deltas:
    """All private cells of an account."""
    cells: Deltas = {}
    pk = account_pk(workspace_id, account_id)
    for item in rows(table, Query(pk, prefix=f"C#{generation}#")):
        family = str(item["sk"]).split("#")[2]
        assert str(item["sk"]).startswith(private_prefix(generation, family))
        cells[private_cell_key(item, generation, family)] = delta_from(item)
    return cells


def without_zeros(cells: Deltas) -> Deltas:
    """Cells less what came back to zero: what the table keeps of it depends on what was folded together."""
    for delta in cells.values():
        delta.hours = {hour: sums for hour, sums in delta.hours.items() if any(sums)}
    return {key: delta for key, delta in cells.items() if delta != Delta()}


_folders = count()


def folder(table: Table, clock: FakeClock | None = None, queue: Queue | None = None) -> FoldEntries:
    """The service on a table, one write after another."""
    clock = clock or FakeClock(seed=f"folder-{next(_folders)}")
    store = DynamoCellStore(table, clock)
    return FoldEntries(store, DynamoWorkspaces(table), queue or Queue(), clock, map)


def fold(table: Table, records: Sequence[Record]) -> Report:
    """Fold one batch."""
    return folder(table)(arrivals_of(records))


def seeded(seed: int) -> Random:
    """Randomness that a seed repeats."""
    return Random(seed)  # noqa: S311 - nothing secret


SERVICES: Final = ("chat", "images", "openai/proxy")
MODELS: Final = (None, "gpt-4o", "claude/opus")


def random_usage(random: Random, log_id: str) -> Usage:
    """A call of some service in the last week, with whatever a log may have or lack."""
    tokens = random.choice(
        (None, Tokens(random.randrange(10**6)), Tokens.of_parts(900, 80, 300, 200, 7))
    )
    return a_usage(
        log_id,
        service=random.choice(SERVICES),
        provider=random.choice(("azure", "chat")),
        model=random.choice(MODELS),
        tokens=tokens,
        credits=random.choice((None, 0, random.randrange(10**6))),
        cost_picos=random.choice((None, random.randrange(10**15))),
        failed=random.random() < 0.3,
        response_time_ms=random.choice((None, 0, random.randrange(10**7))),
        response_bytes=random.choice((None, 0, random.randrange(10**9))),
        country=random.choice((None, "KR", "TH")),
        platform=random.choice((None, "web", "iOS 19")),
        occurred_ms=START_MS - random.randrange(7 * MS_PER_DAY),
    )


def wide_usage(count: int, days: int) -> list[Usage]:
    """Calls spread over so many days, each with a model, a country and a platform of its own."""
    return [
        a_usage(
            f"wide-{number}",
            model=f"m{number}",
            country="ABCDEFGHIJ"[number // 10] + "ABCDEFGHIJ"[number % 10],
            platform=f"p{number}",
            failed=True,
            occurred_ms=START_MS - (number % days) * MS_PER_DAY - (number // days) * 3_600_000,
        )
        for number in range(count)
    ]


class CrashError(Exception):
    """The process is gone."""


def crash() -> None:
    """A step that ends the process just before a call."""
    raise CrashError


class AtCall:
    """Lets one call from now on, the k-th, meet a step."""

    def __init__(self, k: int, step: Step) -> None:
        self._k = k
        self._step = step
        self._seen = 0

    def __call__(self, call: Call) -> Step:
        self._seen += 1
        return self._step if self._seen == self._k else None

    @property
    def met(self) -> bool:
        """Whether there were so many calls."""
        return self._seen >= self._k


class TurnTable:
    """A table that lets somebody else go on before each call."""

    def __init__(self, table: Table, wait: Callable[[], None]) -> None:
        self._table = table
        self._wait = wait

    def get(self, key: Any) -> Item | None:
        self._wait()
        return self._table.get(key)

    def get_many(self, keys: Any, *, eventual: bool = False) -> dict[tuple[str, str], Item]:
        self._wait()
        return self._table.get_many(keys, eventual=eventual)

    def query(self, query: Query) -> QueryPage:
        self._wait()
        return self._table.query(query)

    def write(self, write: Any) -> None:
        self._wait()
        self._table.write(write)

    def transact(self, writes: Sequence[Write], token: str) -> None:
        self._wait()
        self._table.transact(writes, token)


def interleave(table: Table, jobs: Sequence[Callable[[Table], object]], random: Random) -> None:
    """Run jobs at once, call by call, in an order that a seed repeats. Only one runs at any time."""
    turns = [Semaphore(0) for _ in jobs]
    back = Semaphore(0)
    running = set(range(len(jobs)))
    errors: list[BaseException] = []

    def run(number: int) -> None:
        def wait() -> None:
            back.release()
            turns[number].acquire()

        turns[number].acquire()
        try:
            jobs[number](TurnTable(table, wait))
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            errors.append(error)
        running.discard(number)
        back.release()

    threads = [Thread(target=run, args=(number,), daemon=True) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    while running:
        turns[random.choice(sorted(running))].release()
        back.acquire()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
