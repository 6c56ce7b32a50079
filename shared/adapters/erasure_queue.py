"""The queue of erasures whose texts are still to go."""

from __future__ import annotations

from shared.adapters.sqs import SqsQueue


class SqsErasureQueue:
    """The queue in SQS."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue

    def send(self, workspace_id: str, account_id: str) -> None:
        """Have an erasure go on.

        Raises:
            UnavailableError: the queue did not take it.
        """
        self._queue.send({"workspaceId": workspace_id, "accountId": account_id})
