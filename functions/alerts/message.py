"""An alert in words: what a person needs to know to act on it."""

from __future__ import annotations

from typing import Final

from shared.domain.calendar import local_day_hour, period_end_ms, utc_text
from shared.domain.money import fixed_text, money, ratio
from shared.domain.thresholds import Alert, Line
from shared.domain.workspace import Workspace

MAX_SUBJECT: Final = 99
"""SNS takes fewer than a hundred characters, plain ASCII, on one line."""

PERCENT_PLACES: Final = 2


def subject(alert: Alert) -> str:
    """The subject of the mail."""
    line = alert.line
    words = f"Tally: {line.percent}% of the {line.kind} {line.metric} limit in {line.workspace_id}"
    return words[:MAX_SUBJECT]


def mail_text(alert: Alert, workspace: Workspace, who: str | None, dashboard_url: str) -> str:
    """The body of the mail. `who` is what admins may see of the user; None for the whole workspace."""
    line = alert.line
    name = " ".join(workspace.name.split())
    subject_of = f"User {who}" if who is not None else "The workspace as a whole"
    day, _ = local_day_hour(period_end_ms(line.period, workspace.zone), workspace.zone)
    resets = utc_text(period_end_ms(line.period, workspace.zone))
    percent = ratio(line.value * 100, line.limit, PERCENT_PLACES)
    look = f"{dashboard_url} (Alerts)" if dashboard_url else "GET /api/alerts"
    return "\n".join(
        [
            f"{subject_of} has reached {line.percent}% of the {line.kind} limit on {line.metric}.",
            "",
            f"Workspace:  {name} ({line.workspace_id})",
            f"Who:        {who if who is not None else 'everybody together'}",
            f"Limit:      {_amount(line, line.limit, workspace)} {_each(line)}",
            f"Used:       {_amount(line, line.value, workspace)} ({percent}% of the limit)",
            f"Period:     {line.period}",
            f"Resets:     start of {day} in {workspace.timezone} ({resets})",
            "",
            f"Where to look: {look}",
            "What you can do: raise or change the limit, or talk to who is using it.",
            "",
            f"Alert {alert.alert_id} of threshold {line.threshold_id}",
        ]
    )


def _amount(line: Line, amount: int, workspace: Workspace) -> str:
    if line.metric == "cost":
        return f"{_grouped(str(money(amount)))} {workspace.currency}"
    return f"{_grouped(fixed_text(amount, 0))} {line.metric}"


def _each(line: Line) -> str:
    return "a day" if line.kind == "daily" else "a month"


def _grouped(literal: str) -> str:
    """A decimal literal with its thousands apart: `12,345.6`."""
    whole, point, fraction = literal.partition(".")
    return f"{int(whole):,}{point}{fraction}"
