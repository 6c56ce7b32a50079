"""Summed figures as the contract shows them: exact, and rounded half up where they are quotients."""

from __future__ import annotations

from typing import Final

from shared.domain.money import Figure, money, ratio
from shared.domain.statistics import Kept
from shared.domain.sums import Sums
from shared.http.views.view import View

RATE_PLACES: Final = 6
MEAN_PLACES: Final = 2
AVERAGE_COST_PLACES: Final = 9
PICOS_PLACES: Final = 12
MS_PER_SECOND: Final = 1000
PERCENTILE: Final = 95


def measures_view(sums: Sums, *, percentile: bool = True) -> View:
    """The measures. Times, sizes and speed are left out when nothing to compute them from was reported.

    `percentile` is false where p95 is not kept: for combinations of user with service or model.
    """
    view: View = {
        "requests": sums.requests,
        "errors": sums.errors,
        "errorRate": rate(sums.errors, sums.requests),
        "tokens": {
            "input": sums.input,
            "output": sums.output,
            "cachedInput": sums.cached_input,
            "cacheWrite": sums.cache_write,
            "reasoning": sums.reasoning,
            "total": sums.total,
        },
        "credits": sums.credits,
        "cost": money(sums.cost),
    }
    if sums.timed:
        view["averageResponseTimeMs"] = ratio(sums.time_ms, sums.timed, MEAN_PLACES)
        p95_ms = sums.percentile_ms(PERCENTILE) if percentile else None
        if p95_ms is not None:
            view["p95ResponseTimeMs"] = p95_ms
    if sums.sized:
        view["averageResponseBytes"] = ratio(sums.bytes, sums.sized, MEAN_PLACES)
    if sums.rated_ms:
        view["tokensPerSecond"] = ratio(
            sums.rated_output * MS_PER_SECOND, sums.rated_ms, MEAN_PLACES
        )
    return view


def kept_view(sums: Sums, kept: Kept) -> View:
    """The measures as far as they are kept."""
    if kept == "hours":
        return {
            "requests": sums.requests,
            "tokens": {"total": sums.total},
            "cost": money(sums.cost),
        }
    return measures_view(sums, percentile=kept == "all")


def rate(part: int, whole: int) -> Figure:
    """A share between 0 and 1; 0 of nothing is 0."""
    return ratio(part, whole or 1, RATE_PLACES)


def average_cost(cost_picos: int, count: int) -> Figure:
    """A cost divided by a number of days or requests; 0 of none."""
    return ratio(cost_picos, (count or 1) * 10**PICOS_PLACES, AVERAGE_COST_PLACES)
