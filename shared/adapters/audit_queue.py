"""The queue of audit entries that the table did not take.

The SDK is imported when the first one comes, which is almost never: it is a good part of a cold start.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from shared.domain.audit import AuditEntry

if TYPE_CHECKING:
    from shared.adapters.sqs import SqsQueue


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
            from shared.adapters.sqs import SqsQueue, sqs_client  # noqa: PLC0415 - see above

            self._queue = SqsQueue(sqs_client, self._url)
        self._queue.send(asdict(entry))
