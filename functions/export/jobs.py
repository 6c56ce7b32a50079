"""Exports as jobs of a queue: taken as often as needed, done once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aws_lambda_powertools import Logger

from functions.export.schemas import Job
from functions.export.service import ExportQueue, ExportStore
from functions.export.writing import WriteExport
from shared.domain.exports import Export
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

MAX_RECEIVES: Final = 3
"""After so many the queue gives a message to its dead letters: the same number as in its settings."""

RETRY_S: Final = 30
"""A failed attempt comes again after this, times the attempts so far, not after the queue's long
time-out, which is for workers that died."""

PROGRESS_S: Final = 2.0
"""How often a run writes down how far it is."""

RESERVE_MS: Final = 20_000
"""Time of the function that is kept for dropping the files and writing down what became of it."""

logger = Logger()


class SupersededError(Exception):
    """Another worker has taken over this export."""


class TooLongError(Exception):
    """An export takes longer than a job can."""


class RunExports:
    """Runs the exports of messages.

    Each taker starts a new attempt and so ends the rights of the one before: of two workers with the
    same message only the later can finish, and a worker that died is simply followed by another. A
    message that comes again after its export is done changes nothing. A failed export whose message is
    put back by hand runs again.
    """

    def __init__(
        self,
        store: ExportStore,
        write: WriteExport,
        queue: ExportQueue,
        workspaces: Workspaces,
        clock: Clock,
    ) -> None:
        self._store = store
        self._write = write
        self._queue = queue
        self._workspaces = workspaces
        self._clock = clock

    def all(self, jobs: Sequence[Job], remaining_ms: int) -> None:
        """Run the exports of some messages in the time that the function has left.

        Raises:
            Exception: one failed this time; the messages are to come again.
        """
        deadline = self._clock.monotonic() + (remaining_ms - RESERVE_MS) / 1000
        for job in jobs:
            self._one(job, deadline)

    def _one(self, job: Job, deadline: float) -> None:
        export = self._store.get(job.workspace_id, job.export_id)
        if export is None or export.status == "done":
            logger.info("nothing to export", export_id=job.export_id, known=export is not None)
            return
        claimed = self._claim(export)
        try:
            workspace = self._workspaces.get(job.workspace_id)
            done = self._write(workspace, claimed, _Progress(self._store, self._clock, deadline))
            if not self._store.save(done, claimed):
                self._write.discard(done)
                raise SupersededError
        except TooLongError:
            # It would take as long the next time.
            logger.exception("export too long", export_id=job.export_id, rows=export.estimate)
            self._fail(claimed)
            return
        except SupersededError:
            self._come_back(job, claimed)
            raise
        except Exception:
            self._put_back(job, claimed)
            raise
        logger.info("exported", export_id=job.export_id, rows=done.rows, attempt=done.attempt)

    def _claim(self, export: Export) -> Export:
        claimed = replace(
            export,
            status="running",
            attempt=export.attempt + 1,
            read=0,
            rows=0,
            updated_ms=self._clock.now_ms(),
        )
        if not self._store.save(claimed, export):
            raise SupersededError
        return claimed

    def _put_back(self, job: Job, claimed: Export) -> None:
        """After a failure: to be tried again soon, or given up and at once among the dead letters."""
        if job.receive_count < MAX_RECEIVES:
            self._queue.retry_in(job.receipt_handle, RETRY_S * job.receive_count)
            return
        self._fail(claimed)
        self._queue.retry_in(job.receipt_handle, 0)

    def _come_back(self, job: Job, claimed: Export) -> None:
        """Have the message come again soon where nobody else runs the export: an erasure stopped it."""
        current = self._store.get(job.workspace_id, job.export_id)
        if current is not None and current.attempt == claimed.attempt:
            self._queue.retry_in(job.receipt_handle, RETRY_S)

    def _fail(self, claimed: Export) -> None:
        self._store.fail(replace(claimed, updated_ms=self._clock.now_ms()))


class _Progress:
    """Writes down how far a run is, now and then, and stops it when it must not go on."""

    def __init__(self, store: ExportStore, clock: Clock, deadline: float) -> None:
        self._store = store
        self._clock = clock
        self._deadline = deadline
        self._next = clock.monotonic() + PROGRESS_S

    def __call__(self, export: Export) -> None:
        now = self._clock.monotonic()
        if now > self._deadline:
            raise TooLongError
        if now < self._next:
            return
        if not self._store.save(replace(export, updated_ms=self._clock.now_ms()), export):
            raise SupersededError
        self._next = now + PROGRESS_S
