"""Logs that the table may have let go of, from the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from shared.archive.files import LOGS, DamagedError, Files, part_bytes
from shared.domain.archive import KEPT_DAYS, USAGE_LOGS, Archive, Kind, Unit
from shared.domain.calendar import MS_PER_DAY, local_day
from shared.domain.usage import UsageLog
from shared.domain.workspace import MIN_RETENTION_DAYS, Workspace

ATTEMPTS: Final = 3
"""A file that was rewritten just now is looked for under its new name; twice in a row is rare."""

CLOCKS_APART_MS: Final = MS_PER_DAY
"""A log was committed at most minutes before it says it occurred; a day covers that in every zone."""


class Archives(Protocol):
    """Units and how far they are."""

    def get(self, unit: Unit) -> Archive | None:
        """A unit; None while nobody took it on."""

    def units(
        self, workspace_id: str, kind: Kind, first: str = ..., last: str = ...
    ) -> Iterator[Archive]:
        """The units of a kind from one period to another, both included."""


class ArchivedLogs:
    """Reads logs from the files of their days."""

    def __init__(self, archives: Archives, files: Files) -> None:
        self._archives = archives
        self._files = files

    def days(self, workspace: Workspace, start_ms: int | None, now_ms: int) -> list[Archive]:
        """The days whose logs are to be read here and nowhere else, of logs that occurred from a time on.

        All other logs are in the table, whatever becomes of it within the next hours.
        """
        zone = workspace.zone
        first = "" if start_ms is None else local_day(max(start_ms - CLOCKS_APART_MS, 0), zone)
        earliest_ms = now_ms - (MIN_RETENTION_DAYS + KEPT_DAYS - 1) * MS_PER_DAY
        last = local_day(earliest_ms, zone)
        if first > last:
            return []
        units = self._archives.units(workspace.workspace_id, USAGE_LOGS, first, last)
        return [unit for unit in units if unit.taken_from(now_ms, zone)]

    def logs(
        self, day: Archive, start_ms: int | None, end_ms: int | None, account_id: str | None
    ) -> Iterator[list[UsageLog]]:
        """A day's logs of a half-open range of `occurredAt`, of one account or (None) of all.

        In the order of accounts, then of their entries. Lists may be empty.

        Raises:
            DamagedError: a file is not the one that was verified.
        """
        for number, part in enumerate(day.parts):
            if not part.may_hold(start_ms, end_ms, account_id):
                continue
            for logs in LOGS.read(day.unit.workspace_id, self._bytes(day, number)):
                yield [
                    log
                    for log in logs
                    if (start_ms is None or log.occurred_ms >= start_ms)
                    and (end_ms is None or log.occurred_ms < end_ms)
                    and (account_id is None or log.account_id == account_id)
                ]

    def _bytes(self, day: Archive, number: int) -> bytes:
        for _ in range(ATTEMPTS):
            try:
                return part_bytes(self._files, day, day.parts[number])
            except DamagedError:
                # A part keeps its place when it is rewritten, and its rows theirs.
                found = self._archives.get(day.unit)
                if found is None or found.parts == day.parts:
                    raise
                day = found
        raise DamagedError(f"{day.unit.folder} is being rewritten over and over")
