"""Alerts: listing and acknowledging them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from shared.domain.alerts import Alert, AlertFilter, AlertStatus
from shared.domain.errors import NotFoundError
from shared.domain.workspace import Workspace
from shared.http.messages import Identity
from shared.http.params import Paging
from shared.ports.directory import Directory
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces
from shared.routes import USER


class Alerts(Protocol):
    """Alerts as they are kept."""

    def newest(
        self,
        workspace_id: str,
        where: AlertFilter,
        *,
        descending: bool = True,
        after: str | None = None,
    ) -> Iterator[tuple[str, Alert]]:
        """`(key to go on from, alert)` by time of creation."""

    def count(self, workspace_id: str, where: AlertFilter) -> int:
        """How many there are, up to a bound."""

    def acknowledge(
        self, workspace_id: str, alert_id: str, at_ms: int, key: str | None
    ) -> tuple[Alert, bool]:
        """Note that somebody has seen one; also whether the request came before under the key.

        Raises:
            NotFoundError: there is none.
        """


@dataclass(frozen=True, slots=True)
class AlertPage:
    """A part of the list, and the key to go on from (None at the end)."""

    workspace: Workspace
    alerts: list[Alert]
    total: int
    next_key: str | None


class ReadAlerts:
    """The use cases of alerts."""

    def __init__(
        self, alerts: Alerts, workspaces: Workspaces, directory: Directory, clock: Clock
    ) -> None:
        self._alerts = alerts
        self._workspaces = workspaces
        self._directory = directory
        self._clock = clock

    def page(
        self,
        identity: Identity,
        user_id: str | None,
        status: AlertStatus | None,
        paging: Paging,
        *,
        descending: bool,
    ) -> AlertPage:
        """A page of the alerts that the caller may see: users see their own.

        Raises:
            NotFoundError: the caller is a user, and asks about somebody else.
        """
        workspace = self._workspaces.get(identity.workspace_id)
        where = AlertFilter(self._account(workspace, identity, user_id), status)
        total = self._alerts.count(workspace.workspace_id, where)
        first = paging.offset if paging.cursor is None else 0
        if first and first >= total:
            return AlertPage(workspace, [], total, None)
        found = self._alerts.newest(
            workspace.workspace_id, where, descending=descending, after=paging.cursor
        )
        rows = list(islice(found, first, first + paging.limit + 1))
        shown = rows[: paging.limit]
        next_key = shown[-1][0] if len(rows) > paging.limit else None
        return AlertPage(workspace, [alert for _, alert in shown], total, next_key)

    def acknowledge(
        self, workspace_id: str, alert_id: str, key: str | None
    ) -> tuple[Alert, Workspace, bool]:
        """Note that an admin has seen an alert.

        Raises:
            NotFoundError: there is none.
        """
        workspace = self._workspaces.get(workspace_id)
        alert, again = self._alerts.acknowledge(workspace_id, alert_id, self._clock.now_ms(), key)
        return alert, workspace, again

    def _account(self, workspace: Workspace, identity: Identity, user_id: str | None) -> str | None:
        """The account whose alerts are asked for; None for all of the workspace."""
        if identity.role != USER:
            return None if user_id is None else self._directory.account_of(workspace, user_id)
        own = self._directory.account_of(workspace, identity.subject)
        if user_id is not None and self._directory.account_of(workspace, user_id) != own:
            raise NotFoundError("There is no such user.")
        return own
