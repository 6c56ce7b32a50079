"""Failures of AWS that pass by themselves are told from mistakes of our own."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from shared.adapters.answers import answered
from shared.domain.errors import UnavailableError


def refusal(code: str, status: int) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        "Call",
    )


def failing(error: Exception) -> None:
    def call() -> None:
        raise error

    answered(call, "It could not be done.")


@pytest.mark.parametrize(
    "error",
    [
        refusal("InternalError", 500),
        refusal("SlowDown", 503),
        refusal("Throttling", 400),
        refusal("RequestThrottled", 403),
        EndpointConnectionError(endpoint_url="https://example.com"),
        ReadTimeoutError(endpoint_url="https://example.com"),
    ],
)
def test_what_passes_by_itself_is_unavailable(error: Exception) -> None:
    with pytest.raises(UnavailableError, match="could not be done") as caught:
        failing(error)

    assert caught.value.__cause__ is error


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket"])
def test_our_own_mistakes_stay_what_they_are(code: str) -> None:
    with pytest.raises(ClientError, match=code):
        failing(refusal(code, 403))


def test_an_answer_is_handed_on() -> None:
    assert answered(lambda: 7, "It could not be done.") == 7
