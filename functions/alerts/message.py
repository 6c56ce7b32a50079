"""An alert in words: what a person needs to know to act on it."""

from __future__ import annotations

from typing import Final

from shared.domain.alerts import Alert, Line
from shared.domain.calendar import local_day_hour, period_end_ms, utc_text
from shared.domain.money import fixed_text, money, ratio
from shared.domain.workspace import Workspace

MAX_SUBJECT: Final = 99
"""SNS takes fewer than a hundred characters, plain ASCII, on one line."""

PERCENT_PLACES: Final = 2

TEST_NOTICE: Final = "This is a test: nobody reached anything. The figures are made up."


def subject(alert: Alert) -> str:
    """The subject of the mail."""
    line = alert.line
    what = (
        f"a balance below {line.limit} credits"
        if line.percent is None
        else f"{line.percent}% of the {line.kind} {line.metric} limit"
    )
    return f"{'Tally test' if line.test else 'Tally'}: {what} in {line.workspace_id}"[:MAX_SUBJECT]


def mail_text(alert: Alert, workspace: Workspace, who: str | None, dashboard_url: str) -> str:
    """The body of the mail. `who` is what admins may see of the user; None where it names nobody."""
    line = alert.line
    name = " ".join(workspace.name.split())
    look = f"{dashboard_url} (Alerts)" if dashboard_url else "GET /api/alerts"
    facts = [
        ("Workspace", f"{name} ({line.workspace_id})"),
        ("Who", _who(line, who)),
        *(_of_balance(line, workspace) if line.percent is None else _of_limit(line, workspace)),
    ]
    return "\n".join(
        [
            *([TEST_NOTICE, ""] if line.test else []),
            _headline(line, who),
            "",
            *(f"{label + ':':<11} {fact}" for label, fact in facts),
            "",
            f"Where to look: {look}",
            f"What you can do: {_advice(line)}",
            "",
            f"Alert {alert.alert_id} of threshold {line.threshold_id}",
        ]
    )


def _headline(line: Line, who: str | None) -> str:
    subject_of = f"User {who}" if who is not None else _who(line, who).capitalize()
    if line.percent is None:
        return f"{subject_of} has fewer than {_amount(line, line.limit)} left."
    return f"{subject_of} has reached {line.percent}% of the {line.kind} limit on {line.metric}."


def _who(line: Line, who: str | None) -> str:
    if who is not None:
        return who
    return "the workspace as a whole" if line.scope == "workspace" else "any user"


def _of_limit(line: Line, workspace: Workspace) -> list[tuple[str, str]]:
    resets_ms = period_end_ms(line.period, workspace.zone)
    day, _ = local_day_hour(resets_ms, workspace.zone)
    percent = ratio(line.value * 100, line.limit, PERCENT_PLACES)
    each = "a day" if line.kind == "daily" else "a month"
    return [
        ("Limit", f"{_amount(line, line.limit, workspace.currency)} {each}"),
        ("Used", f"{_amount(line, line.value, workspace.currency)} ({percent}% of the limit)"),
        ("Period", line.period),
        ("Resets", f"start of {day} in {workspace.timezone} ({utc_text(resets_ms)})"),
    ]


def _of_balance(line: Line, workspace: Workspace) -> list[tuple[str, str]]:
    return [
        ("Warn below", _amount(line, line.limit)),
        ("Balance", _amount(line, line.value)),
        ("Day", f"{line.period} in {workspace.timezone}"),
    ]


def _advice(line: Line) -> str:
    if line.percent is None:
        return "post more credits, or talk to who is using them."
    return "raise or change the limit, or talk to who is using it."


def _amount(line: Line, amount: int, currency: str = "") -> str:
    if line.metric == "cost":
        return f"{_grouped(str(money(amount)))} {currency}"
    unit = "credits" if line.metric == "balance" else line.metric
    return f"{_grouped(fixed_text(amount, 0))} {unit}"


def _grouped(literal: str) -> str:
    """A decimal literal with its thousands apart: `12,345.6`."""
    sign = "-" if literal.startswith("-") else ""
    whole, point, fraction = literal.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{point}{fraction}"
