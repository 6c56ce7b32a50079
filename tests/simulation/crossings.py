"""Which alerts there have to be: recomputed from the logs and entries, not from heads or cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shared.domain.calendar import local_day_hour, month_of
from shared.domain.journal import Entry
from shared.domain.thresholds import Threshold
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.store.table import Item


class Crossing(NamedTuple):
    """One line of one threshold, reached in a period (`account_id` None: by the workspace)."""

    threshold_id: str
    account_id: str | None
    period: str
    percent: int


Journals = Mapping[str, list[Entry]]
"""The journals of a workspace by account."""


def on_record(items: list[Item], thresholds: list[Threshold]) -> list[Crossing]:
    """The alerts of these thresholds that are in the table."""
    ids = {threshold.threshold_id for threshold in thresholds}
    return [
        Crossing(str(i["th"]), _text(i.get("ac")), str(i["pe"]), int(str(i["pc"])))
        for i in items
        if str(i["pk"]).endswith("#ALERTS") and i["th"] in ids
    ]


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def reached(
    workspace: Workspace,
    journals: Journals,
    logs: Mapping[str, UsageLog],
    threshold: Threshold,
    *,
    in_time: bool,
) -> set[Crossing]:
    """Lines that the figures of a period reached, `in_time`: while the period was the current one.

    A figure counts for its period by the log's own day, and is watched by the day of its commit.
    """
    rules = threshold.rules
    found: set[Crossing] = set()
    for scope in _scopes(threshold, journals):
        for kind in ("daily", "monthly"):
            limit = rules.limit(kind)
            if limit is None:
                continue
            figures: dict[str, int] = {}
            rows = [
                row
                for account_id, entries in journals.items()
                if scope in {None, account_id}
                for row in _rows(workspace, entries, logs, kind)
            ]
            for committed, period, log in rows:
                if in_time and committed > period:
                    continue
                figures[period] = figures.get(period, 0) + _amount(log, rules.metric)
            for period, figure in figures.items():
                if in_time and not any(committed == period for committed, _, _ in rows):
                    continue
                for percent in rules.percents:
                    if figure * 100 >= limit * percent:
                        found.add(Crossing(threshold.threshold_id, scope, period, percent))
    return found


def _scopes(threshold: Threshold, journals: Journals) -> list[str | None]:
    return [None] if threshold.rules.scope == "workspace" else list(journals)


def _rows(
    workspace: Workspace, entries: list[Entry], logs: Mapping[str, UsageLog], kind: str
) -> Iterator[tuple[str, str, UsageLog]]:
    """`(period of the commit, period of the log, log)` of a journal's logs."""
    for entry in entries:
        committed = local_day_hour(entry.created_ms, workspace.zone)[0]
        for log_id in entry.log_ids:
            day = local_day_hour(logs[log_id].occurred_ms, workspace.zone)[0]
            if kind == "daily":
                yield committed, day, logs[log_id]
            else:
                yield month_of(committed), month_of(day), logs[log_id]


def _amount(log: UsageLog, metric: str) -> int:
    return 1 if metric == "requests" else log.credits
