"""Analytics as the contract shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from functions.query_stats.analytics import Overview
from functions.query_stats.service import Statistics
from shared.analytics.question import MAX_ROWS, Answer, Metric, Row, value_of
from shared.domain.calendar import utc_text
from shared.domain.cells import HourSums
from shared.domain.money import Figure, money, ratio
from shared.domain.statistics import Breakdown, Kept, busiest, cost_of, growth, largest_first
from shared.domain.sums import Sums
from shared.http.views.alerts import alert_view
from shared.http.views.forecast import forecast_view
from shared.http.views.measures import RATE_PLACES, average_cost, kept_view, measures_view, rate
from shared.http.views.view import View

PER_USER_PLACES: Final = 2


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
            for (service, model), sums in by_tokens[:MAX_ROWS]
        ],
        "errorRateByService": [
            {"service": service, "errorRate": rate(sums.errors, sums.requests)}
            for service, sums in by_errors[:MAX_ROWS]
        ],
    }
    return {"metrics": view}


def services_view(figures: Breakdown, *, percentile: bool) -> list[View]:
    """Services, the largest cost first, with their share of it."""
    return [
        {"service": service, **_part(sums, figures.total, percentile=percentile)}
        for service, sums in largest_first(figures.services, cost_of)[:MAX_ROWS]
    ]


def models_view(figures: Breakdown, *, percentile: bool) -> list[View]:
    """Models of each service, the largest cost first, with their share of it."""
    return [
        {"service": service, "model": model, **_part(sums, figures.total, percentile=percentile)}
        for (service, model), sums in largest_first(figures.models, cost_of)[:MAX_ROWS]
    ]


def parts_view(name: str, answer: Answer) -> list[View]:
    """Countries or platforms with their share of the cost; null stands for usage that named none."""
    return [
        {
            name: row.key,
            **kept_view(row.sums, answer.kept),
            "share": rate(row.sums.cost, answer.totals.cost),
        }
        for row in answer.rows
    ]


def hours_view(hours: Iterable[HourSums]) -> View:
    """`{hours, peakHour}`: the hour with most requests, the earliest of equals; null without any."""
    figures = dict(enumerate(hours))
    peak = busiest(figures)
    return {
        "hours": [_hour_view(hour, sums) for hour, sums in figures.items()],
        "peakHour": None if peak is None else _hour_view(*peak),
    }


def series_view(answer: Answer) -> list[View]:
    """A time series: `start` is the instant at which the local hour, day, week or month begins."""
    return [
        {
            "key": row.key,
            "start": None if row.start_ms is None else utc_text(row.start_ms),
            **kept_view(row.sums, answer.kept),
        }
        for row in answer.rows
    ]


def top_view(answer: Answer, metric: Metric, shown: Mapping[str, str]) -> View:
    """`{users, approximate?}`, ranked; `share` is that of the figure they are ranked by."""
    view: View = {
        "users": [
            {
                "userId": shown[account_id],
                "rank": rank,
                "share": _share(row.sums, answer.totals, metric),
                **kept_view(row.sums, answer.kept),
            }
            for rank, (account_id, row) in enumerate(
                zip(answer.accounts, answer.rows, strict=True), start=1
            )
        ]
    }
    return view | {"approximate": True} if answer.approximate else view


def token_usage_view(answer: Answer, shown: Mapping[str, str], currency: str) -> View:
    """`{tokenUsage, totals}`."""
    view: View = {
        "tokenUsage": [
            {"key": _shown(row, shown), **_token_figures(row.sums)} for row in answer.rows
        ],
        "totals": _token_figures(answer.totals),
        "currency": currency,
    }
    return view | _marks(answer)


def query_view(answer: Answer, shown: Mapping[str, str], currency: str) -> View:
    """`{rows, totals}`."""
    view: View = {
        "rows": [
            {"key": _shown(row, shown), **kept_view(row.sums, answer.kept)} for row in answer.rows
        ],
        "totals": kept_view(answer.totals, answer.totals_kept),
        "currency": currency,
    }
    return view | _marks(answer)


def overview_view(found: Overview, shown: Mapping[str, str], currency: str) -> View:
    """The dashboard. `overview` and `timeseries` are of the range, the comparison of whole months."""
    figures = found.figures
    kept: Kept = "all" if found.kept else "sums"
    peak, day = busiest(dict(enumerate(figures.hours))), busiest(figures.days)
    months = list(found.months.items())
    (_, previous), (_, current) = months[-2:]
    return {
        "overview": {
            **measures_view(figures.total, percentile=found.kept),
            "currency": currency,
            "users": found.users,
            **({"usersEstimated": True} if found.estimated else {}),
            "averageDailyCost": average_cost(figures.total.cost, len(figures.days)),
            "busiestDay": None if day is None else {"date": day[0], **_charged(day[1])},
            "peakHour": None if peak is None else _hour_view(*peak),
        },
        "timeseries": series_view(Answer(found.series, figures.total, kept, kept)),
        "services": services_view(figures, percentile=found.parts_kept),
        "models": models_view(figures, percentile=found.parts_kept),
        "topUsers": top_view(found.top, "cost", shown)["users"],
        "peakHours": hours_view(figures.hours)["hours"],
        "monthlyComparison": {
            "currentMonth": money(current.cost),
            "previousMonth": money(previous.cost),
            "growth": growth(current.cost, previous.cost),
            "months": [{"month": month, **_charged(sums)} for month, sums in months],
        },
        "forecast": forecast_view(found.forecast, shown, currency),
        "alerts": [
            alert_view(alert, shown.get(alert.line.account_id or "")) for alert in found.alerts
        ],
        "currency": currency,
    }


def _part(sums: Sums, total: Sums, *, percentile: bool) -> View:
    return {**measures_view(sums, percentile=percentile), "share": rate(sums.cost, total.cost)}


def _share(sums: Sums, totals: Sums, metric: Metric) -> Figure:
    part, whole = value_of(sums, metric), value_of(totals, metric)
    # Figures of single users are exact now, those of all a moment old: no share is more than all.
    return ratio(int(min(part, whole)), int(whole) or 1, RATE_PLACES)


def _hour_view(hour: int, sums: HourSums) -> View:
    return {"hour": hour, **_charged(sums)}


def _charged(sums: Sums | HourSums) -> View:
    return {"requests": sums.requests, "cost": money(sums.cost), "totalTokens": sums.total}


def _shown(row: Row, shown: Mapping[str, str]) -> str | None:
    return None if row.key is None else shown.get(row.key, row.key)


def _token_figures(sums: Sums) -> View:
    view = measures_view(sums)
    return {name: view[name] for name in ("requests", "tokens", "credits", "cost")}


def _marks(answer: Answer) -> View:
    marks = {"truncated": answer.truncated, "approximate": answer.approximate}
    return {name: True for name, marked in marks.items() if marked}
