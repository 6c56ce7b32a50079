"""Queues in SQS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

from shared.adapters.answers import answered
from shared.sdk import make_client

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def sqs_client() -> SQSClient:
    """A client made for short calls."""
    client = make_client(
        "sqs",
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 4},
    )
    return cast("SQSClient", client)


class SqsQueue:
    """One queue. Its client is made when it is first needed: most requests send nothing."""

    def __init__(self, make_client: Callable[[], SQSClient], url: str) -> None:
        self._make_client = make_client
        self._url = url

    @cached_property
    def _client(self) -> SQSClient:
        return self._make_client()

    def send(self, message: Mapping[str, object], delay_s: int = 0) -> None:
        """Put a message into the queue, as JSON, to be taken after some seconds (at most 900).

        Raises:
            UnavailableError: the queue did not take it.
        """
        body = json.dumps(message, separators=(",", ":"))
        answered(
            lambda: self._client.send_message(
                QueueUrl=self._url, MessageBody=body, DelaySeconds=delay_s
            ),
            "The queue did not take the message.",
        )

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        """Have a taken message come again after some seconds instead of the queue's long time-out.

        Raises:
            UnavailableError: the queue did not answer.
        """
        answered(
            lambda: self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
            ),
            "The message could not be put back.",
        )
