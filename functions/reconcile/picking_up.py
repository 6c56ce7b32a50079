"""Long work that nobody is at any more is sent on its way again, or told to have failed.

A request that dies between writing work down and sending its job leaves no message; a worker that dies each
time leaves one among the dead letters. Both leave work that says it is running.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from aws_lambda_powertools import Logger

from shared.domain.calendar import MS_PER_HOUR
from shared.domain.jobs import JobKind, LongJob
from shared.ports.runtime import Clock

logger = Logger()


class UnderWay(Protocol):
    """Long work of all workspaces."""

    def all(self) -> Iterator[LongJob]:
        """All that is not at its end."""

    def sent_again(self, job: LongJob, now_ms: int) -> bool:
        """Write down that a message is sent; False when there was a sign of life meanwhile."""

    def failed(self, job: LongJob, now_ms: int) -> bool:
        """Write down that it has failed; False when there was a sign of life meanwhile."""


class Queue(Protocol):
    """Where work of one kind waits for a job."""

    def send(self, workspace_id: str, job_id: str, /) -> None:
        """Have it go on."""


@dataclass(slots=True)
class PickedUp:
    """What one look found: work sent on its way, work that failed, how long the oldest erasure takes."""

    sent: int = 0
    failed: int = 0
    erasure_ms: int = 0

    def metrics(self) -> dict[str, float]:
        """The figures by the names of their metrics."""
        return {
            "JobsPickedUp": self.sent,
            "JobsGivenUp": self.failed,
            "ErasureHours": self.erasure_ms / MS_PER_HOUR,
        }


class PickUpJobs:
    """The use case. Two at once send a job once: what is sent is written down first, by one of them.

    Who dies in between leaves work that has been silent for a little longer when the next one looks.
    """

    def __init__(self, under_way: UnderWay, queues: Mapping[JobKind, Queue], clock: Clock) -> None:
        self._under_way = under_way
        self._queues = queues
        self._clock = clock

    def __call__(self) -> PickedUp:
        """Look at everything that is under way.

        Raises:
            UnavailableError: a queue took nothing; the next look goes on.
        """
        found, now_ms = PickedUp(), self._clock.now_ms()
        for job in self._under_way.all():
            if job.kind == "erasure":
                found.erasure_ms = max(found.erasure_ms, now_ms - job.started_ms)
            step = job.next_step(now_ms)
            told = {"kind": job.kind, "workspace_id": job.workspace_id, "job_id": job.job_id}
            if step == "send" and self._under_way.sent_again(job, now_ms):
                self._queues[job.kind].send(job.workspace_id, job.job_id)
                found.sent += 1
                logger.warning("picked up", extra=told)
            elif step == "fail" and self._under_way.failed(job, now_ms):
                found.failed += 1
                logger.error("given up", extra=told)
        return found
