"""Tally: record AI usage exactly once, and never in the way."""

from __future__ import annotations

from tally._async import AsyncTally
from tally._client import Tally
from tally._context import context
from tally._errors import (
    AlreadyExistsError,
    ApiError,
    ConfigurationError,
    ConflictError,
    ConflictRetryError,
    ConnectionFailedError,
    CustomerNotRegisteredError,
    EventInFutureError,
    EventTooOldError,
    ExportDamagedError,
    ExportFailedError,
    FieldProblem,
    ForbiddenError,
    IdempotencyConflictError,
    InsufficientCreditsError,
    InvalidUsageError,
    LimitExceededError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
    RateLimitedError,
    ServiceError,
    TallyError,
    TimedOutError,
    UnauthorizedError,
    UnexpectedAnswerError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
    WorkspaceInUseError,
)
from tally._measure import Measurement, measure
from tally._settings import Runtime
from tally._track import track
from tally._usage import Money, Sink, Tokens, Usage
from tally.recorder import Counters, Recorder, Refusal, configure, flush, record
from tally.wrapping import wrap

__version__ = "0.1.0"

__all__ = [
    "AlreadyExistsError",
    "ApiError",
    "AsyncTally",
    "ConfigurationError",
    "ConflictError",
    "ConflictRetryError",
    "ConnectionFailedError",
    "Counters",
    "CustomerNotRegisteredError",
    "EventInFutureError",
    "EventTooOldError",
    "ExportDamagedError",
    "ExportFailedError",
    "FieldProblem",
    "ForbiddenError",
    "IdempotencyConflictError",
    "InsufficientCreditsError",
    "InvalidUsageError",
    "LimitExceededError",
    "Measurement",
    "MethodNotAllowedError",
    "Money",
    "NotFoundError",
    "PayloadTooLargeError",
    "RateLimitedError",
    "Recorder",
    "Refusal",
    "Runtime",
    "ServiceError",
    "Sink",
    "Tally",
    "TallyError",
    "TimedOutError",
    "Tokens",
    "UnauthorizedError",
    "UnexpectedAnswerError",
    "UnsupportedMediaTypeError",
    "Usage",
    "ValidationFailedError",
    "WorkspaceInUseError",
    "__version__",
    "configure",
    "context",
    "flush",
    "measure",
    "record",
    "track",
    "wrap",
]
