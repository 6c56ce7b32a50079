"""Questions about usage and their answers: `analytics/query`, in the API and as a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from shared.domain.cells import Sums
from shared.domain.statistics import Kept, Selection

P95: Final = 95
MS_PER_SECOND: Final = 1000

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
        """Service and model."""
        return Selection(self.service, self.model)


@dataclass(frozen=True, slots=True)
class Question:
    """A range of local days, both included, what of it, and how it is grouped and sorted.

    Without `metric`, times stand in their order and everything else by cost.
    """

    first: str
    last: str
    group: Group
    filters: Filters = Filters()
    metric: Metric | None = None


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


def value_of(sums: Sums, metric: Metric) -> Fraction | None:
    """A measure, exact (cost in picos); None when nothing to compute it from was reported."""
    if metric == "p95ResponseTimeMs":
        p95 = sums.percentile_ms(P95)
        return None if p95 is None else Fraction(p95)
    if metric in COUNTS:
        return Fraction(getattr(sums, COUNTS[metric]))
    part, whole, factor = QUOTIENTS[metric]
    divisor = getattr(sums, whole)
    return Fraction(getattr(sums, part) * factor, divisor) if divisor else None


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
