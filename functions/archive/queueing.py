"""Jobs into the queue."""

from __future__ import annotations

from functions.archive.schemas import Job
from shared.adapters.sqs import SqsQueue


class ArchiveQueue:
    """The queue in SQS."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue

    def send(self, job: Job) -> None:
        """Have a job done.

        Raises:
            UnavailableError: the queue did not take it.
        """
        self._queue.send(
            {
                "workspaceId": job.workspace_id,
                "kind": job.kind,
                "period": job.period,
                "task": job.task,
            }
        )
