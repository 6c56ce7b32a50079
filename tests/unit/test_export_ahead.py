"""EXP-2: many accounts are read side by side, in order, with bounded memory."""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.export.batches import ROWS_AHEAD
from functions.export.by_account import ACCOUNTS_AHEAD, ByAccount, run_ahead
from functions.export.sources import Rows
from functions.export.writing import WriteExport
from shared.domain.exports import USAGE_LOGS, Export, Selection
from shared.domain.usage import UsageLog
from shared.ports.logs import LogFilter
from tests.factories import WORKSPACE, a_log, a_workspace
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.export_ports import MemoryFile, MemoryFiles

SIZES = st.lists(
    st.sampled_from([0, 1, 2, ROWS_AHEAD - 1, ROWS_AHEAD, ROWS_AHEAD + 1, 2 * ROWS_AHEAD]),
    max_size=3 * ACCOUNTS_AHEAD,
)


def threads_ahead() -> int:
    return sum(thread.name.startswith("ahead") for thread in threading.enumerate())


@given(SIZES)
def test_everything_comes_in_the_order_of_the_sources(sizes: list[int]) -> None:
    sources = ((label, iter(range(size))) for label, size in enumerate(sizes))

    taken = list(run_ahead(sources))

    expected = [(label, number) for label, size in enumerate(sizes) for number in range(size)]
    assert [(label, number) for label, numbers in taken for number in numbers] == expected
    assert {label for label, _ in taken} == set(range(len(sizes)))
    assert all(len(numbers) <= ROWS_AHEAD for _, numbers in taken)
    assert threads_ahead() == 0


def test_the_first_rows_of_several_accounts_are_read_at_the_same_time() -> None:
    together = threading.Barrier(ACCOUNTS_AHEAD, timeout=10)

    def account() -> Iterator[int]:
        together.wait()
        yield 1

    sources = ((label, account()) for label in range(3 * ACCOUNTS_AHEAD))

    assert [label for label, _ in run_ahead(sources)] == list(range(3 * ACCOUNTS_AHEAD))


def test_no_more_accounts_are_opened_than_are_read_ahead() -> None:
    opened = 0

    def sources() -> Iterator[tuple[int, Iterator[int]]]:
        nonlocal opened
        for label in range(100):
            opened += 1
            yield label, iter([label])

    with closing(run_ahead(sources())) as ahead:
        for label, _ in ahead:
            assert opened <= label + ACCOUNTS_AHEAD


def test_a_failing_account_fails_the_export_in_its_turn_and_ends_the_threads() -> None:
    def read(label: str) -> Iterator[int]:
        if label == "b":
            raise RuntimeError("no such page")
        yield 1

    seen: list[str] = []
    sources = ((label, read(label)) for label in "abc")

    with pytest.raises(RuntimeError, match="no such page"):
        seen.extend(label for label, _ in run_ahead(sources))

    assert seen == ["a"]
    assert threads_ahead() == 0


def test_stopping_early_ends_the_threads() -> None:
    sources = ((label, iter(range(10_000))) for label in range(100))

    with closing(run_ahead(sources)) as ahead:
        next(ahead)

    assert threads_ahead() == 0


class Generated:
    """A workspace whose accounts and logs are made while they are read."""

    def __init__(self, accounts: int, logs: int) -> None:
        self._accounts, self._logs = accounts, logs
        self._log = a_log(metadata='{"session":"s-1"}')

    def walk(self, workspace_id: str) -> Iterator[tuple[str, str | None]]:
        return ((f"acct_{number:020x}", f"user-{number}") for number in range(self._accounts))

    def history(
        self,
        workspace_id: str,
        account_id: str,
        where: LogFilter,
        *,
        descending: bool = True,
        after: str | None = None,
    ) -> Iterator[tuple[str, UsageLog]]:
        for number in range(self._logs):
            yield f"{number}", replace(self._log, log_id=f"{account_id}-{number}")


class Counted(MemoryFile):
    """Counts the bytes and forgets them."""

    def write(self, chunk: bytes) -> None:
        self.length = getattr(self, "length", 0) + len(chunk)


class Sink(MemoryFiles):
    """Files that nobody keeps."""

    def create(self, key: str, media_type: str) -> MemoryFile:
        return Counted(self, key, media_type)


def peak_bytes(accounts: int, logs: int, file_format: str) -> int:
    source = Generated(accounts, logs)
    clock = FakeClock()
    rows = Rows({USAGE_LOGS: ByAccount(source, None, source).usage})  # type: ignore[arg-type]
    write = WriteExport(rows, Sink(), source, clock)  # type: ignore[arg-type]
    selection = Selection("usage-logs", file_format)  # type: ignore[arg-type]
    export = Export(WORKSPACE, "id", "key:1", selection, START_MS, START_MS)
    tracemalloc.start()
    done = write(a_workspace(), export, lambda _: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done.rows == accounts * logs
    return peak


@pytest.mark.parametrize(("file_format", "rows"), [("csv", 20_000), ("json", 5_000)])
def test_memory_does_not_grow_with_the_rows(file_format: str, rows: int) -> None:
    few = peak_bytes(1, 1_000, file_format)

    assert peak_bytes(1, rows, file_format) < 1.5 * few


def test_memory_does_not_grow_with_the_accounts() -> None:
    few = peak_bytes(2 * ACCOUNTS_AHEAD, 20, "csv")

    assert peak_bytes(30 * ACCOUNTS_AHEAD, 20, "csv") < 1.5 * few
