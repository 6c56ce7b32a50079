"""Errors as problem details (RFC 9457): the one place that turns an error into an answer."""

from __future__ import annotations

from typing import Final

from shared.domain.calendar import parse_timestamp
from shared.domain.errors import (
    ConflictRetryError,
    LimitExceededError,
    MethodNotAllowedError,
    RateLimitedError,
    TallyError,
    UnauthorizedError,
    UnavailableError,
)
from shared.http.gate.rates import Allowance
from shared.http.messages import Request, Response

PROBLEM_TYPE: Final = "urn:tally:problem:"
MEDIA_TYPE: Final = "application/problem+json"


def problem(error: TallyError, *, instance: str = "", request_id: str = "") -> dict[str, object]:
    """The problem object of an error. In a batch it stands in a row, without instance and request."""
    body: dict[str, object] = {
        "type": f"{PROBLEM_TYPE}{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    if instance:
        body["instance"] = instance
    if request_id:
        body["requestId"] = request_id
    if error.errors:
        body["errors"] = [{"pointer": e.pointer, "message": e.message} for e in error.errors]
    return body | error.members


def problem_response(error: TallyError, request: Request) -> Response:
    """The answer that tells an error."""
    body = problem(error, instance=request.raw_path, request_id=request.request_id)
    return Response(error.status, body, {"content-type": MEDIA_TYPE, **_headers(error, request)})


def _headers(error: TallyError, request: Request) -> dict[str, str]:
    """What an error says in fields of its own."""
    if isinstance(error, UnauthorizedError):
        return {"www-authenticate": 'Bearer realm="tally"'}
    if isinstance(error, MethodNotAllowedError):
        return {"allow": ", ".join(error.allowed)}
    if isinstance(error, ConflictRetryError | UnavailableError):
        return {"retry-after": "1"}
    if isinstance(error, LimitExceededError) and "resetsAt" in error.members:
        wait_ms = parse_timestamp(str(error.members["resetsAt"])) - request.received_ms
        return {"retry-after": str(max(1, -(-wait_ms // 1000)))}
    if isinstance(error, RateLimitedError):
        wait = error.retry_after_seconds
        return {"retry-after": str(wait), **Allowance(error.limit, 0, wait).headers()}
    return {}
