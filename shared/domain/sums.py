"""Sums of usage: every figure that the contract's measures need, response times as a histogram. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import Final, Self

MAX_BUCKETED_MS: Final = 3_600_000


def _bounds() -> tuple[int, ...]:
    """Upper bounds of the response-time buckets, in ms: each at most 1.1 × the one before."""
    bounds = [0, *range(1, 11)]
    while bounds[-1] < MAX_BUCKETED_MS:
        bounds.append(bounds[-1] * 11 // 10)
    return tuple(bounds)


BUCKET_BOUNDS: Final = _bounds()

assert all(10 * high <= 11 * low for low, high in pairwise(BUCKET_BOUNDS[10:]))


def bucket_of(response_time_ms: int) -> int:
    """The histogram bucket of a response time; the last one takes all that is longer than an hour."""
    return min(bisect_left(BUCKET_BOUNDS, response_time_ms), len(BUCKET_BOUNDS) - 1)


def bucket_value_ms(bucket: int) -> int:
    """A value at most 5 % from every response time in the bucket (the last one aside)."""
    if bucket == 0:
        return 0
    low, high = BUCKET_BOUNDS[bucket - 1] + 1, BUCKET_BOUNDS[bucket]
    return (low + high) // 2


@dataclass(slots=True)
class Sums:
    """Every figure the contract's measures need, as plain sums. `cost` in picos, times in ms.

    `timed`/`time_ms` and `sized`/`bytes` count and add what was reported. `rated_output` and `rated_ms`
    are of the logs that have both output tokens and a response time. `failed_cost` is what failures
    cost, `token_cost` what logs with token parts cost where no flat price was charged: another model
    or cache would have changed it. `unpriced` counts logs that no price was found for. `buckets` counts
    response times.
    """

    requests: int = 0
    errors: int = 0
    input: int = 0
    output: int = 0
    cached_input: int = 0
    cache_write: int = 0
    reasoning: int = 0
    total: int = 0
    credits: int = 0
    cost: int = 0
    timed: int = 0
    time_ms: int = 0
    sized: int = 0
    bytes: int = 0
    rated_output: int = 0
    rated_ms: int = 0
    failed_cost: int = 0
    token_cost: int = 0
    unpriced: int = 0
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, other: Sums, *, buckets: bool = True) -> Self:
        """Add the figures of another, in place."""
        # Written out, it takes a third of the time of a loop over names, in the innermost place of folding.
        self.requests += other.requests
        self.errors += other.errors
        self.input += other.input
        self.output += other.output
        self.cached_input += other.cached_input
        self.cache_write += other.cache_write
        self.reasoning += other.reasoning
        self.total += other.total
        self.credits += other.credits
        self.cost += other.cost
        self.timed += other.timed
        self.time_ms += other.time_ms
        self.sized += other.sized
        self.bytes += other.bytes
        self.rated_output += other.rated_output
        self.rated_ms += other.rated_ms
        self.failed_cost += other.failed_cost
        self.token_cost += other.token_cost
        self.unpriced += other.unpriced
        if buckets:
            for bucket, count in other.buckets.items():
                self.buckets[bucket] = self.buckets.get(bucket, 0) + count
        return self

    def percentile_ms(self, percent: int) -> int | None:
        """The response time that `percent` % of the requests did not exceed; None without any."""
        timed = sum(self.buckets.values())
        rank, seen = -(-timed * percent // 100), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank > 0:
                return bucket_value_ms(bucket)
        return None


SUM_FIELDS: Final = (
    "requests",
    "errors",
    "input",
    "output",
    "cached_input",
    "cache_write",
    "reasoning",
    "total",
    "credits",
    "cost",
    "timed",
    "time_ms",
    "sized",
    "bytes",
    "rated_output",
    "rated_ms",
    "failed_cost",
    "token_cost",
    "unpriced",
)

figures_of: Final[Callable[[Sums], tuple[int, ...]]] = attrgetter(*SUM_FIELDS)
"""The figures of sums, in the order of `SUM_FIELDS`."""
