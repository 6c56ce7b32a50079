"""Usage logs of an account, held against what its journal entries say of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.domain.calendar import local_day, local_day_hour
from shared.domain.digests import dimensions_of, sums_of
from shared.domain.journal import Entry
from shared.domain.sketches import Group, Tallies
from shared.domain.sums import SUM_FIELDS, Sums
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.ports.logs import LogFilter
from shared.reconcile.beginning import Start
from shared.reconcile.report import Finding, Report
from shared.reconcile.sources import Sources

LOGS: Final = "log"


class JudgeLogs:
    """Counts what entries say, then what there is.

    Logs are read by their history, which is in order of when they occurred. From a later `start` on, those
    of entries that have usage of before the history is read from are read by their ids.
    """

    def __init__(
        self, sources: Sources, workspace: Workspace, said: Tallies, start: Start | None
    ) -> None:
        self._sources = sources
        self._workspace = workspace
        self._start = start
        self._said = said
        self._there = said.empty()
        self._late = set[int]()
        self._count = 0

    def said(self, entry: Entry, day: str) -> None:
        """Count what a usage entry says: of each day's logs together, for a day is archived as one."""
        for row in entry.digest:
            place = f"{entry.seq} {row.dimensions}"
            self._said.count(Group(LOGS, day), place, _figures(row.sums))
        for log_id in entry.log_ids:
            self._said.count(Group(LOGS, day), f"{entry.seq} {log_id}", [("logs", 1)])
        if self._start is not None and self._is_late(entry, self._start):
            self._late.add(entry.seq)
            for log in self._sources.logs.get_many(entry.workspace_id, entry.log_ids).values():
                self._add(log)

    def _is_late(self, entry: Entry, start: Start) -> bool:
        first = local_day(start.from_ms, self._workspace.zone)
        return any(row.dimensions.day < first for row in entry.digest)

    def judge(self, account_id: str, last: int, report: Report) -> None:
        """Read the logs up to an entry; what is not as was said is found."""
        first, where = 0, LogFilter()
        if self._start is not None:
            first, where = self._start.state.seq, LogFilter(start_ms=self._start.from_ms)
        history = self._sources.logs.history(
            self._workspace.workspace_id, account_id, where, descending=False
        )
        for _, log in history:
            if first < log.seq <= last and log.seq not in self._late:
                self._add(log)
        report.logs += self._count
        self._compare(account_id, report)

    def _compare(self, account_id: str, report: Report) -> None:
        said, there = self._said, self._there
        wrong = {each.group for each in said.differences(there)}
        archived = self._sources.archived.days(self._workspace.workspace_id) if wrong else {}
        for group in sorted(wrong):
            ours, theirs = said.of(group), there.of(group)
            short = ours.totals.get("logs", 0) - theirs.totals.get("logs", 0)
            if group.period in archived and short > 0:
                report.archived += short
                continue
            report.find(
                Finding.of("logs", each, account_id) for each in ours.differences(group, theirs)
            )

    def _add(self, log: UsageLog) -> None:
        self._count += 1
        zone = self._workspace.zone
        group = Group(LOGS, local_day(log.created_ms, zone))
        about = dimensions_of(log, *local_day_hour(log.occurred_ms, zone))
        self._there.count(group, f"{log.seq} {about}", _figures(sums_of(log)))
        self._there.count(group, f"{log.seq} {log.log_id}", [("logs", 1)])


def _figures(sums: Sums) -> Iterator[tuple[str, int]]:
    for name in SUM_FIELDS:
        figure = getattr(sums, name)
        if figure:
            yield name, figure
    for bucket, count in sums.buckets.items():
        yield f"responses {bucket}", count
