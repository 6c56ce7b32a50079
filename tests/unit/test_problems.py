"""Every refusal is told the same way: RFC 9457, with the contract's code and status."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.domain.errors import (
    ConflictRetryError,
    FieldError,
    IdempotencyConflictError,
    LimitExceededError,
    TallyError,
    UnauthorizedError,
    UnavailableError,
    ValidationFailedError,
)
from shared.http.messages import Request
from shared.http.problems import MEDIA_TYPE, PROBLEM_TYPE, problem, problem_response
from tests.factories import http_event

CODES = {
    "unauthorized": 401,
    "insufficient_credits": 402,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "idempotency_conflict": 409,
    "already_exists": 409,
    "workspace_in_use": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "validation_failed": 422,
    "customer_not_registered": 422,
    "event_too_old": 422,
    "event_in_future": 422,
    "limit_exceeded": 429,
    "conflict_retry": 503,
}
"""The contract's codes, as far as this part of the service gives them."""


def tree(root: type[TallyError]) -> Iterator[type[TallyError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from tree(kind)


KINDS = [kind for kind in tree(TallyError) if kind.__module__ == TallyError.__module__]


def test_the_codes_and_statuses_are_the_contract_s() -> None:
    found = {kind.code: kind.status for kind in KINDS}
    assert CODES.items() <= found.items()
    assert set(found) - set(CODES) <= {"unavailable", "rate_limited"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_refusal_has_a_code_and_a_title_of_its_own(kind: type[TallyError]) -> None:
    same = [
        other.__name__ for other in KINDS if other.code == kind.code or other.title == kind.title
    ]
    assert same == [kind.__name__]
    assert 400 <= kind.status < 600


def test_a_problem_tells_where_and_in_which_request() -> None:
    body = problem(
        ValidationFailedError.of("/amount", "is needed"), instance="/api/x", request_id="r"
    )
    assert body == {
        "type": f"{PROBLEM_TYPE}validation_failed",
        "title": "The request is not valid",
        "status": 422,
        "detail": "/amount: is needed",
        "code": "validation_failed",
        "instance": "/api/x",
        "requestId": "r",
        "errors": [{"pointer": "/amount", "message": "is needed"}],
    }


def test_a_problem_of_a_row_has_neither_instance_nor_request() -> None:
    assert not {"instance", "requestId", "errors"} & problem(UnavailableError("later")).keys()


def test_a_conflict_names_what_differs() -> None:
    """REC-4."""
    body = problem(IdempotencyConflictError(["/cost", "/tokens/input"]))
    assert [e["pointer"] for e in body["errors"]] == ["/cost", "/tokens/input"]  # type: ignore[attr-defined]


def test_further_members_stand_beside_the_others() -> None:
    error = LimitExceededError("full", [FieldError("", "x")], members={"resetsAt": "2026-11-21"})
    assert problem(error)["resetsAt"] == "2026-11-21"


def headers(error: TallyError) -> dict[str, str]:
    answer = problem_response(error, Request.of(http_event("GET", "/api/alerts"), "req-1"))
    assert (answer.status, answer.headers["content-type"]) == (error.status, MEDIA_TYPE)
    return {name: value for name, value in answer.headers.items() if name != "content-type"}


def test_headers_say_what_a_client_can_do() -> None:
    assert headers(UnauthorizedError("no")) == {"www-authenticate": 'Bearer realm="tally"'}
    assert (
        headers(ConflictRetryError("busy"))
        == headers(UnavailableError("no"))
        == {"retry-after": "1"}
    )
    assert headers(ValidationFailedError("no")) == {}
