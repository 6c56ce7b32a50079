"""Repricings: asked for and looked at over HTTP, run at once or as jobs of a queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from functions.repricing.running import RunRepricing
from functions.repricing.schemas import Job, wanted
from shared.domain.errors import NotFoundError, UnavailableError
from shared.domain.fingerprint import Members, members_of, without_user
from shared.domain.ids import ID, uuid7
from shared.domain.repricing import Repricing, SupersededError
from shared.ports.directory import Directory
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

INLINE_SECONDS: Final = 12.0
"""A gateway waits 30 s for an answer; the last group of accounts may take a while longer."""

TAKE_OVER_SECONDS: Final = 60
"""When a job looks whether the request that began a run got to its end. It is over by then."""

RESERVE_MS: Final = 60_000
"""Time of the function that is kept for the last group of accounts and for handing over."""

MAX_RECEIVES: Final = 3
"""After so many the queue gives a message to its dead letters: the same number as in its settings."""

ABANDONED_MS: Final = 16 * 60_000
"""No worker is at a run for longer without writing down how far it is: a function has 15 minutes."""

RETRY_S: Final = 30
"""A failed attempt comes again after this, times the attempts so far, not after the queue's long
time-out, which is for workers that died."""

logger = Logger()


class RepricingStore(Protocol):
    """Runs and how far they are."""

    def create(self, run: Repricing, key: str | None, body: Members) -> str | None:
        """Write a new run; the id of the one that an earlier request under the key made, if any."""

    def get(self, workspace_id: str, repricing_id: str) -> Repricing | None:
        """One run, consistently."""

    def save(self, run: Repricing, expected: Repricing) -> bool:
        """Write a run over one; False when that is in another attempt or status by now."""


class Queue(Protocol):
    """Where runs wait for a job."""

    def send(self, message: Mapping[str, str | int], delay_s: int = 0) -> None:
        """Put a message into the queue, to be taken after some seconds."""

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        """Have a taken message come again after some seconds."""


class Repricings:
    """What the HTTP routes do."""

    def __init__(
        self,
        store: RepricingStore,
        run: RunRepricing,
        queue: Queue,
        workspaces: Workspaces,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._store = store
        self._run = run
        self._queue = queue
        self._workspaces = workspaces
        self._directory = directory
        self._clock = clock

    def ask(
        self, workspace_id: str, body: Mapping[str, object], key: str | None
    ) -> tuple[Repricing, bool]:
        """A new run, done when it is short, else running as a job; or the one made under the key before.

        Raises:
            ValidationFailedError: the body is not valid.
            IdempotencyConflictError: the key was used with another body.
            UnavailableError: the job could not be queued.
        """
        deadline = self._clock.monotonic() + INLINE_SECONDS
        workspace = self._workspaces.get(workspace_id)
        account_of = partial(self._directory.account_of, workspace)
        selection, dry = wanted(body, workspace.zone, account_of)
        now_ms = self._clock.now_ms()
        repricing_id = uuid7(now_ms, self._clock.random_bytes)
        run = Repricing(workspace_id, repricing_id, selection, dry, now_ms, now_ms, attempt=1)
        members = without_user(members_of(body), selection.account_id)
        # Before the run is there: a request that dies at any time leaves none that nobody goes on with.
        self._queue.send(message_of(run), TAKE_OVER_SECONDS)
        earlier = self._store.create(run, key, members)
        if earlier is not None:
            return self.get(workspace_id, earlier), True
        try:
            run = self._run(run, deadline)
        except SupersededError:
            return self.get(workspace_id, repricing_id), False
        if run.status == "running":
            self._follow_up(run)
        return run, False

    def get(self, workspace_id: str, repricing_id: str) -> Repricing:
        """A run.

        Raises:
            NotFoundError: there is none.
        """
        known = ID.fullmatch(repricing_id) is not None
        run = self._store.get(workspace_id, repricing_id) if known else None
        if run is None:
            raise NotFoundError("There is no such repricing.")
        return run

    def _follow_up(self, run: Repricing) -> None:
        """Have a job go on with a run from this attempt; if not now, the one that looks after it does."""
        with suppress(UnavailableError):
            self._queue.send(message_of(run))


class RunJobs:
    """Goes on with runs whose requests could not end them, until the function's time is up.

    Each taker starts a new attempt, and so ends the rights of the one before to write down progress; what
    both post is still posted once. A message from an attempt that was followed by another is old, unless
    it comes again, or long after anybody was at the run, or when that was given up (put back from the dead
    letters): then whoever took it died.
    """

    def __init__(
        self, store: RepricingStore, run: RunRepricing, queue: Queue, clock: Clock
    ) -> None:
        self._store = store
        self._run = run
        self._queue = queue
        self._clock = clock

    def all(self, jobs: Sequence[Job], remaining_ms: int) -> None:
        """Go on with the runs of some messages in the time that the function has left.

        Raises:
            Exception: one broke off; its message is to come again.
        """
        deadline = self._clock.monotonic() + (remaining_ms - RESERVE_MS) / 1000
        for job in jobs:
            self._one(job, deadline)

    def _one(self, job: Job, deadline: float) -> None:
        found = self._store.get(job.workspace_id, job.repricing_id)
        if found is None or found.status == "done":
            return
        given_up = found.status == "failed"
        abandoned = self._clock.now_ms() - found.updated_ms > ABANDONED_MS
        if found.attempt != job.attempt and not (job.again or abandoned or given_up):
            return
        run = replace(
            found, status="running", attempt=found.attempt + 1, updated_ms=self._clock.now_ms()
        )
        if not self._store.save(run, found):
            return
        try:
            run = self._run(run, deadline)
        except SupersededError:
            logger.info("superseded", repricing_id=job.repricing_id)
            return
        except Exception:
            self._put_back(job, run)
            raise
        logger.info("repriced", repricing_id=job.repricing_id, status=run.status)
        if run.status == "running":
            self._queue.send(message_of(run))

    def _put_back(self, job: Job, run: Repricing) -> None:
        """After a failure: to be gone on with soon, or given up and at once among the dead letters."""
        if job.receive_count < MAX_RECEIVES:
            self._queue.retry_in(job.receipt_handle, RETRY_S * job.receive_count)
            return
        latest = self._store.get(job.workspace_id, job.repricing_id) or run
        self._store.save(replace(latest, status="failed"), latest)
        self._queue.retry_in(job.receipt_handle, 0)


def message_of(run: Repricing) -> dict[str, str | int]:
    """The message of a job that goes on from an attempt of a run."""
    return {
        "workspaceId": run.workspace_id,
        "repricingId": run.repricing_id,
        "attempt": run.attempt,
    }
