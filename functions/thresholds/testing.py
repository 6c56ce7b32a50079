"""Test-firing a threshold: an alert as if it were reached, really delivered."""

from __future__ import annotations

from typing import Final, Protocol

from shared.domain.alerts import Alert, line_of_test
from shared.domain.calendar import local_day
from shared.domain.thresholds import Threshold
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

MARK_BYTES: Final = 10


class Thresholds(Protocol):
    """Thresholds as they are kept."""

    def get(self, workspace_id: str, threshold_id: str) -> Threshold:
        """One threshold.

        Raises:
            NotFoundError: there is none.
        """


class Alerts(Protocol):
    """Alerts as they are kept."""

    def record_test(self, alert: Alert, key: str | None) -> tuple[Alert, bool]:
        """Write a test alert down, once under a key; answers it, and whether it was there before."""


class FireTest:
    """The use case. What it writes is delivered like every alert: it waits in the outbox."""

    def __init__(
        self, thresholds: Thresholds, alerts: Alerts, workspaces: Workspaces, clock: Clock
    ) -> None:
        self._thresholds = thresholds
        self._alerts = alerts
        self._workspaces = workspaces
        self._clock = clock

    def __call__(
        self, workspace_id: str, threshold_id: str, key: str | None
    ) -> tuple[Alert, Workspace, bool]:
        """Fire a test; answers the alert, and whether the request came before under the same key.

        Raises:
            NotFoundError: there is no such threshold.
        """
        workspace = self._workspaces.get(workspace_id)
        threshold = self._thresholds.get(workspace_id, threshold_id)
        now_ms = self._clock.now_ms()
        mark = self._clock.random_bytes(MARK_BYTES).hex()
        line = line_of_test(threshold, local_day(now_ms, workspace.zone), mark)
        alert, again = self._alerts.record_test(Alert(line, now_ms), key)
        return alert, workspace, again
