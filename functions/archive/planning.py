"""Every hour: which days and months are over and not archived yet, and how far behind that is.

A workspace's night is when its own day is over, so the schedule comes by every hour and finds each once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Protocol

from functions.archive.schemas import Job
from shared.domain.archive import (
    CHECKPOINTS,
    JOURNAL,
    USAGE_LOGS,
    Archive,
    Kind,
    Progress,
    first_progress,
    last_closed_day,
    last_closed_month,
)
from shared.domain.calendar import (
    MS_PER_HOUR,
    MS_PER_MINUTE,
    add_days,
    day_end_ms,
    days_between,
    next_month,
    previous_month,
)
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

MAX_JOBS: Final = 31
"""Units of a kind that one hour takes on for a workspace: a year's backlog is worked off in half a day,
and no workspace keeps the others waiting for long."""

BUSY_MS: Final = 20 * MS_PER_MINUTE
"""A unit that was written to so lately has a worker: an invocation lasts fifteen minutes at most."""

REPRICED_AGAIN_MS: Final = 10 * MS_PER_MINUTE
"""Repricings are looked at from so much earlier on: instances' clocks are not that far apart."""

WORKSPACES_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Planned:
    """What one round found. `lag_ms`: how long ago the earliest day ended that is not archived (0: none).

    Everything that was committed before `archived_ms` is archived.
    """

    jobs: int
    lag_ms: int
    archived_ms: int

    def metrics(self) -> dict[str, float]:
        """The figures by the names of their metrics."""
        return {"ArchiveJobs": self.jobs, "ArchiveLagHours": self.lag_ms / MS_PER_HOUR}


class Archives(Protocol):
    """Units and how far they are."""

    def units(
        self, workspace_id: str, kind: Kind, first: str = ..., last: str = ...
    ) -> Iterator[Archive]:
        """The units of a kind from one period to another, both included."""

    def save(self, archive: Archive, expected: Archive | None) -> bool:
        """Write a unit over what was read; False when it is another attempt's by now."""

    def progress(self, workspace_id: str) -> Progress | None:
        """How far a workspace's archive is."""

    def save_progress(self, workspace_id: str, progress: Progress) -> None:
        """Write down how far a workspace's archive is."""

    def repriced_since(self, workspace_id: str, since_ms: int) -> list[tuple[int, int]]:
        """The ranges of `occurredAt` that repricings which ended since a time went through."""


class Jobs(Protocol):
    """The queue."""

    def send(self, job: Job) -> None:
        """Have a job done."""


class Told(Protocol):
    """Where the system's own state is kept."""

    def archived(self, at_ms: int) -> None:
        """Write down up to when everything is archived."""


