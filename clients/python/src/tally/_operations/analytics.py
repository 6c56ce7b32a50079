"""Analytics, and a workspace's usage in the words of a chat platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from tally._call import Answer, Call, Day, get, member, path, query, whole
from tally._models import analytics as models
from tally._models.workspace_usage import UsageDashboard, UsageStats, UsageSummary

T = TypeVar("T")

Dimension = Literal[
    "hour", "day", "week", "month", "service", "provider", "model", "user", "country", "platform",
    "status",
]  # fmt: skip
Ranking = Literal["cost", "tokens", "requests", "credits"]


class Figures(Protocol[T]):
    """Figures of a range of local days (by default the last 30 with today), under filters."""

    def __call__(
        self,
        *,
        start_date: Day | None = None,
        end_date: Day | None = None,
        service: str | None = None,
        model: str | None = None,
        user_id: str | None = None,
    ) -> Call[T]:
        """The call that asks for them."""
        ...


def _figures(name: str, read: Callable[[Answer], T], does: str) -> Figures[T]:
    def build(
        *,
        start_date: Day | None = None,
        end_date: Day | None = None,
        service: str | None = None,
        model: str | None = None,
        user_id: str | None = None,
    ) -> Call[T]:
        params = query(
            start_date=start_date, end_date=end_date, service=service, model=model, user_id=user_id
        )
        return get(f"/api/analytics/{name}", read, params)

    build.__name__ = build.__qualname__ = name
    build.__doc__ = does
    return build


dashboard = _figures("dashboard", whole(models.Dashboard), "Everything on one page.")
metrics = _figures("metrics", member("metrics", models.Metrics), "The figures, and ratios of them.")
services = _figures("services", whole(models.Services), "Services, largest cost first.")
models_ = _figures("models", whole(models.Models), "Models, largest cost first.")
countries = _figures("countries", whole(models.Countries), "Countries, largest cost first.")
platforms = _figures("platforms", whole(models.Platforms), "Platforms, largest cost first.")
hours = _figures("hours", whole(models.Hours), "Figures by local hour of the day.")
savings = _figures("savings", whole(models.Savings), "Ways to spend less, with their arithmetic.")


def timeseries(
    *,
    group_by: Literal["hour", "day", "week", "month"] | None = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    service: str | None = None,
    model: str | None = None,
    user_id: str | None = None,
) -> Call[models.Timeseries]:
    """Figures by hour, day, week or month, gaps filled."""
    params = query(
        group_by=group_by,
        start_date=start_date,
        end_date=end_date,
        service=service,
        model=model,
        user_id=user_id,
    )
    return get("/api/analytics/timeseries", whole(models.Timeseries), params)


def top_users(
    *,
    limit: int | None = None,
    by: Ranking | None = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    service: str | None = None,
    model: str | None = None,
) -> Call[models.TopUsers]:
    """The users with most cost, tokens, requests or credits."""
    params = query(
        limit=limit,
        by=by,
        start_date=start_date,
        end_date=end_date,
        service=service,
        model=model,
    )
    return get("/api/analytics/users/top", whole(models.TopUsers), params)


def token_usage(
    *,
    group_by: Literal["day", "month", "user", "model"] | None = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    service: str | None = None,
    model: str | None = None,
    user_id: str | None = None,
) -> Call[models.TokenUsage]:
    """Tokens and what they cost, by day, month, user or model."""
    params = query(
        group_by=group_by,
        start_date=start_date,
        end_date=end_date,
        service=service,
        model=model,
        user_id=user_id,
    )
    return get("/api/analytics/token-usage", whole(models.TokenUsage), params)


def question(
    *,
    group_by: Dimension,
    metric: str | None = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    service: str | None = None,
    model: str | None = None,
    user_id: str | None = None,
    provider: str | None = None,
    country: str | None = None,
    platform: str | None = None,
    status: Literal["success", "error"] | None = None,
) -> Call[models.Query]:
    """Figures by any dimension; `metric` is the measure to sort by.

    Filters by user, service and model combine; others stand alone.
    """
    params = query(
        group_by=group_by,
        metric=metric,
        start_date=start_date,
        end_date=end_date,
        service=service,
        model=model,
        user_id=user_id,
        provider=provider,
        country=country,
        platform=platform,
        status=status,
    )
    return get("/api/analytics/query", whole(models.Query), params)


def forecast(
    *, user_id: str | None = None, service: str | None = None, model: str | None = None
) -> Call[models.Forecast]:
    """The cost expected by the end of the month, and whose credits run out when."""
    params = query(user_id=user_id, service=service, model=model)
    return get("/api/analytics/forecast", member("forecast", models.Forecast), params)


def my_usage(
    *,
    start_date: Day | None = None,
    end_date: Day | None = None,
    service: str | None = None,
    model: str | None = None,
) -> Call[models.MyUsage]:
    """The caller's own statistics, balance and thresholds."""
    params = query(start_date=start_date, end_date=end_date, service=service, model=model)
    return get("/api/analytics/my-usage", whole(models.MyUsage), params)


def workspace_stats(
    workspace_id: str,
    *,
    start_date: Day | None = None,
    end_date: Day | None = None,
    by: Literal["cost", "messages"] | None = None,
) -> Call[UsageStats]:
    """Messages and cost of a workspace; `by` ranks its clients."""
    params = query(start_date=start_date, end_date=end_date, by=by)
    return get(path("/api/usage/stats/{}", workspace_id), whole(UsageStats), params)


def workspace_dashboard(
    workspace_id: str,
    *,
    period: int | None = None,
    by: Literal["cost", "messages"] | None = None,
) -> Call[UsageDashboard]:
    """One page of figures about the last `period` days (default 30), today included."""
    params = query(period=period, by=by)
    return get(path("/api/usage/dashboard/{}", workspace_id), whole(UsageDashboard), params)


def workspace_summary(workspace_id: str) -> Call[UsageSummary]:
    """The last 30 days of a workspace in a few figures."""
    return get(path("/api/usage/summary/{}", workspace_id), whole(UsageSummary))
