"""Connections of pages that are open, as the WebSocket gateway keeps them."""

from __future__ import annotations

from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal, cast

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from shared.sdk import make_client

if TYPE_CHECKING:
    from mypy_boto3_apigatewaymanagementapi import ApiGatewayManagementApiClient

SIDE_BY_SIDE = 16
"""Connections that are told at the same time."""

Delivery = Literal["sent", "gone", "failed"]

logger = Logger()


class Sockets:
    """The gateway's connections. What does not reach one is not tried again: the page looks by itself."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    @cached_property
    def _client(self) -> ApiGatewayManagementApiClient:
        client = make_client(
            "apigatewaymanagementapi",
            {"endpoint_url": self._endpoint},
            connect_timeout=1,
            read_timeout=2,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=SIDE_BY_SIDE,
        )
        return cast("ApiGatewayManagementApiClient", client)

    def send(self, connection_id: str, message: bytes) -> Delivery:
        """Send a message to a connection, which may be gone."""
        try:
            self._client.post_to_connection(ConnectionId=connection_id, Data=message)
        except ClientError as error:
            return _outcome(error)
        except (BotoConnectionError, HTTPClientError) as error:
            logger.warning("not sent", reason=type(error).__name__)
            return "failed"
        return "sent"

    def close(self, connection_id: str) -> None:
        """End a connection; one that does not end now ends by itself within two hours."""
        try:
            self._client.delete_connection(ConnectionId=connection_id)
        except ClientError as error:
            _outcome(error)
        except (BotoConnectionError, HTTPClientError) as error:
            logger.warning("not closed", reason=type(error).__name__)


def _outcome(error: ClientError) -> Delivery:
    if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.GONE:
        return "gone"
    logger.warning("not sent", reason=str(error))
    return "failed"