class PlanArchive:
    """The use case. Doing it twice, or at the same time, sends a job twice, which does no harm."""

    def __init__(
        self, archives: Archives, workspaces: Workspaces, jobs: Jobs, told: Told, clock: Clock
    ) -> None:
        self._archives = archives
        self._workspaces = workspaces
        self._jobs = jobs
        self._told = told
        self._clock = clock

    def __call__(self) -> Planned:
        """Look at every workspace and send what is to be done."""
        now_ms, after = self._clock.now_ms(), None
        planned = Planned(0, 0, now_ms)
        while True:
            page = self._workspaces.list_after(after, WORKSPACES_AT_ONCE)
            for workspace in page.rows:
                found = self._plan(workspace, now_ms)
                planned = Planned(
                    planned.jobs + found.jobs,
                    max(planned.lag_ms, found.lag_ms),
                    min(planned.archived_ms, found.archived_ms),
                )
            if page.next_key is None:
                break
            after = page.next_key
        self._told.archived(planned.archived_ms)
        return planned

    def _plan(self, workspace: Workspace, now_ms: int) -> Planned:
        workspace_id, zone = workspace.workspace_id, workspace.zone
        progress = self._archives.progress(workspace_id) or first_progress(
            workspace.created_ms, workspace.retention_days, zone
        )
        closed = last_closed_day(now_ms, zone)
        days = days_between(add_days(progress.through, 1), closed)
        months = _months_between(
            next_month(progress.through_month), last_closed_month(now_ms, zone)
        )
        logs = self._look(workspace_id, USAGE_LOGS, days, now_ms)
        marks = self._look(workspace_id, CHECKPOINTS, days, now_ms)
        journal = self._look(workspace_id, JOURNAL, months, now_ms)
        # Checkpoints are a chain, in which each job is followed by the next day's: only the first has one.
        first_mark = [job for job in marks.jobs[:1] if job.period == marks.open[0]]
        jobs = [*logs.jobs, *first_mark, *journal.jobs, *self._renewals(workspace_id, progress)]
        jobs += self._kept_longer(workspace, progress, now_ms)
        for job in jobs:
            self._jobs.send(job)
        # The first that is open, or the one after all that there are.
        open_days = sorted({*logs.open, *marks.open})
        first_open = [*open_days, add_days([progress.through, *days][-1], 1)][0]
        first_month = [*journal.open, next_month([progress.through_month, *months][-1])][0]
        through = add_days(first_open, -1)
        # What is being written may have been read before a repricing that has ended by now.
        reading_ms = min([now_ms - REPRICED_AGAIN_MS, *logs.writing_since])
        self._archives.save_progress(
            workspace_id,
            Progress(
                through,
                previous_month(first_month),
                max(progress.repriced_ms, reading_ms),
                workspace.retention_days,
            ),
        )
        return Planned(
            len(jobs),
            now_ms - max(day_end_ms(first_open, zone), workspace.created_ms) if open_days else 0,
            min(now_ms, day_end_ms(through, zone)),
        )

    def _look(self, workspace_id: str, kind: Kind, periods: Sequence[str], now_ms: int) -> _Look:
        """Which of some periods are open, and the jobs of those that nobody is at."""
        if not periods:
            return _Look([], [], [])
        units = self._archives.units(workspace_id, kind, periods[0], periods[-1])
        states = {archive.unit.period: archive for archive in units}
        open_ = [p for p in periods if p not in states or states[p].status != "done"]
        idle = [p for p in open_ if p not in states or _idle(states[p], now_ms)]
        return _Look(
            [Job(workspace_id, kind, period) for period in idle[:MAX_JOBS]],
            open_,
            [states[p].created_ms for p in open_ if p in states and not states[p].readable],
        )

    def _renewals(self, workspace_id: str, progress: Progress) -> Iterator[Job]:
        """Jobs for units that hold logs which repricings went through."""
        ranges = self._archives.repriced_since(workspace_id, progress.repriced_ms)
        if not ranges:
            return
        for archive in self._archives.units(workspace_id, USAGE_LOGS):
            if archive.readable and any(
                part.may_hold(start_ms, end_ms, None)
                for part in archive.parts
                for start_ms, end_ms in ranges
            ):
                yield Job(workspace_id, USAGE_LOGS, archive.unit.period, "renew")

    def _kept_longer(self, workspace: Workspace, progress: Progress, now_ms: int) -> Iterator[Job]:
        """Jobs for units whose logs have a time to go that is too early since the retention was raised."""
        if workspace.retention_days <= progress.retention_days:
            return
        for archive in self._archives.units(workspace.workspace_id, USAGE_LOGS):
            if archive.retention_days >= workspace.retention_days:
                continue
            again = replace(archive, status="written", attempt=archive.attempt + 1)
            # Written by a plan that died before it sent the job, or opened anew now.
            left = archive.status == "written" and _idle(archive, now_ms)
            if left or (archive.status == "done" and self._archives.save(again, archive)):
                yield Job(workspace.workspace_id, USAGE_LOGS, archive.unit.period)


class _Look(NamedTuple):
    """What was seen of a kind: jobs, open periods, since when open ones are being written."""

    jobs: list[Job]
    open: list[str]
    writing_since: list[int]


def _idle(archive: Archive, now_ms: int) -> bool:
    return now_ms - archive.updated_ms >= BUSY_MS


def _months_between(first: str, last: str) -> list[str]:
    """Every month from `first` to `last`, both included; empty when `last` is earlier."""
    months = []
    while first <= last:
        months.append(first)
        first = next_month(first)
    return months
