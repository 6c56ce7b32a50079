"""Questions about usage and their answers: `analytics/query`, in the API and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal, TypeVar

from shared.domain.statistics import Kept, Selection, largest_first
from shared.domain.sums import Sums

P95: Final = 95
MS_PER_SECOND: Final = 1000
MAX_ROWS: Final = 1_000
"""Groups in one answer: half a megabyte, of the six that a function may answer with."""

MAX_USERS: Final = 500
"""Users in one answer: each needs reads of its own."""

Group = Literal[
    "hour",
    "day",
    "week",
    "month",
    "service",
    "provider",
    "model",
    "user",
    "country",
    "platform",
    "status",
]
GROUPS: Final[tuple[Group, ...]] = (
    "hour",
    "day",
    "week",
    "month",
    "service",
    "provider",
    "model",
    "user",
    "country",
    "platform",
    "status",
)

Metric = Literal[
    "requests",
    "errors",
    "errorRate",
    "tokens",
    "credits",
    "cost",
    "averageResponseTimeMs",
    "p95ResponseTimeMs",
    "averageResponseBytes",
    "tokensPerSecond",
]
METRICS: Final[tuple[Metric, ...]] = (
    "requests",
    "errors",
    "errorRate",
    "tokens",
    "credits",
    "cost",
    "averageResponseTimeMs",
    "p95ResponseTimeMs",
    "averageResponseBytes",
    "tokensPerSecond",
)
"""Measures that rows are sorted by; `tokens` by their total."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of all usage is asked for. Account, service and model combine, each other stands alone.

    `failed`: None for any outcome.
    """

    account_id: str | None = None
    service: str | None = None
    model: str | None = None
    provider: str | None = None
    country: str | None = None
    platform: str | None = None
    failed: bool | None = None

    @property
    def what(self) -> Selection:
        """Service, model and provider."""
        return Selection(self.service, self.model, self.provider)


@dataclass(frozen=True, slots=True)
class Question:
    """A range of local days, both included, what of it, and how it is grouped and sorted.

    Without `metric`, times stand in their order and everything else by cost. `limit` bounds the rows
    where it is grouped by user.
    """

    first: str
    last: str
    group: Group
    filters: Filters = Filters()
    metric: Metric | None = None
    limit: int = MAX_USERS

    def about(self, account_id: str) -> Question:
        """The same about one account."""
        return replace(self, filters=replace(self.filters, account_id=account_id))


@dataclass(frozen=True, slots=True)
class Row:
    """One group. `key` is an account id where it is grouped by user; None for what names no country.

    `start_ms` is where a time begins, None for other groups.
    """

    key: str | None
    sums: Sums
    start_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The groups, and all that was asked for.

    `kept` and `totals_kept` say which measures of rows and totals are known. `truncated`: there are
    more rows than are shown, smaller ones. `approximate`: and they may be larger than some shown.
    """

    rows: list[Row]
    totals: Sums
    kept: Kept
    totals_kept: Kept
    truncated: bool = False
    approximate: bool = False

    @property
    def accounts(self) -> list[str]:
        """The keys that there are; those of rows by user are accounts."""
        return [row.key for row in self.rows if row.key is not None]


def value_of(sums: Sums, metric: Metric) -> Fraction:
    """A measure, exact (cost in picos); `NOTHING` when nothing to compute it from was reported."""
    if metric == "p95ResponseTimeMs":
        p95 = sums.percentile_ms(P95)
        return NOTHING if p95 is None else Fraction(p95)
    if metric in COUNTS:
        return Fraction(getattr(sums, COUNTS[metric]))
    part, whole, factor = QUOTIENTS[metric]
    divisor = getattr(sums, whole)
    return Fraction(getattr(sums, part) * factor, divisor) if divisor else NOTHING


K = TypeVar("K")


def largest_by(metric: Metric, rows: Mapping[K, Sums]) -> list[tuple[K, Sums]]:
    """Rows by a measure, largest first; equals by requests, then in the order of their keys."""
    return largest_first(rows, lambda sums: value_of(sums, metric))


COUNTS: Final[Mapping[Metric, str]] = {
    "requests": "requests",
    "errors": "errors",
    "tokens": "total",
    "credits": "credits",
    "cost": "cost",
}
QUOTIENTS: Final[Mapping[Metric, tuple[str, str, int]]] = {
    "errorRate": ("errors", "requests", 1),
    "averageResponseTimeMs": ("time_ms", "timed", 1),
    "averageResponseBytes": ("bytes", "sized", 1),
    "tokensPerSecond": ("rated_output", "rated_ms", MS_PER_SECOND),
}
NOTHING: Final = Fraction(-1)
"""Stands below every measure."""
