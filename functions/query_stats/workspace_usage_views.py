"""The usage of a workspace as the contract shows it: messages are requests."""

from __future__ import annotations

from functions.query_stats.workspace_usage import Client, TopClients, Usage
from shared.domain.cells import HourSums
from shared.domain.money import money
from shared.domain.statistics import busiest, growth, summed
from shared.domain.sums import Sums
from shared.http.views.measures import average_cost
from shared.http.views.view import View


def stats_view(usage: Usage, top: TopClients, currency: str) -> View:
    """`GET /api/usage/stats/{workspaceId}`."""
    view: View = {
        **_totals(usage),
        "dailyUsage": _daily(usage),
        "peakHours": _hourly(usage),
        "topClients": [_client_view(client) for client in top.clients],
        **_insights(usage),
        "monthlyComparison": _comparison(usage),
        "currency": currency,
    }
    return _marked(view, top)


def dashboard_view(usage: Usage, top: TopClients, currency: str) -> View:
    """`GET /api/usage/dashboard/{workspaceId}`."""
    view: View = {
        "overview": {**_totals(usage), "monthlyComparison": _comparison(usage)},
        "dailyUsage": _daily(usage),
        "peakHours": _hourly(usage),
        "topClients": [_client_view(client) for client in top.clients],
        "monthlyTrend": [_charged(sums, month=month) for month, sums in usage.months.items()],
        "insights": _insights(usage),
        "currency": currency,
    }
    return _marked(view, top)


def usage_summary_view(usage: Usage, currency: str) -> View:
    """`GET /api/usage/summary/{workspaceId}`."""
    return {
        **_totals(usage),
        **_insights(usage),
        "growth": _comparison(usage)["growth"],
        "currency": currency,
    }


def _totals(usage: Usage) -> View:
    total = summed(usage.days.values())
    return {
        "totalCost": money(total.cost),
        "totalMessages": total.requests,
        "averageDailyCost": average_cost(total.cost, len(usage.days)),
    }


def _daily(usage: Usage) -> list[View]:
    return [_charged(sums, date=day) for day, sums in usage.days.items()]


def _hourly(usage: Usage) -> list[View]:
    return [_charged(sums, hour=hour) for hour, sums in usage.hours.items()]


def _insights(usage: Usage) -> View:
    peak_hour, busiest_day = busiest(usage.hours), busiest(usage.days)
    return {
        "peakHour": None if peak_hour is None else _charged(peak_hour[1], hour=peak_hour[0]),
        "busiestDay": None
        if busiest_day is None
        else _charged(busiest_day[1], date=busiest_day[0]),
    }


def _comparison(usage: Usage) -> View:
    """This calendar month against the last, by cost."""
    previous, this = list(usage.months.values())[-2:]
    return {
        "currentMonth": money(this.cost),
        "previousMonth": money(previous.cost),
        "growth": growth(this.cost, previous.cost),
    }


def _charged(sums: Sums | HourSums, **key: object) -> View:
    return {**key, "cost": money(sums.cost), "messages": sums.requests}


def _client_view(client: Client) -> View:
    name = {} if client.name is None else {"name": client.name}
    return {"clientId": client.client_id, **name, **_charged(client.figures)}


def _marked(view: View, top: TopClients) -> View:
    return view | {"truncated": True} if top.truncated else view
