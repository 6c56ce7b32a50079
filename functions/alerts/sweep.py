"""Publishes again what stayed pending: after a crash, or when the topic did not answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from aws_lambda_powertools import Logger

from functions.alerts.delivery import Deliver, side_by_side
from shared.domain.alerts import Alert
from shared.domain.errors import NotFoundError
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces

STAYED_MS: Final = 15_000
"""By then whoever recorded an alert has published it, or never will."""

LATE_MS: Final = 60_000
"""Alerts are to be delivered within so long."""

MAX_ATTEMPTS: Final = 60
"""An hour of sweeps: an outage shorter than that loses nothing; older news is no alert any more."""

MAX_READ: Final = 5_000
MAX_SWEPT: Final = 1_000
"""What one sweep can publish in its minute. Those tried least come first, so none is left for good."""

BUDGET_SECONDS: Final = 40.0
"""The function has a minute; what is not reached is taken up by the next sweep."""

logger = Logger()


class Outbox(Protocol):
    """Alerts that wait."""

    def pending(self, limit: int) -> Iterator[Alert | None]:
        """Alerts that wait, of all workspaces; None for one that can't be decoded."""

    def claim(self, alert: Alert) -> bool:
        """Count one more attempt; False when somebody else did first."""

    def mark_failed(self, alert: Alert) -> None:
        """Take one out that can't be delivered."""


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep found and did. `late` waited for more than a minute when it came by."""

    waiting: int
    late: int
    published: int
    failed: int
    unreadable: int

    def metrics(self) -> dict[str, int]:
        """The figures by the names of their metrics."""
        return {
            "PendingAlerts": self.waiting,
            "PendingAlertsOverSixtySeconds": self.late,
            "AlertsPublished": self.published,
            "AlertsFailed": self.failed,
            "PoisonRecords": self.unreadable,
        }


class SweepAlerts:
    """The use case of a sweep."""

    def __init__(
        self,
        outbox: Outbox,
        workspaces: Workspaces,
        deliver: Deliver,
        clock: Clock,
        spread: Spread = side_by_side,
    ) -> None:
        self._outbox = outbox
        self._workspaces = workspaces
        self._deliver = deliver
        self._clock = clock
        self._spread = spread

    def __call__(self) -> SweepReport:
        """Take up what stayed."""
        started, now_ms = self._clock.monotonic(), self._clock.now_ms()
        found = list(self._outbox.pending(MAX_READ))
        waiting = [alert for alert in found if alert is not None]
        stayed = [alert for alert in waiting if now_ms - alert.created_ms >= STAYED_MS]
        stayed.sort(key=lambda alert: (alert.attempts, alert.created_ms))
        stayed = stayed[:MAX_SWEPT]
        workspaces = self._workspaces_of(stayed)

        def take_up(alert: Alert) -> str | None:
            if self._clock.monotonic() - started > BUDGET_SECONDS or not self._outbox.claim(alert):
                return None
            workspace = workspaces[alert.line.workspace_id]
            if workspace is not None and self._deliver(alert, workspace) == "published":
                return "published"
            if alert.attempts + 1 < MAX_ATTEMPTS:
                return None
            self._outbox.mark_failed(alert)
            logger.error("given up", alert=alert.alert_id, workspace=alert.line.workspace_id)
            return "failed"

        outcomes = list(self._spread(take_up, stayed))
        return SweepReport(
            waiting=len(found),
            late=sum(now_ms - alert.created_ms > LATE_MS for alert in waiting),
            published=outcomes.count("published"),
            failed=outcomes.count("failed"),
            unreadable=found.count(None),
        )

    def _workspaces_of(self, alerts: list[Alert]) -> dict[str, Workspace | None]:
        """The workspaces of alerts; None for one that is not there."""
        found: dict[str, Workspace | None] = {}
        for workspace_id in {alert.line.workspace_id for alert in alerts}:
            try:
                found[workspace_id] = self._workspaces.get(workspace_id)
            except NotFoundError:
                found[workspace_id] = None
        return found
