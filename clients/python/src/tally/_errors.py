"""Everything that can go wrong.

TallyError
├── ConfigurationError            no address, no key, settings that contradict each other
├── InvalidUsageError             a call that can't be sent: an unknown member, a wrong type
├── ConnectionFailedError         no answer came
│   └── TimedOutError             … in time
├── UnexpectedAnswerError         an answer that is none of the contract's
├── ExportFailedError             an export ended without a file
├── ExportDamagedError            what was downloaded is not what the manifest says
└── ApiError                      the API refused
    ├── UnauthorizedError 401, ForbiddenError 403, NotFoundError 404, MethodNotAllowedError 405
    ├── InsufficientCreditsError 402
    ├── ConflictError 409
    │   └── IdempotencyConflictError, AlreadyExistsError, WorkspaceInUseError
    ├── PayloadTooLargeError 413, UnsupportedMediaTypeError 415
    ├── ValidationFailedError 422
    │   └── CustomerNotRegisteredError, EventTooOldError, EventInFutureError
    ├── LimitExceededError 429    a threshold blocks until `resets_at`
    ├── RateLimitedError 429      too many requests a minute
    └── ServiceError 5xx
        └── ConflictRetryError 503
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, ClassVar


class TallyError(Exception):
    """The root of every error this package raises."""


class ConfigurationError(TallyError):
    """A client or a recorder can't be made as it was asked for."""


class InvalidUsageError(TallyError):
    """A call that can't be sent as it is. `pointer` leads to the member."""

    def __init__(self, pointer: str, message: str) -> None:
        super().__init__(f"{pointer}: {message}" if pointer else message)
        self.pointer = pointer


class ConnectionFailedError(TallyError):
    """No answer came, on any try. Whether the request was carried out is not known; repeat it."""


class TimedOutError(ConnectionFailedError):
    """No answer came in time, on any try."""


class UnexpectedAnswerError(TallyError):
    """An answer came that the contract does not tell of; is the address right?"""


class ExportFailedError(TallyError):
    """An export ended without a file."""


class ExportDamagedError(TallyError):
    """A downloaded file has not the bytes or the SHA-256 that its manifest says."""


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one member: a JSON pointer, `?name` of a query, or a header's name."""

    pointer: str
    message: str


class ApiError(TallyError):
    """The API refused. Decide by the class or by `code`, never by the texts.

    `status` is 0 for a row of a batch that says none. `members` is the problem object as it came.
    """

    code_of_class: ClassVar[str] = ""

    def __init__(
        self,
        status: int,
        members: Mapping[str, Any],
        *,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.status = status
        self.members = dict(members)
        self.code = str(members.get("code") or f"http_{status}")
        self.title = str(members.get("title") or "")
        self.detail = str(members.get("detail") or self.title or f"The answer was {status}.")
        self.request_id = members.get("requestId") or request_id
        self.retry_after = retry_after
        self.errors = tuple(_field_problems(members.get("errors")))
        super().__init__(f"{self.detail} ({self.code}, {status})")


def _field_problems(errors: object) -> Iterator[FieldProblem]:
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            yield FieldProblem(str(error.get("pointer", "")), str(error.get("message", "")))


class UnauthorizedError(ApiError):
    """The credential is missing or not valid."""

    code_of_class = "unauthorized"


class InsufficientCreditsError(ApiError):
    """The balance does not cover it."""

    code_of_class = "insufficient_credits"

    @property
    def balance(self) -> int | None:
        """The credits there are."""
        return self.members.get("balance")

    @property
    def required(self) -> int | None:
        """The credits that are needed."""
        return self.members.get("required")


class ForbiddenError(ApiError):
    """The credential is right, but may not do this."""

    code_of_class = "forbidden"


class NotFoundError(ApiError):
    """There is no such thing, or it is somebody else's."""

    code_of_class = "not_found"


class MethodNotAllowedError(ApiError):
    """The path has other methods."""

    code_of_class = "method_not_allowed"


class ConflictError(ApiError):
    """What is there already contradicts the request."""


class IdempotencyConflictError(ConflictError):
    """The same id was sent with another body; `errors` names the members that differ."""

    code_of_class = "idempotency_conflict"


class AlreadyExistsError(ConflictError):
    """There is one already."""

    code_of_class = "already_exists"


class WorkspaceInUseError(ConflictError):
    """A setting that can't change once there are logs."""

    code_of_class = "workspace_in_use"


class PayloadTooLargeError(ApiError):
    """The body is over 4 MB."""

    code_of_class = "payload_too_large"


class UnsupportedMediaTypeError(ApiError):
    """The body is of a type that the route does not take."""

    code_of_class = "unsupported_media_type"


class ValidationFailedError(ApiError):
    """The request is not valid; `errors` says where and why."""

    code_of_class = "validation_failed"


class CustomerNotRegisteredError(ValidationFailedError):
    """The workspace charges registered, active customers only."""

    code_of_class = "customer_not_registered"


class EventTooOldError(ValidationFailedError):
    """It happened before the retention."""

    code_of_class = "event_too_old"


class EventInFutureError(ValidationFailedError):
    """It claims to happen more than five minutes from now: is the clock right?"""

    code_of_class = "event_in_future"


class LimitExceededError(ApiError):
    """A threshold blocks."""

    code_of_class = "limit_exceeded"

    @property
    def resets_at(self) -> datetime | None:
        """When the limit starts anew."""
        text = self.members.get("resetsAt")
        if not isinstance(text, str):
            return None
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


class RateLimitedError(ApiError):
    """Too many requests a minute; `retry_after` seconds say when to come back."""

    code_of_class = "rate_limited"


class ServiceError(ApiError):
    """The service failed. Safe to repeat."""


class ConflictRetryError(ServiceError):
    """Contention outlasted the service's own retries. Safe to repeat."""

    code_of_class = "conflict_retry"


def _by_code(root: type[ApiError]) -> Iterator[tuple[str, type[ApiError]]]:
    for kind in root.__subclasses__():
        if kind.code_of_class:
            yield kind.code_of_class, kind
        yield from _by_code(kind)


BY_CODE: Mapping[str, type[ApiError]] = dict(_by_code(ApiError))

BY_STATUS: Mapping[int, type[ApiError]] = {
    401: UnauthorizedError,
    402: InsufficientCreditsError,
    403: ForbiddenError,
    404: NotFoundError,
    405: MethodNotAllowedError,
    409: ConflictError,
    413: PayloadTooLargeError,
    415: UnsupportedMediaTypeError,
    422: ValidationFailedError,
    429: RateLimitedError,
}
"""For answers without a code: a gateway in between may have given them."""


def error_of(
    status: int,
    members: Mapping[str, Any],
    *,
    request_id: str | None = None,
    retry_after: float | None = None,
) -> ApiError:
    """The error that a problem object tells: by its code, else by its status."""
    kind = BY_CODE.get(str(members.get("code")))
    if kind is None:
        kind = BY_STATUS.get(status, ServiceError if status >= 500 else ApiError)
    return kind(status, members, request_id=request_id, retry_after=retry_after)
