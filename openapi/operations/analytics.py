"""Analytics, for admins; and a user's own page."""

from __future__ import annotations

from typing import Final

from functions.query_stats.analytics_schemas import RANKINGS, SERIES, TOKEN_GROUPS
from openapi.models.analytics import (
    CountriesAnswer,
    DashboardAnswer,
    HoursAnswer,
    MetricsAnswer,
    ModelsAnswer,
    MyUsageAnswer,
    PlatformsAnswer,
    QueryAnswer,
    ServicesAnswer,
    TimeseriesAnswer,
    TokenUsageAnswer,
    TopUsersAnswer,
)
from openapi.models.insight import ForecastAnswer, SavingsAnswer
from openapi.operation import Group, Operation, answer
from openapi.operations.exports import EXPORTED, FORMAT
from openapi.parameters import (
    COUNTRY,
    DATES,
    DAYS,
    PLATFORM,
    PROVIDER,
    SELECTION,
    STATUS,
    USER,
    Parameter,
    choice,
    filter_of,
)
from shared.analytics.question import GROUPS, METRICS

_RANGE: Final = (*DAYS, *SELECTION, USER)
_ALONE: Final = (PROVIDER, COUNTRY, PLATFORM, STATUS)
_GROUP_BY: Final = choice("groupBy", GROUPS, "The dimension.", required=True, key="Dimension")
_METRIC: Final = choice("metric", METRICS, "The measure to sort by.", default=False, key="Metric")

ANALYTICS: Final = Group(
    "Analytics",
    "The workspace's figures, by every dimension that is kept. Cells answer them: cost and latency do not "
    "grow with the number of events.",
    {
        "GET /api/analytics/dashboard": Operation(
            "getDashboard",
            "Everything the first page of a dashboard shows",
            answer(DashboardAnswer),
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/metrics": Operation(
            "getMetrics",
            "Figures and ratios",
            answer(MetricsAnswer),
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/services": Operation(
            "getServices",
            "By service",
            answer(ServicesAnswer),
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/models": Operation(
            "getModels",
            "By model",
            answer(ModelsAnswer),
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/countries": Operation(
            "getCountries",
            "By country",
            answer(CountriesAnswer),
            "The filters are not kept together with it: 422.",
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/platforms": Operation(
            "getPlatforms",
            "By platform",
            answer(PlatformsAnswer),
            "The filters are not kept together with it: 422.",
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/hours": Operation(
            "getHours",
            "By hour of the day",
            answer(HoursAnswer),
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/timeseries": Operation(
            "getTimeseries",
            "Over time",
            answer(TimeseriesAnswer),
            "At most 31 days of hours.",
            query=(
                choice("groupBy", SERIES, "How long a period is."),
                *_RANGE,
            ),
            conditional=True,
        ),
        "GET /api/analytics/users/top": Operation(
            "getTopUsers",
            "The largest users",
            answer(TopUsersAnswer),
            query=(
                Parameter(
                    "limit",
                    "How many.",
                    {"type": "integer", "minimum": 1, "maximum": 100, "default": 10},
                ),
                choice("by", RANKINGS, "What ranks them."),
                *DAYS,
                *SELECTION,
            ),
            conditional=True,
        ),
        "GET /api/analytics/token-usage": Operation(
            "getTokenUsage",
            "Tokens and what they cost",
            answer(TokenUsageAnswer),
            query=(
                choice("groupBy", TOKEN_GROUPS, "What the keys are."),
                *_RANGE,
            ),
            conditional=True,
        ),
        "GET /api/analytics/query": Operation(
            "queryUsage",
            "Figures by one dimension, filtered by others",
            answer(QueryAnswer),
            "User, service and model filters combine; others stand alone. What is not kept together is 422.",
            query=(
                _GROUP_BY,
                _METRIC,
                *_RANGE,
                *_ALONE,
            ),
            conditional=True,
        ),
        "GET /api/analytics/savings": Operation(
            "getSavings",
            "Ways to spend less, with the arithmetic",
            answer(SavingsAnswer),
            query=_RANGE,
            conditional=True,
        ),
        "GET /api/analytics/forecast": Operation(
            "getForecast",
            "The cost by the end of the month, and whose credits run out",
            answer(ForecastAnswer),
            "Looks 90 days ahead for credits that run out.",
            conditional=True,
            query=(USER, *SELECTION),
        ),
        "GET /api/analytics/export": Operation(
            "exportAnalytics",
            "Export usage logs, or a query's answer, to a file",
            EXPORTED,
            query=(
                choice("kind", ("logs", "summary"), "Logs, or the query above as a file."),
                filter_of("groupBy", GROUPS, "With the kind `summary`: the dimension, needed."),
                _METRIC,
                FORMAT,
                *DATES,
                USER,
                *SELECTION,
                *_ALONE,
            ),
        ),
        "GET /api/analytics/my-usage": Operation(
            "getOwnUsage",
            "One's own statistics, balance and thresholds",
            answer(MyUsageAnswer),
            query=(*DAYS, *SELECTION),
            conditional=True,
        ),
    },
)
