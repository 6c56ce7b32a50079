"""Rows account by account: usage logs and journals, in a fixed order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from itertools import islice
from typing import Final, TypeVar

from functions.export.batches import ROWS_AHEAD, Batch
from functions.export.columns import REVEALING, Row
from shared.domain.exports import Selection, totals_of_entries, totals_of_logs
from shared.domain.journal import Entry
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.http.views.accounts import transaction_view
from shared.http.views.logs import usage_log_view
from shared.ports.accounts import Accounts
from shared.ports.directory import Directory
from shared.ports.logs import LogFilter, UsageLogs

ACCOUNTS_AHEAD: Final = 8
"""Accounts whose first rows are read while earlier ones are written: many small accounts then cost a
round trip for eight, not for each. With `ROWS_AHEAD` and a page of the table it bounds the memory."""

L = TypeVar("L")
T = TypeVar("T")


def threads() -> Executor:
    """What reads ahead, for one export."""
    return ThreadPoolExecutor(ACCOUNTS_AHEAD, thread_name_prefix="ahead")


class ByAccount:
    """Reads the rows of one account after the other.

    Usage logs come from an index, which lags writes by a moment; transactions are read consistently,
    each account up to where it stands when its turn comes. `pool` makes what reads ahead.
    """

    def __init__(
        self,
        directory: Directory,
        accounts: Accounts,
        logs: UsageLogs,
        pool: Callable[[], Executor] = threads,
    ) -> None:
        self._directory = directory
        self._accounts = accounts
        self._logs = logs
        self._pool = pool

    def usage(
        self,
        workspace: Workspace,
        selection: Selection,
        in_table: Callable[[UsageLog], bool] = lambda _: True,
    ) -> Generator[Batch]:
        """Those usage logs that are to be read from the table; see `functions.export.batches.RowSource`."""
        where = LogFilter(selection.start_ms, selection.end_ms)
        sources = (
            (user_id, self._logs_of(workspace, account_id, where))
            for account_id, user_id in self._members(workspace, selection)
        )
        with closing(run_ahead(sources, self._pool)) as ahead:
            for user_id, logs in ahead:
                taken = [log for log in logs if selection.takes_log(log) and in_table(log)]
                rows = [usage_row(log, user_id, selection) for log in taken]
                yield Batch(len(logs), rows, totals_of_logs(taken))

    def _logs_of(
        self, workspace: Workspace, account_id: str, where: LogFilter
    ) -> Iterator[UsageLog]:
        # Service, model and status are looked at here, not by the table: the price is the same, and
        # a rare match does not keep the reader silent while an account's whole history goes by.
        found = self._logs.history(workspace.workspace_id, account_id, where, descending=False)
        return (log for _, log in found)

    def transactions(self, workspace: Workspace, selection: Selection) -> Generator[Batch]:
        """Transactions; see `functions.export.batches.RowSource`."""
        sources = (
            (user_id, self._entries_of(workspace, account_id, selection))
            for account_id, user_id in self._members(workspace, selection)
        )
        with closing(run_ahead(sources, self._pool)) as ahead:
            for user_id, entries in ahead:
                taken = [entry for entry in entries if entry is not None]
                rows: list[Row] = [transaction_view(e, user_id or e.account_id) for e in taken]
                yield Batch(len(entries), rows, totals_of_entries(taken))

    def _entries_of(
        self, workspace: Workspace, account_id: str, selection: Selection
    ) -> Iterator[Entry | None]:
        """The entries of an account's range; None for one that the selection does not take."""
        where = selection.entries
        first, last = seq_range(self._accounts, workspace.workspace_id, account_id, selection)
        for entry in self._accounts.entries(workspace.workspace_id, account_id, first, last):
            # The digest can be a hundred times the row; a search needs it, but no column shows it.
            yield replace(entry, digest=()) if where.takes(entry) else None

    def _members(
        self, workspace: Workspace, selection: Selection
    ) -> Iterator[tuple[str, str | None]]:
        """`(account_id, user_id)` of the accounts of a selection."""
        if selection.account_id is None:
            yield from self._directory.walk(workspace.workspace_id)
            return
        account_id = selection.account_id
        yield account_id, self._directory.user_of(workspace.workspace_id, account_id)


def seq_range(
    accounts: Accounts, workspace_id: str, account_id: str, selection: Selection
) -> tuple[int, int]:
    """First and last number of an account's entries in a selection's range; `(1, 0)` for none."""
    head = accounts.head(workspace_id, account_id)
    if head is None:
        return 1, 0
    start_ms, end_ms = selection.start_ms, selection.end_ms
    first = 1 if start_ms is None else accounts.last_seq_before(head, start_ms) + 1
    last = head.seq if end_ms is None else accounts.last_seq_before(head, end_ms)
    return first, last


def usage_row(log: UsageLog, user_id: str | None, selection: Selection) -> Row:
    """A usage log as its reader may see it."""
    if not selection.pseudonymous:
        return usage_log_view(log, user_id or log.account_id)
    row = usage_log_view(log, log.account_id)
    return {name: value for name, value in row.items() if name not in REVEALING}


def run_ahead(
    sources: Iterator[tuple[L, Iterator[T]]], new_pool: Callable[[], Executor] = threads
) -> Generator[tuple[L, list[T]]]:
    """Labelled iterators one after another, each in lists of at most `ROWS_AHEAD`.

    While the lists of one are taken, its next one and the first of those after it are fetched by
    a pool. Every iterator gives at least one list, maybe an empty one. The pool ends with this.
    """
    pool = new_pool()
    waiting: deque[tuple[L, Iterator[T], Future[list[T]]]] = deque()
    try:
        while True:
            for label, source in islice(sources, ACCOUNTS_AHEAD - len(waiting)):
                waiting.append((label, source, pool.submit(_take, source)))
            if not waiting:
                return
            label, source, future = waiting.popleft()
            taken = future.result()
            if len(taken) == ROWS_AHEAD:
                waiting.appendleft((label, source, pool.submit(_take, source)))
            yield label, taken
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _take(source: Iterator[T]) -> list[T]:
    return list(islice(source, ROWS_AHEAD))
