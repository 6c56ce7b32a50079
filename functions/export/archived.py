"""Usage logs of any age: what the table may have dropped comes from the archive, all else from the table."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import Protocol

from functions.export.batches import Batch
from functions.export.by_account import ByAccount, usage_row
from functions.export.columns import Row
from shared.domain.archive import Archive
from shared.domain.calendar import day_end_ms, local_day
from shared.domain.exports import Selection, totals_of_logs
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.ports.directory import Directory
from shared.ports.runtime import Clock


class Archived(Protocol):
    """Logs in the files of their days."""

    def days(self, workspace: Workspace, start_ms: int | None, now_ms: int) -> list[Archive]:
        """The days whose logs are to be read here and nowhere else, of logs that occurred from a time on."""

    def logs(
        self, day: Archive, start_ms: int | None, end_ms: int | None, account_id: str | None
    ) -> Iterator[list[UsageLog]]:
        """A day's logs of a half-open range of `occurredAt`, of one account or (None) of all."""


class UsageOfAnyAge:
    """Reads archived days first, then the table without the logs of those days.

    A day is in its files whole or not at all, and a log belongs to one day for ever. So with the list of
    days taken once, no log is missed and none comes twice, whenever the table lets go of it. `archived` is
    asked for when it is needed: what reads files takes a while to start.
    """

    def __init__(
        self,
        by_account: ByAccount,
        archived: Callable[[], Archived],
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._by_account = by_account
        self._archived = archived
        self._directory = directory
        self._clock = clock

    def __call__(self, workspace: Workspace, selection: Selection) -> Generator[Batch]:
        """Usage logs; see `functions.export.batches.RowSource`."""
        now_ms, zone = self._clock.now_ms(), workspace.zone
        archived = self._archived()
        days = archived.days(workspace, selection.start_ms, now_ms)
        for day in days:
            found = archived.logs(day, selection.start_ms, selection.end_ms, selection.account_id)
            for logs in found:
                taken = [log for log in logs if selection.takes_log(log)]
                rows = self._rows(workspace, taken, selection)
                yield Batch(len(logs), rows, totals_of_logs(taken))
        periods = frozenset(day.unit.period for day in days)
        until_ms = max((day_end_ms(period, zone) for period in periods), default=0)

        def in_table(log: UsageLog) -> bool:
            return log.created_ms >= until_ms or local_day(log.created_ms, zone) not in periods

        with closing(self._by_account.usage(workspace, selection, in_table)) as batches:
            yield from batches

    def _rows(
        self, workspace: Workspace, logs: Sequence[UsageLog], selection: Selection
    ) -> list[Row]:
        users: dict[str, str] = {}
        if logs and not selection.pseudonymous:
            accounts = sorted({log.account_id for log in logs})
            users = self._directory.users_of(workspace.workspace_id, accounts)
        return [usage_row(log, users.get(log.account_id), selection) for log in logs]
