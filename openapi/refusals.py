"""Refusals of operations: which error can meet which request, from the one tree of errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from openapi.models.problems import Problem, errors
from openapi.operation import Operation
from openapi.schemas import reference
from openapi.values import JsonSchema
from shared.domain.errors import (
    AlreadyExistsError,
    ConflictRetryError,
    ForbiddenError,
    IdempotencyConflictError,
    NotFoundError,
    PayloadTooLargeError,
    TallyError,
    UnauthorizedError,
    UnavailableError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
    WorkspaceInUseError,
)
from shared.http.problems import MEDIA_TYPE, PROBLEM_TYPE
from shared.routes import Route

ANY_CALLER: Final = (ValidationFailedError, UnavailableError)
KNOWN_CALLER: Final = (UnauthorizedError, ForbiddenError, NotFoundError)
WITH_A_BODY: Final = (PayloadTooLargeError, UnsupportedMediaTypeError)
WITH_A_KEY: Final = (IdempotencyConflictError,)
WRITING: Final = (ConflictRetryError,)

HEADERS: Final[dict[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"),
    503: ("Retry-After",),
}
"""What comes with a status, beside `x-request-id`."""

CONFLICTS: Final[dict[type[TallyError], tuple[str, str]]] = {
    AlreadyExistsError: ("/workspaceId", "is taken"),
    IdempotencyConflictError: ("/tokens/input", "differs from the first request"),
    WorkspaceInUseError: ("/currency", "is fixed once there are usage logs"),
}
"""What the examples of conflicts name."""


def refusals_of(route: Route, operation: Operation) -> Iterator[tuple[int, list[type[TallyError]]]]:
    """The statuses an operation refuses with, and the errors behind each."""
    found: list[type[TallyError]] = [*ANY_CALLER, *operation.refusals]
    if not route.public:
        found += KNOWN_CALLER
        found += [error for error in errors() if error.code == "rate_limited"]
    if operation.body is not None:
        found += WITH_A_BODY
    if route.method == "POST":
        found += WITH_A_KEY
    if route.method != "GET":
        found += WRITING
    if "{" in route.path:
        found.append(NotFoundError)
    by_status: dict[int, list[type[TallyError]]] = {}
    for error in found:
        same = by_status.setdefault(error.status, [])
        if error not in same:
            same.append(error)
    yield from sorted(by_status.items())


def responses(found: Iterator[tuple[int, list[type[TallyError]]]]) -> dict[str, JsonSchema]:
    """The response objects of refusals."""
    return {str(status): _response(status, same) for status, same in found}


def _response(status: int, same: list[type[TallyError]]) -> JsonSchema:
    if len(same) == 1:
        return {"$ref": f"#/components/responses/{_name(same[0])}"}
    return _described(status, same)


def _described(status: int, same: list[type[TallyError]]) -> JsonSchema:
    names = ("x-request-id", *HEADERS.get(status, ()))
    return {
        "description": "; ".join(f"`{error.code}`: {_says(error)}" for error in same),
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {
            MEDIA_TYPE: {
                "schema": reference(Problem),
                "examples": {
                    error.code: {"$ref": f"#/components/examples/{error.code}"} for error in same
                },
            }
        },
    }


def shared_responses() -> dict[str, JsonSchema]:
    """Every refusal on its own, for operations to refer to."""
    return {_name(error): _described(error.status, [error]) for error in errors()}


def examples() -> dict[str, JsonSchema]:
    """A problem object of every code."""
    return {error.code: {"summary": error.title, "value": _example(error)} for error in errors()}


def _example(error: type[TallyError]) -> JsonSchema:
    shown: JsonSchema = {
        "type": f"{PROBLEM_TYPE}{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": _says(error),
        "instance": "/api/usage-logs",
        "code": error.code,
        "requestId": "0f5c2a4e-8b1d-4a7c-9f63-1c0d2e3f4a5b",
    }
    if error.status == ValidationFailedError.status:
        shown["errors"] = [{"pointer": "/tokens/input", "message": "is needed"}]
    if error in CONFLICTS:
        pointer, message = CONFLICTS[error]
        shown["errors"] = [{"pointer": pointer, "message": message}]
    return shown


def _says(error: type[TallyError]) -> str:
    return " ".join((error.__doc__ or "").split("\n\n")[0].split())


def _name(error: type[TallyError]) -> str:
    return error.__name__.removesuffix("Error")
