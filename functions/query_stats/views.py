"""Statistics, summaries and the dashboard as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping

from functions.query_stats.schemas import LogsQuery
from functions.query_stats.service import Statistics
from shared.analytics.question import Answer
from shared.domain.calendar import utc_text
from shared.domain.money import money
from shared.domain.statistics import cost_of, largest_first
from shared.domain.time_list import TimePage
from shared.domain.usage import UsageLog
from shared.http.params import page_body
from shared.http.views.logs import usage_log_view
from shared.http.views.measures import kept_view, measures_view
from shared.http.views.view import View


def log_page_view(
    page: TimePage[UsageLog], query: LogsQuery, user_id: str, archived_before_ms: int
) -> View:
    """A page of one user's logs, and how far back they go."""
    rows: list[object] = [usage_log_view(log, user_id) for log in page.rows]
    after = None if page.after is None else str(page.after)
    body = page_body("usageLogs", rows, query.paging, page.total, after)
    return body | {"archivedBefore": utc_text(archived_before_ms)}


def statistics_view(statistics: Statistics, currency: str) -> View:
    """`{statistics}`; `usersEstimated` stands there when `users` is no exact count."""
    figures, kept = statistics.figures, statistics.parts_percentile
    view = measures_view(figures.total, percentile=statistics.percentile)
    view |= {"currency": currency, "users": statistics.users}
    if statistics.estimated:
        view["usersEstimated"] = True
    view["byService"] = [
        {"service": service, **measures_view(sums, percentile=kept)}
        for service, sums in largest_first(figures.services, cost_of)
    ]
    view["byModel"] = [
        {"service": service, "model": model, **measures_view(sums, percentile=kept)}
        for (service, model), sums in largest_first(figures.models, cost_of)
    ]
    view["byDay"] = [
        {"date": day, **measures_view(sums, percentile=statistics.percentile)}
        for day, sums in figures.days.items()
    ]
    view["byHour"] = [
        {
            "hour": hour,
            "requests": sums.requests,
            "cost": money(sums.cost),
            "totalTokens": sums.total,
        }
        for hour, sums in enumerate(figures.hours)
    ]
    return {"statistics": view}


def summary_view(summary: Answer, shown: Mapping[str, str], currency: str) -> View:
    """`{summary, totals}`. `shown` maps keys to how the caller sees them, where that is different."""
    view: View = {
        "summary": [
            {"key": shown.get(str(row.key), row.key), **kept_view(row.sums, summary.kept)}
            for row in summary.rows
        ],
        "totals": kept_view(summary.totals, summary.totals_kept),
        "currency": currency,
    }
    return view | {"truncated": True} if summary.truncated else view
