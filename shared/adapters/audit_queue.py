"""The queue of audit entries that the table did not take."""

from __future__ import annotations

from dataclasses import asdict

from shared.adapters.sqs import SqsQueue, sqs_client
from shared.domain.audit import AuditEntry


class AuditQueue:
    """Keeps entries in SQS until the function `audit` brings them into the table."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue: SqsQueue | None = None

    def record(self, entry: AuditEntry) -> None:
        """Keep an entry.

        Raises:
            UnavailableError: the queue did not take it.
        """
        if self._queue is None:
            # Made when it is needed, which is almost never: a client is a good part of a cold start.
            self._queue = SqsQueue(sqs_client(), self._url)
        self._queue.send(asdict(entry))
