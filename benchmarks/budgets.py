"""Budgets of a workspace under concurrency: how far they are overrun, and what that costs (ALR-4).

`python -m benchmarks.budgets` runs writers side by side on the tests' table, behind calls that take as
long as DynamoDB's and transactions that meet each other as its do: of two that touch one item at once, the
later one fails. Budgets are filled from empty; every writer is told when they are full.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Final

from shared.adapters.clock import SystemClock
from shared.domain import limits
from shared.domain.thresholds import Rules, new_threshold
from shared.store import budgets
from shared.store.ledger import DynamoLedger
from shared.store.schema import Key
from shared.store.table import (
    Item,
    Query,
    QueryPage,
    Reason,
    TransactionCanceledError,
    Write,
    number,
)
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable

READ_SECONDS: Final = 0.004
TRANSACTION_SECONDS: Final = 0.012
WRITERS: Final = 32
LIMIT: Final = 1_000
LONGEST_SECONDS: Final = 60.0

Address = tuple[str, str]


class SlowTable:
    """A table with the latencies of a network and the conflicts of transactions that overlap."""

    def __init__(self, table: FakeTable) -> None:
        self._table = table
        self._lock = Lock()
        self._under_way: set[Address] = set()
        self.commits = 0
        self.conflicts = 0

    def get(self, key: Key) -> Item | None:
        """One item."""
        time.sleep(READ_SECONDS)
        return self._table.get(key)

    def get_many(self, keys: Sequence[Key], *, eventual: bool = False) -> dict[Address, Item]:
        """Items."""
        time.sleep(READ_SECONDS)
        return self._table.get_many(keys, eventual=eventual)

    def query(self, query: Query) -> QueryPage:
        """A page of rows."""
        time.sleep(READ_SECONDS)
        return self._table.query(query)

    def write(self, write: Write) -> None:
        """One write."""
        time.sleep(READ_SECONDS)
        self._table.write(write)  # type: ignore[arg-type]

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """All of the writes or none."""
        self.commits += 1
        with self._alone(writes):
            time.sleep(TRANSACTION_SECONDS)
            self._table.transact(writes, token)

    @contextmanager
    def _alone(self, writes: Sequence[Write]) -> Iterator[None]:
        touched = {_address(write) for write in writes}
        with self._lock:
            met = touched & self._under_way
            self._under_way |= touched - met
        try:
            if met:
                self.conflicts += 1
                time.sleep(READ_SECONDS)
                raise TransactionCanceledError([Reason("TransactionConflict")] * len(writes))
            yield
        finally:
            with self._lock:
                self._under_way -= touched - met


def _address(write: Write) -> Address:
    key = getattr(write, "key", None) or write.item  # type: ignore[union-attr]
    return str(key["pk"]), str(key["sk"])


@dataclass(frozen=True, slots=True)
class Run:
    """What filling one budget came to."""

    overshoot: int
    seconds: float
    commits: int
    tries: float
    gave_up: int


def fill(sizes: Sequence[int]) -> Run:
    """Fill a budget of `LIMIT` credits with `WRITERS` writers, each of an account of its own."""
    clock = SystemClock()
    plain = FakeTable(FakeClock(clock.now_ms()))
    DynamoWorkspaces(plain).create(a_workspace(enforce_credits=False, in_use=True))
    rules = Rules("workspace", None, "credits", None, LIMIT, block=True)
    threshold = new_threshold(WORKSPACE, f"th_{1:020x}", rules, clock.now_ms())
    DynamoThresholds(plain, clock).create(threshold, None, {})
    table = SlowTable(plain)
    started = time.monotonic()

    def write(number: int) -> tuple[int, int]:
        ledger, taken, gave_up = DynamoLedger(table, clock), 0, 0
        while time.monotonic() - started < LONGEST_SECONDS:
            size = sizes[(number + taken) % len(sizes)]
            usage = a_usage(f"{number}-{taken}-{gave_up}", user_id=f"user-{number}", credits=size)
            (outcome,) = ledger.record(WORKSPACE, [usage]).outcomes
            if outcome.status == "created":
                taken += 1
            elif outcome.error is not None and outcome.error.code == "limit_exceeded":
                break
            else:
                gave_up += 1
        return taken, gave_up

    with ThreadPoolExecutor(WRITERS) as pool:
        done = list(pool.map(write, range(WRITERS)))
    seconds = time.monotonic() - started
    spent = sum(number(item, "cr") for item in plain.items() if item["sk"] == "LOG")
    commits = sum(taken for taken, _ in done)
    return Run(spent - LIMIT, seconds, commits, table.commits / commits, sum(g for _, g in done))


def main() -> int:
    """Fill budgets with and without the care for their end, on one counter and on several."""
    print(f"{WRITERS} writers, budget {LIMIT} credits; reads 4 ms, transactions 12 ms")
    print(
        "| logs of | unseen commits allowed for | counters | overshoot | commits/s | tries | gave up |"
    )
    print("|---|---|---|---|---|---|---|")
    for sizes in ((1,), (10,), (1, 2, 5, 20)):
        for crowd, shards in ((0, 1), (0, 8), (64, 8)):
            limits.CROWD, budgets.SHARDS = crowd, shards  # type: ignore[misc]
            run = fill(sizes)
            size = " ".join(map(str, sizes))
            rate = f"{run.commits / run.seconds:.0f}"
            print(
                f"| {size} | {crowd} | {shards} | {run.overshoot} | {rate} | {run.tries:.2f} "
                f"| {run.gave_up} |",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
