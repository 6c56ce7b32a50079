"""Errors as problem details (RFC 9457): the one place that turns an error into an answer."""

from __future__ import annotations

from typing import Final

from shared.domain.errors import (
    ConflictRetryError,
    MethodNotAllowedError,
    TallyError,
    UnauthorizedError,
    UnavailableError,
)
from shared.http.messages import Response

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


def problem_response(error: TallyError, *, instance: str, request_id: str) -> Response:
    """The answer that tells an error."""
    headers = {"content-type": MEDIA_TYPE}
    if isinstance(error, UnauthorizedError):
        headers["www-authenticate"] = 'Bearer realm="tally"'
    if isinstance(error, MethodNotAllowedError):
        headers["allow"] = ", ".join(error.allowed)
    if isinstance(error, ConflictRetryError | UnavailableError):
        headers["retry-after"] = "1"
    return Response(error.status, problem(error, instance=instance, request_id=request_id), headers)
