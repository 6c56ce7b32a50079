"""The queue of exports that take longer than a request may."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from shared.adapters.answers import answered

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def sqs_client() -> SQSClient:
    """A client made for short calls."""
    return boto3.client(
        "sqs",
        config=Config(
            connect_timeout=2,
            read_timeout=5,
            retries={"mode": "standard", "total_max_attempts": 4},
        ),
    )


class SqsExportQueue:
    """The queue in SQS."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, workspace_id: str, export_id: str) -> None:
        """Have an export run by whoever takes the message.

        Raises:
            UnavailableError: the queue did not take it.
        """
        body = json.dumps({"workspaceId": workspace_id, "exportId": export_id})
        answered(
            lambda: self._client.send_message(QueueUrl=self._url, MessageBody=body),
            "The export could not be queued.",
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
            "The export's message could not be put back.",
        )
