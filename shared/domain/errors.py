"""Everything a caller can be told to mend, as one tree.

    TallyError
    ├── UnauthorizedError          401
    ├── InsufficientCreditsError   402
    ├── ForbiddenError             403
    ├── NotFoundError              404
    ├── MethodNotAllowedError      405
    ├── IdempotencyConflictError   409
    ├── AlreadyExistsError         409
    ├── WorkspaceInUseError        409
    ├── PayloadTooLargeError       413
    ├── UnsupportedMediaTypeError  415
    ├── ValidationFailedError      422
    │   ├── CustomerNotRegisteredError
    │   ├── EventTooOldError
    │   └── EventInFutureError
    ├── LimitExceededError         429
    ├── RateLimitedError           429
    ├── ConflictRetryError         503
    └── UnavailableError           503

`code` and `status` are the contract's; `members` are further members of the problem object.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one member: a JSON pointer into the body (or `?name` of a query)."""

    pointer: str
    message: str


class TallyError(Exception):
    """A refusal that a caller can understand and act on."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str,
        errors: Sequence[FieldError] = (),
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.members = dict(members or {})

    def relocated(self, pointer: Callable[[str], str]) -> TallyError:
        """The same refusal of a thing that stands inside another: its pointers lead there."""
        moved = type(self).__new__(type(self), self.detail)
        moved.__dict__ |= self.__dict__
        moved.errors = tuple(FieldError(pointer(e.pointer), e.message) for e in self.errors)
        old = self.errors[0].pointer if self.errors else ""
        if old and self.detail.startswith(old):
            moved.detail = moved.errors[0].pointer + self.detail.removeprefix(old)
        return moved


class UnauthorizedError(TallyError):
    """No credential, or one that does not hold."""

    code = "unauthorized"
    status = 401
    title = "Credentials missing or not valid"


class InsufficientCreditsError(TallyError):
    """The balance does not cover what is needed."""

    code = "insufficient_credits"
    status = 402
    title = "Not enough credits"

    def __init__(self, balance: int, required: int) -> None:
        super().__init__(
            f"The balance is {balance} credits; {required} are needed.",
            members={"balance": balance, "required": required},
        )


class ForbiddenError(TallyError):
    """The caller is known, but the route is not for them."""

    code = "forbidden"
    status = 403
    title = "Not allowed"


class NotFoundError(TallyError):
    """There is no such thing, or none the caller may know of."""

    code = "not_found"
    status = 404
    title = "Not found"


class MethodNotAllowedError(TallyError):
    """The path exists with other methods."""

    code = "method_not_allowed"
    status = 405
    title = "Method not allowed"

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"{method} is not one of the methods of this path.", members={"allowed": list(allowed)}
        )
        self.allowed = tuple(allowed)


class IdempotencyConflictError(TallyError):
    """The same id or key came before with another body."""

    code = "idempotency_conflict"
    status = 409
    title = "The same id was used with another body"

    def __init__(self, pointers: Sequence[str]) -> None:
        super().__init__(
            "This id or Idempotency-Key was used before with a different body.",
            [FieldError(pointer, "differs from the first request") for pointer in pointers],
        )


class AlreadyExistsError(TallyError):
    """The thing to be created is there already."""

    code = "already_exists"
    status = 409
    title = "Already exists"

    def __init__(self, detail: str, pointer: str) -> None:
        super().__init__(detail, [FieldError(pointer, "is taken")])


class WorkspaceInUseError(TallyError):
    """A setting that is fixed once there are logs."""

    code = "workspace_in_use"
    status = 409
    title = "The workspace has logs"

    def __init__(self, pointers: Sequence[str]) -> None:
        super().__init__(
            "Currency and time zone are fixed once there are usage logs.",
            [FieldError(pointer, "is fixed once there are usage logs") for pointer in pointers],
        )


class PayloadTooLargeError(TallyError):
    """The body is larger than the service takes."""

    code = "payload_too_large"
    status = 413
    title = "Body too large"


class UnsupportedMediaTypeError(TallyError):
    """The body is not of a media type the route takes."""

    code = "unsupported_media_type"
    status = 415
    title = "Unsupported media type"


class ValidationFailedError(TallyError):
    """The request is not of the form the contract gives."""

    code = "validation_failed"
    status = 422
    title = "The request is not valid"

    @classmethod
    def of(cls, pointer: str, message: str) -> ValidationFailedError:
        """A refusal of one member."""
        where = pointer or "the body"
        return cls(f"{where}: {message}", [FieldError(pointer, message)])


class CustomerNotRegisteredError(ValidationFailedError):
    """The workspace charges registered, active customers only."""

    code = "customer_not_registered"
    title = "Customer not registered"


class EventTooOldError(ValidationFailedError):
    """The event is older than the workspace keeps usage logs."""

    code = "event_too_old"
    title = "Event too old"


class EventInFutureError(ValidationFailedError):
    """The event claims to be from the future."""

    code = "event_in_future"
    title = "Event in the future"


class LimitExceededError(TallyError):
    """A blocking threshold is reached."""

    code = "limit_exceeded"
    status = 429
    title = "Limit reached"


class RateLimitedError(TallyError):
    """Too many requests of one caller, or bad credentials from one address, in too short a time.

    `limit` requests are let through in sixty seconds; the next may be in `retry_after_seconds`.
    """

    code = "rate_limited"
    status = 429
    title = "Too many requests"

    def __init__(self, detail: str, limit: int, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.limit = limit
        self.retry_after_seconds = retry_after_seconds


class ConflictRetryError(TallyError):
    """Others kept winning the race for the account; safe to repeat."""

    code = "conflict_retry"
    status = 503
    title = "Too much contention on the account"


class UnavailableError(TallyError):
    """Something the service stands on does not answer; safe to repeat."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"
