"""Lines that must have fired: found again from heads, entries and totals, and looked for among the alerts.

Two alerts for one line there cannot be, for its id is the alert's key. A line that was reached in its time
and has no alert was lost. Judged are the thresholds as they are now, since they are armed so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from shared.domain.alerts import Change, Line, Moment, Step, due, figures_of
from shared.domain.head import Head
from shared.domain.journal import Entry
from shared.domain.thresholds import Threshold
from shared.domain.workspace import Workspace
from shared.reconcile.report import Finding
from shared.reconcile.sources import Sources

PATIENCE_MS: Final = 60_000
"""An alert is to be there a minute after the write that was due it; until then nothing is wrong."""

LOOKED_UP: Final = 100
"""Alerts looked up at once."""


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

    def of_change(self, change: Change, at_ms: int) -> None:
        """The lines that a write at a time left reached."""
        zone = self._workspace.zone
        for line in due(change, self._thresholds, Moment(at_ms, at_ms), zone):
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
