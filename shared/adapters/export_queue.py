"""The queue of exports that take longer than a request may."""

from __future__ import annotations

from shared.adapters.sqs import SqsQueue


class SqsExportQueue:
    """The queue in SQS."""

    def __init__(self, queue: SqsQueue) -> None:
        self._queue = queue

    def send(self, workspace_id: str, export_id: str) -> None:
        """Have an export run by whoever takes the message.

        Raises:
            UnavailableError: the queue did not take it.
        """
        self._queue.send({"workspaceId": workspace_id, "exportId": export_id})

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        """Have a taken message come again after some seconds.

        Raises:
            UnavailableError: the queue did not answer.
        """
        self._queue.retry_in(receipt_handle, seconds)
