"""Thresholds and alerts as the contract shows them. Optional members are left out."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from shared.domain.alerts import Alert
from shared.domain.calendar import month_of, period_end_ms, utc_text
from shared.domain.head import Counters
from shared.domain.money import money, ratio
from shared.domain.thresholds import Measure, Threshold
from shared.domain.trials import Firing
from shared.http.views.view import View

PERCENT_PLACES = 2


def amount_view(metric: Measure, amount: int) -> object:
    """A limit or figure of a metric: money for cost, a count for the others."""
    return money(amount) if metric == "cost" else amount


def threshold_view(threshold: Threshold, user_id: str | None, current: View | None) -> View:
    """A threshold. `user_id` is what the reader may see of the user it names, if it names one."""
    rules = threshold.rules
    limits = {"dailyLimit": rules.daily, "monthlyLimit": rules.monthly, "below": rules.below}
    view: View = {
        "id": threshold.threshold_id,
        "scope": rules.scope,
        "userId": user_id,
        "metric": rules.metric,
        **{
            name: None if limit is None else amount_view(rules.metric, limit)
            for name, limit in limits.items()
        },
        "notifyAtPercent": list(rules.percents) if rules.counted else None,
        "block": rules.block,
        "alertEnabled": rules.enabled,
        "createdAt": utc_text(threshold.created_ms),
        "updatedAt": utc_text(threshold.updated_ms),
        "current": current or None,
    }
    return {name: value for name, value in view.items() if value is not None}


def current_view(
    threshold: Threshold, today: Counters, this_month: Counters, day: str, zone: ZoneInfo
) -> View:
    """Where the figures stand against each limit there is, on a local day and in its month.

    Empty for a balance: it is in no period.
    """
    rules = threshold.rules
    view: View = {}
    for name, limit, counters, period in (
        ("daily", rules.daily, today, day),
        ("monthly", rules.monthly, this_month, month_of(day)),
    ):
        if limit is not None and rules.counted is not None:
            value = counters.of(rules.counted)
            view[name] = {
                "value": amount_view(rules.metric, value),
                "percent": ratio(value * 100, limit, PERCENT_PLACES),
                "resetsAt": utc_text(period_end_ms(period, zone)),
            }
    return view


def firing_view(firing: Firing, metric: Measure, user_id: str | None) -> View:
    """A line that a trial found. `user_id` is what the reader may see of the user it is about."""
    view: View = {
        "period": firing.period,
        "percent": firing.percent,
        "at": utc_text(firing.at_ms),
        "actualValue": amount_view(metric, firing.value),
        "userId": user_id,
    }
    return {name: value for name, value in view.items() if value is not None}


def alert_view(alert: Alert, user_id: str | None) -> View:
    """An alert. `user_id` is what the reader may see of the user it is about, if it is about one."""
    line = alert.line
    view: View = {
        "id": alert.alert_id,
        "thresholdId": line.threshold_id,
        "userId": user_id,
        "scope": line.scope,
        "metric": line.metric,
        "thresholdType": line.kind,
        "thresholdValue": amount_view(line.metric, line.limit),
        "percent": line.percent,
        "actualValue": amount_view(line.metric, line.value),
        "period": line.period,
        "alertSentAt": None if alert.sent_ms is None else utc_text(alert.sent_ms),
        "status": alert.status,
        "test": line.test,
        "createdAt": utc_text(alert.created_ms),
    }
    return {name: value for name, value in view.items() if value is not None}
