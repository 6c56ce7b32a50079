"""About how many rows an export has to read: what decides between an answer and a job."""

from __future__ import annotations

from typing import Final

from functions.export.by_account import seq_range
from shared.domain.calendar import MS_PER_DAY, local_day, month_of
from shared.domain.cells import DAY_TOTAL, MONTH_TOTAL
from shared.domain.exports import AUDIT, SUMMARY, TRANSACTIONS, Selection
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts
from shared.ports.cells import Cells

MAX_DAYS: Final = 62
"""Longer ranges are estimated by whole months, so that few cells are read."""


class Estimates:
    """Estimates from cells, which cost the same however many rows there are."""

    def __init__(self, cells: Cells, accounts: Accounts) -> None:
        self._cells = cells
        self._accounts = accounts

    def rows(self, workspace: Workspace, selection: Selection, now_ms: int) -> int:
        """About how many rows are read. Filters other than account and dates don't make it fewer.

        One account's transactions are known exactly. Everybody's are taken to be as many as their logs
        at most, which purchases hardly change. Summaries are short, and how long the audit trail is,
        nothing tells: both are 0.
        """
        if selection.kind in {AUDIT, SUMMARY}:
            return 0
        account_id = selection.account_id
        if selection.kind == TRANSACTIONS and account_id is not None:
            workspace_id = workspace.workspace_id
            first, last = seq_range(self._accounts, workspace_id, account_id, selection)
            return max(last - first + 1, 0)
        family, first_period, last_period = _periods(workspace, selection, now_ms)
        if first_period > last_period:
            return 0
        if account_id is None:
            cells = self._cells.shared(workspace, family, first_period, last_period)
        else:
            cells = self._cells.private(workspace, account_id, family, first_period, last_period)
        return sum(delta.sums.requests for delta in cells.values())


def _periods(workspace: Workspace, selection: Selection, now_ms: int) -> tuple[str, str, str]:
    """The family of cells and its first and last period that cover a selection's range."""
    retention_ms = workspace.retention_days * MS_PER_DAY
    # Logs may be late by the retention; transactions are not, which makes the estimate no smaller.
    start_ms = max(selection.start_ms or 0, workspace.created_ms - retention_ms, 0)
    last_ms = now_ms + MS_PER_DAY
    if selection.end_ms is not None:
        last_ms = min(last_ms, selection.end_ms - 1)
    first, last = local_day(start_ms, workspace.zone), local_day(last_ms, workspace.zone)
    if last_ms - start_ms > MAX_DAYS * MS_PER_DAY:
        return MONTH_TOTAL, month_of(first), month_of(last)
    return DAY_TOTAL, first, last
