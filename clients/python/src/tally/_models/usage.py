"""Usage logs and what is summed from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from tally._errors import ApiError, error_of
from tally._usage import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageLog:
    """One consumed request. Immutable. `receipt` says how cost and credits came about."""

    id: str
    workspace_id: str
    user_id: str
    service: str
    provider: str
    model: str | None = None
    tokens: Tokens | None = None
    credits: int
    cost: Decimal
    currency: str
    unpriced: bool
    status: Literal["success", "error"]
    error_code: str | None = None
    response_time_ms: int | None = None
    response_bytes: int | None = None
    country: str | None = None
    platform: str | None = None
    request_id: str | None = None
    metadata: Mapping[str, Any] | None = None
    occurred_at: datetime
    created_at: datetime
    transaction_id: str
    receipt: Mapping[str, Any]
    repriced: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row of a batch; `problem` is there when it was refused."""

    index: int
    status: Literal["created", "replayed", "conflict", "rejected"]
    usage_log: UsageLog | None = None
    error: Mapping[str, Any] | None = None

    @property
    def problem(self) -> ApiError | None:
        """The refusal as the error that a single log would have raised."""
        if self.error is None:
            return None
        status = self.error.get("status")
        return error_of(status if isinstance(status, int) else 0, self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSummary:
    """How many rows had which outcome."""

    created: int
    replayed: int
    conflict: int
    rejected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """The outcome of every row, in their order."""

    results: tuple[RowResult, ...]
    summary: BatchSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """Summed tokens. `cached_input` and `cache_write` lie inside `input`, `reasoning` inside `output`."""

    input: int
    output: int
    cached_input: int
    cache_write: int
    reasoning: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Summed figures. Rates are 0–1; the last four are None when nothing was reported for them."""

    requests: int
    errors: int
    error_rate: Decimal
    tokens: TokenCounts
    credits: int
    cost: Decimal
    average_response_time_ms: Decimal | None = None
    p95_response_time_ms: int | None = None
    average_response_bytes: Decimal | None = None
    tokens_per_second: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceMeasures(Measures):
    """Figures of a service; `share` of the cost where services are compared."""

    service: str
    share: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelMeasures(ServiceMeasures):
    """Figures of a service's model; `model` is None for its logs without one."""

    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMeasures(Measures):
    """Figures of a local day of the workspace."""

    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMeasures(Measures):
    """Figures of one group; `key` is a day, week, month, service, `service/model` or user."""

    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HourFigures:
    """Figures of a local hour of the day (0–23), over all days of the range."""

    hour: int
    requests: int
    cost: Decimal
    total_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics(Measures):
    """Everything about a range of days."""

    currency: str
    users: int
    users_estimated: bool = False
    by_service: tuple[ServiceMeasures, ...]
    by_model: tuple[ModelMeasures, ...]
    by_day: tuple[DayMeasures, ...]
    by_hour: tuple[HourFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Groups and their totals; `truncated` when not every group is listed."""

    summary: tuple[KeyMeasures, ...]
    totals: Measures
    currency: str
    truncated: bool = False
