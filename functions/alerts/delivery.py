"""Telling an alert: published to the workspace's subscriptions, then taken out of the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Literal, Protocol, TypeVar

from functions.alerts.message import mail_text, subject
from shared.domain.alerts import Alert
from shared.domain.workspace import Workspace
from shared.http import json
from shared.http.views.alerts import alert_view
from shared.ports.directory import Directory
from shared.ports.runtime import Clock

SIDE_BY_SIDE: Final = 8
"""Alerts that are told at the same time: a crowd that crosses a line together is told in time."""

Outcome = Literal["published", "unavailable", "refused"]

T = TypeVar("T")
R = TypeVar("R")


class Topic(Protocol):
    """Where alerts are published."""

    def publish(self, workspace_id: str, subject: str, mail: str, message: str) -> Outcome:
        """Publish to the subscriptions of one workspace: `mail` to addresses, `message` to the rest.

        `unavailable` passes by itself, `refused` does not.
        """


class Outbox(Protocol):
    """Alerts that wait."""

    def mark_sent(self, alert: Alert, at_ms: int) -> None:
        """Take a delivered alert out."""


class Deliver:
    """Publishes one alert and marks it sent. After a crash in between it is published again."""

    def __init__(
        self, topic: Topic, outbox: Outbox, directory: Directory, clock: Clock, dashboard_url: str
    ) -> None:
        self._topic = topic
        self._outbox = outbox
        self._directory = directory
        self._clock = clock
        self._dashboard_url = dashboard_url

    def __call__(self, alert: Alert, workspace: Workspace) -> Outcome:
        """Deliver an alert that waits."""
        who = self._who(alert.line.account_id, workspace)
        outcome = self._topic.publish(
            workspace.workspace_id,
            subject(alert),
            mail_text(alert, workspace, who, self._dashboard_url),
            json.dump(alert_view(alert, who)).decode(),
        )
        if outcome == "published":
            self._outbox.mark_sent(alert, self._clock.now_ms())
        return outcome

    def _who(self, account_id: str | None, workspace: Workspace) -> str | None:
        """What admins of the workspace may see of a user."""
        if account_id is None or not workspace.users_visible:
            return account_id
        return self._directory.user_of(workspace.workspace_id, account_id) or account_id


def side_by_side(do: Callable[[T], R], things: Iterable[T], /) -> list[R]:
    """What came of each thing, in their order. When some raise, all others are still done."""
    things = list(things)
    if len(things) <= 1:
        return [do(thing) for thing in things]
    with ThreadPoolExecutor(min(SIDE_BY_SIDE, len(things))) as pool:
        return list(pool.map(do, things))
