"""Analytics as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from functions.query_stats.service import Statistics
from shared.analytics.question import value_of
from shared.domain.money import ratio
from shared.domain.statistics import largest_first
from shared.http.measures import average_cost, measures_view, rate
from shared.http.views import View

Shown = Mapping[str, str]
"""Accounts as the caller sees their users."""

PER_USER_PLACES: Final = 2
Kept = bool


def metrics_view(found: Statistics, currency: str) -> View:
    """`{metrics}`; `usersEstimated` stands there when `users` is no exact count."""
    figures = found.figures
    total = figures.total
    view = measures_view(total, percentile=found.percentile)
    view |= {"currency": currency, "users": found.users}
    if found.estimated:
        view["usersEstimated"] = True
    by_tokens = largest_first(figures.models, lambda sums: sums.total)
    by_errors = largest_first(figures.services, lambda sums: value_of(sums, "errorRate"))
    view |= {
        "requestsPerUser": ratio(total.requests, found.users or 1, PER_USER_PLACES),
        "costPerRequest": average_cost(total.cost, total.requests),
        "tokensByModel": [
            {"service": service, "model": model, "totalTokens": sums.total}
            for (service, model), sums in by_tokens
        ],
        "errorRateByService": [
            {"service": service, "errorRate": rate(sums.errors, sums.requests)}
            for service, sums in by_errors
        ],
    }
    return {"metrics": view}
