"""One hot account with more and more writers: attempts for each commit, and write units lost on the others.

On the tests' table, behind calls that take as long as DynamoDB's and transactions that meet each other as
its do. A canceled transaction costs what it would have written.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks.budgets import SlowTable
from benchmarks.results import Result
from benchmarks.results import table as as_table
from shared.adapters.clock import SystemClock
from shared.store.ledger import DynamoLedger
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable

COMMITS: Final = 160
UNITS_OF_ONE: Final = 8
GOALS: Final = {1: 1.0, 8: 1.5, 32: 2.7}
"""Writers that never pause, and the attempts a commit may take. Those who cannot hear each other need e tries
each at best where the line is full (Abramson 1970, slotted ALOHA)."""


def run() -> list[Result]:
    """Measure each number of writers."""
    results = []
    for writers, goal in GOALS.items():
        attempts, wasted = _write(writers)
        title = f"{writers} writers of one account"
        results.append(Result(f"{title}, attempts a commit", attempts, "attempts", None, goal))
        lost = UNITS_OF_ONE * (goal - 1)
        results.append(Result(f"{title}, lost a commit", wasted, "write units", None, lost))
    return results


def _write(writers: int) -> tuple[float, float]:
    clock = SystemClock()
    plain = FakeTable(FakeClock(clock.now_ms()))
    DynamoWorkspaces(plain).create(a_workspace(enforce_credits=False, in_use=True))
    DynamoLedger(plain, clock).record(WORKSPACE, [a_usage("first")])
    table, before = SlowTable(plain), plain.units.writes

    def write(writer: int) -> None:
        ledger = DynamoLedger(table, clock)
        for at in range(COMMITS // writers):
            (outcome,) = ledger.record(WORKSPACE, [a_usage(f"log-{writer}-{at:028d}")]).outcomes
            assert outcome.status == "created", outcome.error

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
    # Transactions that meet another do not get as far as the table that counts.
    written = plain.units.writes - before + UNITS_OF_ONE * table.conflicts
    return table.commits / COMMITS, written / COMMITS - UNITS_OF_ONE


if __name__ == "__main__":
    print(as_table(run()))
