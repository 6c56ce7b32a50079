"""Queues in SQS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from botocore.config import Config

from shared.adapters.answers import answered
from shared.sdk import sdk

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def sqs_client() -> SQSClient:
    """A client made for short calls."""
    client = sdk().create_client(
        "sqs",
        config=Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 4},
        ),
    )
    return cast("SQSClient", client)


class SqsQueue:
    """One queue."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: Mapping[str, str | int], delay_s: int = 0) -> None:
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
