"""Lines that must have fired: found again from heads, entries and totals, and looked for among the alerts.

Two alerts for one line there cannot be, for its id is the alert's key. A line that was reached in its time
and has no alert was lost. Judged are the thresholds as they are now, since they are armed so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.alerts import LATE_MS, Change, Figures, Line, Moment, Step, due, figures_of
from shared.domain.calendar import local_day, month_of
from shared.domain.folding import Foldable
from shared.domain.head import Counters, Head
from shared.domain.journal import Entry
from shared.domain.thresholds import Threshold
from shared.domain.workspace import Workspace
from shared.reconcile.report import Finding
from shared.reconcile.sources import Sources

PATIENCE_MS: Final = 60_000
"""An alert is to be there a minute after the write that was due it; until then nothing is wrong."""

CHANGED_MS: Final = LATE_MS
"""What was written before a threshold changed, or within instances' difference of clocks, is not judged by
it: its percentages may have been others, and only a further write would make the new ones fire. Not less than
what is late, or a line would be asked for that usage of before the change completed after newer usage."""

LOOKED_UP: Final = 100
"""Alerts looked up at once."""


class InTime(NamedTuple):
    """What a workspace consumed of a day or month while it lasted, and when the last of it was committed."""

    requests: int = 0
    tokens: int = 0
    cost: int = 0
    credits: int = 0
    last_ms: int = 0

    def plus(self, other: InTime) -> InTime:
        """Both together."""
        return InTime(
            self.requests + other.requests,
            self.tokens + other.tokens,
            self.cost + other.cost,
            self.credits + other.credits,
            max(self.last_ms, other.last_ms),
        )


Periods = dict[str, InTime]


def add_in_time(periods: Periods, entries: Iterable[Foldable], zone: ZoneInfo) -> None:
    """Count entries where they were in time. A client whose clock is ahead may be early, too."""
    for entry in entries:
        today = local_day(entry.created_ms, zone)
        for row in entry.digest:
            day, sums = row.dimensions.day, row.sums
            used = InTime(sums.requests, sums.total, sums.cost, sums.credits)
            for period, now in ((day, today), (month_of(day), month_of(today))):
                if now <= period:
                    known = periods.get(period, InTime())
                    last_ms = entry.created_ms if now == period else 0
                    periods[period] = known.plus(used._replace(last_ms=last_ms))


def merge_periods(into: Periods, other: Mapping[str, InTime]) -> None:
    """Add what others consumed."""
    for period, used in other.items():
        into[period] = into.get(period, InTime()).plus(used)


class DueLines:
    """Collects the lines that writes of one account, or of a workspace's totals, were due."""

    def __init__(self, workspace: Workspace, thresholds: Sequence[Threshold]) -> None:
        self._workspace = workspace
        self._thresholds = [each for each in thresholds if each.rules.enabled]
        self.found: dict[str, tuple[Line, int]] = {}

    def watches(self, account_id: str) -> bool:
        """Whether there is a limit on what an account consumes."""
        return any(t.rules.counted and t.watches(account_id) for t in self._thresholds)

    def of_entry(self, entry: Entry) -> None:
        """What an entry did to its account's balance."""
        before = entry.balance_after - entry.signed_amount
        step = Step(entry.account_id, entry.seq, before, entry.balance_after)
        floors = (t.rules.below for t in self._thresholds if t.watches(entry.account_id))
        if any(floor is not None and step.sinks_under(floor) for floor in floors):
            self.of_change(Change(entry.workspace_id, (), (), step=step), entry.created_ms)

    def of_head(self, head: Head) -> None:
        """What an account had consumed after an entry."""
        change = Change(head.workspace_id, figures_of(head), ())
        self.of_change(change, head.last_created_ms)

    def of_workspace(self, periods: Periods) -> None:
        """What all accounts had consumed of each day and month at the last commit in it."""
        for period, used in periods.items():
            figures = Figures(
                None, period, Counters(used.requests, used.tokens, used.cost, used.credits)
            )
            change = Change(self._workspace.workspace_id, (figures,), ())
            if used.last_ms:
                self.of_change(change, used.last_ms)

    def of_change(self, change: Change, at_ms: int) -> None:
        """The lines that a write at a time left reached."""
        zone = self._workspace.zone
        stood = [t for t in self._thresholds if t.updated_ms + CHANGED_MS <= at_ms]
        for line in due(change, stood, Moment(at_ms, at_ms), zone):
            self.found.setdefault(line.alert_id, (line, at_ms))


def missing(sources: Sources, workspace_id: str, lines: DueLines) -> Iterator[Finding]:
    """The lines that have no alert although they should by now."""
    ids = sorted(lines.found)
    for at in range(0, len(ids), LOOKED_UP):
        some = ids[at : at + LOOKED_UP]
        there = sources.alerts.on_record(workspace_id, some)
        for alert_id in some:
            line, at_ms = lines.found[alert_id]
            if alert_id not in there and sources.clock.now_ms() - at_ms > PATIENCE_MS:
                place = f"{line.threshold_id} {line.period} {line.percent or 'balance'}"
                yield Finding("alerts missing", place, alert_id, "none", line.account_id)
