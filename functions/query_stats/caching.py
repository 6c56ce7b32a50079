"""Which answers are conditional and remembered: those made of statistics, not lists and single logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.http.app import Endpoint
from shared.http.conditional import Conditional

FORECAST_AGE_MS: Final = 600_000
"""A forecast moves with the time of day, by a seven hundredth of the rest of a month in ten minutes."""

FORECASTING: Final = frozenset({"GET /api/analytics/dashboard", "GET /api/analytics/forecast"})
STATISTICS: Final = (
    "/api/usage-logs/stats",
    "/api/usage-logs/summary",
    "/api/analytics/",
    "/api/usage/",
)


def remembered(routes: Mapping[str, Endpoint], conditional: Conditional) -> dict[str, Endpoint]:
    """The endpoints, those of statistics made conditional."""
    return {
        key: conditional(endpoint, FORECAST_AGE_MS if key in FORECASTING else None)
        if key.removeprefix("GET ").startswith(STATISTICS)
        else endpoint
        for key, endpoint in routes.items()
    }
