"""Jobs of the archive: units written, verified and let go of, as far as the time of an invocation goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from functions.archive.checkpoints import WriteCheckpoint
from functions.archive.cleaning import CleanUnit
from functions.archive.expiry import LetGo
from functions.archive.reading import MismatchError
from functions.archive.schemas import Job
from functions.archive.taking_over import TakeOver
from functions.archive.writing import WriteUnit
from shared.archive.files import DamagedError
from shared.archive.rewriting import RewriteLogs
from shared.archive.units import SupersededError, Units
from shared.domain.archive import CHECKPOINTS, Archive, Unit, last_closed_day
from shared.domain.calendar import add_days
from shared.domain.errors import NotFoundError
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

RESERVE_S: Final = 120.0
"""Time of the function that is kept for the longest single step: a part written, read back and saved."""

logger = Logger()


class Queue(Protocol):
    """Where jobs wait."""

    def send(self, job: Job) -> None:
        """Have a job done."""


class Beside(Protocol):
    """What stands beside logs."""

    def with_repriced(self, workspace_id: str, logs: Sequence[UsageLog]) -> dict[str, UsageLog]:
        """Those of some logs that repricings made something of, with that, by their ids."""


class Letting(Protocol):
    """The table's own expiry."""

    def let_go(self, logs: Sequence[UsageLog], retention_days: int) -> None:
        """Have the table drop logs when their time is over."""


class GoOn:
    """Goes on with units, whatever their kind, from where the last attempt stopped."""

    def __init__(
        self,
        units: Units,
        take_over: TakeOver,
        write: WriteUnit,
        check: WriteCheckpoint,
        clean: CleanUnit,
        let_go: LetGo,
        clock: Clock,
    ) -> None:
        self._units = units
        self._take_over = take_over
        self._write = write
        self._check = check
        self._clean = clean
        self._let_go = let_go
        self._clock = clock

    def __call__(self, workspace: Workspace, unit: Unit, deadline: float) -> Archive:
        """The unit as it is then: done, or as far as there was time.

        Raises:
            MismatchError: what there is does not agree.
            DamagedError: a file is not what was written.
            SupersededError: somebody else has taken it on.
        """
        found = self._units.get(unit)
        if found is not None and found.status == "done":
            return found
        archive = self._units.claim(self._begun(workspace, unit, found), found)
        try:
            return self._claimed(workspace, archive, deadline)
        except DamagedError as error:
            current = self._units.get(unit)
            if current is not None and current.attempt > archive.attempt:
                # Not damaged: whoever overtook this attempt has put other files in their place.
                raise SupersededError from error
            raise

    def _claimed(self, workspace: Workspace, archive: Archive, deadline: float) -> Archive:
        if archive.unit.kind == CHECKPOINTS:
            return self._check(workspace, archive)
        if archive.status == "writing":
            archive = self._take_over(workspace, archive)
        if archive.status == "writing":
            archive = self._write(workspace, archive, deadline)
        if archive.status == "written":
            # Here again where an attempt died: what it may have left undone comes before anything expires.
            self._units.publish(workspace, archive)
            archive = self._let_go(self._clean(workspace, archive), deadline)
        return archive

    def _begun(self, workspace: Workspace, unit: Unit, found: Archive | None) -> Archive:
        archive = found or Archive(unit, created_ms=self._clock.now_ms())
        if unit.kind == CHECKPOINTS:
            archive = replace(archive, attempt=max(archive.attempt, self._check.attempts(unit)))
        days = workspace.retention_days
        archive = replace(archive, least_days=min(archive.least_days or days, days))
        if archive.retention_days >= days:
            return archive
        return replace(archive, retention_days=days, stamped=0)


class RunJobs:
    """Does jobs. Each can be repeated."""

    def __init__(
        self, workspaces: Workspaces, go_on: GoOn, renew: Renew, queue: Queue, clock: Clock
    ) -> None:
        self._workspaces = workspaces
        self._go_on = go_on
        self._renew = renew
        self._queue = queue
        self._clock = clock

    def all(self, jobs: Sequence[Job], remaining_ms: int) -> int:
        """Do some jobs in the time that the function has left; how many did not agree with the books.

        Raises:
            Exception: one failed this time; the messages are to come again.
        """
        deadline = self._clock.monotonic() + remaining_ms / 1000 - RESERVE_S
        return sum(not self._one(job, deadline) for job in jobs)

    def _one(self, job: Job, deadline: float) -> bool:
        words = {"workspace_id": job.workspace_id, "kind": job.kind, "period": job.period}
        try:
            workspace = self._workspaces.get(job.workspace_id)
            if job.task == "renew":
                logger.info("renewed", extra=words | {"logs": self._renew(workspace, job.unit)})
                return True
            archive = self._go_on(workspace, job.unit, deadline)
        except (SupersededError, NotFoundError) as error:
            if job.task == "renew" and isinstance(error, SupersededError):
                raise
            logger.info("left to others", extra=words | {"reason": type(error).__name__})
            return True
        except MismatchError as error:
            # Nothing of it expires; the alarm on the lag calls, and the next hour tries again.
            logger.exception("does not agree", extra=words | {"reason": str(error)})
            return False
        if archive.status != "done":
            self._queue.send(job)
        elif job.kind == CHECKPOINTS:
            self._follow(workspace, job)
        logger.info("archived", extra=words | {"status": archive.status, "rows": archive.rows})
        return True

    def _follow(self, workspace: Workspace, job: Job) -> None:
        """Checkpoints are a chain: the next day's comes after this one."""
        following = add_days(job.period, 1)
        if following <= last_closed_day(self._clock.now_ms(), workspace.zone):
            self._queue.send(Job(job.workspace_id, CHECKPOINTS, following))


class Renew:
    """Takes what repricings made of logs into the files of a unit."""

    def __init__(
        self, units: Units, rewrite: RewriteLogs, beside: Beside, letting: Letting
    ) -> None:
        self._units = units
        self._rewrite = rewrite
        self._beside = beside
        self._letting = letting

    def __call__(self, workspace: Workspace, unit: Unit) -> int:
        """Look at every log of a unit that is written; how many have changed.

        What stands beside them gets their time to go, where they have one.

        Raises:
            SupersededError: somebody else has taken it on.
        """
        archive = self._units.get(unit)
        if archive is None or not archive.readable:
            return 0
        changed = 0

        def change(logs: Sequence[UsageLog]) -> list[UsageLog]:
            nonlocal changed
            found = self._beside.with_repriced(unit.workspace_id, logs)
            self._letting.let_go(list(found.values()), archive.retention_days)
            renewed = [found.get(log.log_id, log) for log in logs]
            changed += sum(new != old for new, old in zip(renewed, logs, strict=True))
            return renewed

        self._rewrite(workspace, unit, lambda _: True, change)
        return changed
