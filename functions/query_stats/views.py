"""Statistics, summaries and the dashboard as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping

from functions.query_stats.dashboard import Client, Dashboard
from functions.query_stats.logs import LogPage
from functions.query_stats.schemas import LogsQuery
from functions.query_stats.service import Statistics
from shared.analytics.question import Answer
from shared.domain.cells import HourSums, Sums
from shared.domain.money import money
from shared.domain.statistics import busiest, cost_of, growth, largest_first, summed
from shared.http.measures import average_cost, kept_view, measures_view
from shared.http.params import page_body
from shared.http.views import View, usage_log_view


def log_page_view(page: LogPage, query: LogsQuery, user_id: str) -> View:
    """A page of one user's logs."""
    rows: list[object] = [usage_log_view(log, user_id) for log in page.logs]
    after = None if page.after is None else str(page.after)
    return page_body("usageLogs", rows, query.paging, page.total, after)


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


def dashboard_view(dashboard: Dashboard, currency: str) -> View:
    """The dashboard of a workspace's usage; messages are requests."""
    total = summed(dashboard.days.values())
    peak_hour, busiest_day = busiest(dashboard.hours), busiest(dashboard.days)
    previous, this = list(dashboard.months.values())[-2:]
    view: View = {
        "overview": {
            "totalCost": money(total.cost),
            "totalMessages": total.requests,
            "averageDailyCost": average_cost(total.cost, len(dashboard.days)),
            "monthlyComparison": {
                "currentMonth": money(this.cost),
                "previousMonth": money(previous.cost),
                "growth": growth(this.cost, previous.cost),
            },
        },
        "dailyUsage": [_charged(sums, date=day) for day, sums in dashboard.days.items()],
        "peakHours": [_charged(sums, hour=hour) for hour, sums in dashboard.hours.items()],
        "topClients": [_client_view(client) for client in dashboard.clients],
        "monthlyTrend": [_charged(sums, month=month) for month, sums in dashboard.months.items()],
        "insights": {
            "peakHour": _busiest_view("hour", peak_hour),
            "busiestDay": _busiest_view("date", busiest_day),
        },
        "currency": currency,
    }
    return view | {"truncated": True} if dashboard.truncated else view


def _charged(sums: Sums | HourSums, **key: object) -> View:
    return {**key, "cost": money(sums.cost), "messages": sums.requests}


def _client_view(client: Client) -> View:
    name = {} if client.name is None else {"name": client.name}
    return {"clientId": client.client_id, **name, **_charged(client.figures)}


def _busiest_view(name: str, found: tuple[object, Sums | HourSums] | None) -> View | None:
    return None if found is None else _charged(found[1], **{name: found[0]})
