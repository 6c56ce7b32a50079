"""Calls to AWS: failures that pass by themselves are told from mistakes of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

from shared.domain.errors import UnavailableError

SERVER_ERROR: Final = 500
THROTTLED: Final = frozenset(
    {"RequestLimitExceeded", "RequestThrottled", "Throttling", "ThrottlingException"}
)
"""Throttling that comes with a status of the 400s."""

T = TypeVar("T")


def answered(call: Callable[[], T], refusal: str) -> T:
    """The answer of a call. `refusal` says what could not be done, for the caller of our API.

    Raises:
        UnavailableError: the service did not answer or throttled, after the client's retries.
    """
    try:
        return call()
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status < SERVER_ERROR and error.response["Error"]["Code"] not in THROTTLED:
            raise
        raise UnavailableError(refusal) from error
    except (BotoConnectionError, HTTPClientError) as error:
        raise UnavailableError(refusal) from error
