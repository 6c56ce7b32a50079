"""Fires the lines that writes have reached, each once.

Why it is once, whatever comes twice, late, or to two of us at the same time: the alert's id follows from
what it is about, and only the first to record it finds it new. Why none is lost: it is recorded before it
is told, and waits in the outbox until it was. What passes by itself is raised, and the stream brings the
whole batch again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from functions.alerts.delivery import Deliver, Outcome, side_by_side
from functions.alerts.schemas import Batch
from shared.domain.alerts import Alert, Change, Line, due
from shared.domain.errors import NotFoundError
from shared.domain.thresholds import Threshold
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces

MAX_FIRED: Final = 50_000
"""Ids of told alerts that are remembered: about six megabytes."""


class Thresholds(Protocol):
    """Thresholds as they are kept. Read anew for each batch: one counts from its answer on."""

    def readable(self, workspace_id: str) -> Iterator[Threshold | None]:
        """All thresholds of a workspace, consistently; None for one that cannot be decoded."""


class Alerts(Protocol):
    """Alerts as they are kept."""

    def on_record(self, workspace_id: str, alert_ids: Iterable[str]) -> Mapping[str, Alert | None]:
        """Those of some alerts that are on record, by id; None for one that can't be decoded."""

    def record(self, alert: Alert) -> Alert | None:
        """Write a new one down; answers it, or the one that is on record (None: unreadable)."""


class TopicUnavailableError(Exception):
    """Alerts are recorded but could not be published now; the same batch again publishes them."""


class Fired:
    """Ids of alerts that were told, the latest so many: each saves a look into the table."""

    def __init__(self, limit: int = MAX_FIRED) -> None:
        self._limit = limit
        self._ids: dict[str, None] = {}

    def __contains__(self, alert_id: str) -> bool:
        return alert_id in self._ids

    def add(self, alert_id: str) -> None:
        """Remember one, and forget the one remembered longest where there are too many."""
        self._ids[alert_id] = None
        if len(self._ids) > self._limit:
            del self._ids[next(iter(self._ids))]


@dataclass(slots=True)
class Report:
    """What a batch came to.

    `unreadable` are records and thresholds that can't be decoded, and workspaces that are not there.
    """

    published: int = 0
    refused: int = 0
    unavailable: int = 0
    unreadable: int = 0

    def count(self, outcome: Outcome) -> None:
        """Count what became of one alert."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def metrics(self) -> dict[str, int]:
        """The figures by the names of their metrics."""
        return {
            "AlertsPublished": self.published,
            "AlertsRefused": self.refused,
            "PoisonRecords": self.unreadable,
        }


class FireAlerts:
    """The use case of a batch of changes."""

    def __init__(
        self,
        thresholds: Thresholds,
        alerts: Alerts,
        workspaces: Workspaces,
        deliver: Deliver,
        clock: Clock,
        fired: Fired,
        spread: Spread = side_by_side,
    ) -> None:
        self._thresholds = thresholds
        self._alerts = alerts
        self._workspaces = workspaces
        self._deliver = deliver
        self._clock = clock
        self._fired = fired
        self._spread = spread

    def __call__(self, batch: Batch) -> Report:
        """Fire what the changes of a batch reached, in their order, and tell its test alerts.

        Raises:
            TopicUnavailableError: some alerts wait because the topic did not answer.
        """
        by_workspace: dict[str, list[Change]] = {}
        for change in batch.changes:
            by_workspace.setdefault(change.workspace_id, []).append(change)
        report = Report(unreadable=batch.poison)
        for workspace_id, own in by_workspace.items():
            self._fire(workspace_id, own, report)
        for alert in batch.tests:
            self._tell_test(alert, report)
        if report.unavailable:
            raise TopicUnavailableError(f"{report.unavailable} alerts wait to be published")
        return report

    def _fire(self, workspace_id: str, changes: Sequence[Change], report: Report) -> None:
        found = list(self._thresholds.readable(workspace_id))
        thresholds = [each for each in found if each is not None]
        report.unreadable += found.count(None)
        if not thresholds:
            return
        workspace = self._workspace(workspace_id, report)
        if workspace is None:
            return
        lines = _lines(changes, thresholds, workspace)
        fresh = [line for line in lines if line.alert_id not in self._fired]
        on_record = self._alerts.on_record(workspace_id, [line.alert_id for line in fresh])

        def tell(line: Line) -> Outcome | None:
            if line.alert_id in on_record:
                alert = on_record[line.alert_id]
            else:
                alert = self._alerts.record(Alert(line, self._clock.now_ms()))
            if alert is None or alert.delivery != "pending":
                return None
            return self._deliver(alert, workspace)

        for line, outcome in zip(fresh, self._spread(tell, fresh), strict=True):
            if outcome is not None:
                report.count(outcome)
            if outcome in {None, "published"}:
                self._fired.add(line.alert_id)

    def _tell_test(self, test: Alert, report: Report) -> None:
        """Tell a test alert unless it was told by an earlier delivery, or by a sweep."""
        workspace_id = test.line.workspace_id
        alert = self._alerts.on_record(workspace_id, [test.alert_id]).get(test.alert_id)
        if alert is None or alert.delivery != "pending":
            return
        workspace = self._workspace(workspace_id, report)
        if workspace is not None:
            report.count(self._deliver(alert, workspace))

    def _workspace(self, workspace_id: str, report: Report) -> Workspace | None:
        try:
            return self._workspaces.get(workspace_id)
        except NotFoundError:
            report.unreadable += 1
            return None


def _lines(
    changes: Iterable[Change], thresholds: Sequence[Threshold], workspace: Workspace
) -> list[Line]:
    """The lines that changes reached, each as the first of them left it.

    A total is watched in all generations of cells: one that is half filled has less, and whichever is read by
    now, the line may have been reached in the other.
    """
    lines: dict[str, Line] = {}
    for change in changes:
        for moment in change.moments:
            for line in due(change, thresholds, moment, workspace.zone):
                lines.setdefault(line.alert_id, line)
    return list(lines.values())
