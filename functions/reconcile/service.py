"""Every night: proves all workspaces, folds what the stream lost, and clears retired cells away.

The proof of a workspace goes on from that of the night before, if it ended well; each account is proved from
its first entry in its turn. Where the workspace's figures do not come out as they should, all of it is proved
from the first entries before anything is told.

One invocation does what fits into its time and puts the rest back into its queue. How far it is stands in
one item; a message names the step it is for, so one that comes twice, or late, does nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from shared.domain.errors import ConflictRetryError, UnavailableError
from shared.domain.nights import Night
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces
from shared.reconcile.rebuild import ClearRetired
from shared.reconcile.report import Finding, Report
from shared.reconcile.walk import Walk
from shared.reconcile.workspace import ProveWorkspace

PAGE: Final = 50
"""Workspaces listed at once."""

RUN_BYTES: Final = 8

logger = Logger()


@dataclass(frozen=True, slots=True)
class Job:
    """A message of the queue: which step of which run is to be done."""

    run_id: str
    step: int

    @property
    def message(self) -> dict[str, str | int]:
        """As it goes into the queue."""
        return {"runId": self.run_id, "step": self.step}


class Nights(Protocol):
    """How far the run is."""

    def begin(self, night: Night) -> None:
        """Begin one; another that is under way ends where it is."""

    def load(self) -> Night | None:
        """The latest."""

    def save(self, night: Night, expected: Night) -> bool:
        """Write down a step; False when somebody else did."""

    def footing(self, workspace_id: str) -> dict[str, Any] | None:
        """The walk of a workspace's last proof, if it ended well."""

    def keep_footing(self, workspace_id: str, walk: dict[str, Any] | None) -> None:
        """Keep a walk for the next proof; None: that begins with the first entries."""


class Outcome(Protocol):
    """Where operators see what came of it."""

    def reconciled(self, drift: int, at_ms: int) -> None:
        """Write down how many wrong figures there are."""


class Queue(Protocol):
    """Where the next step waits."""

    def send(self, message: Mapping[str, str | int]) -> None:
        """Put a message into the queue."""


class ProveAll:
    """The use case."""

    def __init__(
        self,
        nights: Nights,
        workspaces: Workspaces,
        prove: ProveWorkspace,
        clear: ClearRetired,
        outcome: Outcome,
        queue: Queue,
        clock: Clock,
        transient: tuple[type[Exception], ...] = (),
    ) -> None:
        """`transient` are errors of the store that pass by themselves."""
        self._nights = nights
        self._workspaces = workspaces
        self._prove = prove
        self._clear = clear
        self._outcome = outcome
        self._queue = queue
        self._clock = clock
        passing: tuple[type[Exception], ...] = (UnavailableError, ConflictRetryError)
        self._transient = (*passing, *transient)

    def begin(self) -> Job:
        """Begin a run; what is left of an earlier one is dropped."""
        job = Job(self._clock.random_bytes(RUN_BYTES).hex(), 0)
        night = Night(job.run_id, 0, self._clock.now_ms(), None, None, Report().plain())
        self._nights.begin(night)
        self._queue.send(job.message)
        return job

    def __call__(self, job: Job, seconds: float) -> Report | None:
        """Go on for so many seconds; the whole report once everything is proved.

        Raises:
            UnavailableError, ConflictRetryError, the store's own error: it passes; bring the job again.
        """
        night = self._nights.load()
        if night is None or night.run_id != job.run_id:
            return None
        if night.step != job.step:
            if night.step == job.step + 1 and night.done:
                # The last step was done, and perhaps nobody was told what came of it.
                return self._told(night)
            if night.step == job.step + 1:
                # The step was done, and perhaps nobody was told of the next.
                self._queue.send(Job(night.run_id, night.step).message)
            return None
        until = self._clock.monotonic() + seconds
        done = self._go_on(night, until)
        if not self._nights.save(done, night):
            return None
        if not done.done:
            self._queue.send(Job(done.run_id, done.step).message)
            return None
        return self._told(done)

    def _told(self, night: Night) -> Report:
        report = Report.of_plain(night.report)
        self._outcome.reconciled(report.total, self._clock.now_ms())
        return report

    def _go_on(self, night: Night, until: float) -> Night:
        """The night after as much as fits into the time, at least one account."""
        report, after = Report.of_plain(night.report), night.after
        walk = None if night.walk is None else Walk.of_plain(night.walk)
        step = replace(night, step=night.step + 1)
        for workspace in self._workspaces_after(after):
            if walk is None or walk.workspace_id != workspace.workspace_id:
                walk = None
            walk = self._workspace(workspace.workspace_id, walk, report, until)
            if walk is not None:
                return replace(step, after=after, walk=walk.plain(), report=report.plain())
            after = workspace.workspace_id
            if self._clock.monotonic() >= until:
                return replace(step, after=after, walk=None, report=report.plain())
        return replace(step, after=after, walk=None, report=report.plain(), done=True)

    def _workspaces_after(self, after: str | None) -> Iterator[Workspace]:
        while True:
            page = self._workspaces.list_after(after, PAGE)
            yield from page.rows
            if page.next_key is None:
                return
            after = page.next_key

    def _workspace(
        self, workspace_id: str, walk: Walk | None, report: Report, until: float
    ) -> Walk | None:
        """Prove a workspace; the walk as far as it is when the time is over, else None.

        One that cannot be proved is found as such, and the others are proved all the same.
        """
        try:
            walk = walk or self._begin(workspace_id)
            while True:
                for _ in self._prove.go_on(walk):
                    if self._clock.monotonic() >= until:
                        return walk
                before = walk.report.total
                found = self._prove.end(walk)
                if walk.since_ms is None or found.total == before:
                    break
                logger.warning("proved once more, from the first entries", workspace=workspace_id)
                walk = self._prove.begin(workspace_id)
            self._nights.keep_footing(workspace_id, walk.kept())
            if self._clear.due(workspace_id):
                self._clear(workspace_id)
        except self._transient:
            raise
        except Exception as error:
            logger.exception("a workspace that cannot be proved", workspace=workspace_id)
            found = Report()
            found.find([Finding("workspaces unproved", workspace_id, "a proof", str(error))])
        told = found.plain()
        del told["findings"], told["doubts"]
        logger.info("proved", workspace=workspace_id, **told)
        for doubt in found.doubts:
            logger.error("a checkpoint that is not trusted", workspace=workspace_id, doubt=doubt)
        for finding in found.findings:
            logger.error("drift", workspace=workspace_id, finding=str(finding))
        report.add(found)
        return None

    def _begin(self, workspace_id: str) -> Walk:
        try:
            kept = self._nights.footing(workspace_id)
            earlier = None if kept is None else Walk.of_plain(kept)
        except (ValueError, KeyError, TypeError):
            logger.exception("sums that cannot be read", workspace=workspace_id)
            earlier = None
        return self._prove.begin(workspace_id) if earlier is None else self._prove.after(earlier)
