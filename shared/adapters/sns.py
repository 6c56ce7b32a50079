"""The topic that carries alerts, in SNS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Literal, cast

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from shared.sdk import make_client

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SERVER_ERROR: Final = 500
THROTTLED: Final = frozenset({"KMSThrottling", "Throttled", "Throttling", "ThrottlingException"})
"""Throttling that comes with a status of the 400s."""

logger = Logger()


def sns_client() -> SNSClient:
    """A client made for short calls: quick time-outs and a few retries."""
    client = make_client(
        "sns",
        connect_timeout=2,
        read_timeout=5,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=16,
        tcp_keepalive=True,
    )
    return cast("SNSClient", client)


class SnsTopic:
    """The topic."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(
        self, workspace_id: str, subject: str, mail: str, message: str
    ) -> Literal["published", "unavailable", "refused"]:
        """Publish to the subscriptions of one workspace: `mail` to addresses, `message` to the rest.

        `unavailable` passes by itself, `refused` does not.
        """
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=subject,
                Message=json.dumps({"default": message, "email": mail}, ensure_ascii=False),
                MessageStructure="json",
                MessageAttributes={
                    "workspaceId": {"DataType": "String", "StringValue": workspace_id}
                },
            )
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            passes = status >= SERVER_ERROR or error.response["Error"]["Code"] in THROTTLED
            logger.warning("not published", reason=str(error), passes=passes)
            return "unavailable" if passes else "refused"
        except (BotoConnectionError, HTTPClientError) as error:
            logger.warning("not published", reason=type(error).__name__, passes=True)
            return "unavailable"
        return "published"
