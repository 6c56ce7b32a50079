"""Tells pages that are open that there is something new; what it is they ask the API.

A message carries a version and nothing else, so that the API's checks stay the only ones that data passes.
Nothing here is needed for a figure to be right: what is not told is seen by the page's next look.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from functions.live.schemas import HelloBody
from shared.domain.errors import ForbiddenError, NotFoundError, ValidationFailedError
from shared.domain.live import (
    HOLDS_MS,
    MOST_OF_WORKSPACE,
    Listener,
    one_too_many,
)
from shared.http.app import Gate, Identify
from shared.http.messages import Identity, Request
from shared.http.visit import Visit
from shared.ports.runtime import Clock, Spread
from shared.ports.versions import Versions
from shared.ports.workspaces import Workspaces
from shared.routes import OPERATOR, SERVICE

TOO_MANY: Final = "too_many_connections"


class Listeners(Protocol):
    """Who listens."""

    def get(self, connection_id: str) -> Listener | None:
        """The listener behind a connection; None before its hello and after its end."""

    def of(self, workspace_id: str) -> list[Listener]:
        """Who listens for changes of a workspace, expired ones too."""

    def put(self, listener: Listener) -> None:
        """Write one down."""

    def remove(self, listener: Listener) -> None:
        """Let one go."""


class Connections(Protocol):
    """The gateway's connections."""

    def send(self, connection_id: str, message: bytes) -> Literal["sent", "gone", "failed"]:
        """Send a message to a connection, which may be gone."""

    def close(self, connection_id: str) -> None:
        """End a connection."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a hello comes from."""

    connection_id: str
    request_id: str
    address: str


@dataclass(slots=True)
class Report:
    """What came of a change, by connection."""

    sent: int = 0
    gone: int = 0
    failed: int = 0


def message(kind: str, **members: object) -> bytes:
    """A message to a page."""
    return json.dumps({"type": kind, **members}, separators=(",", ":")).encode()


def present_in(
    workspace_id: str, listeners: Listeners, connections: Connections, now_ms: int
) -> list[Listener]:
    """Who listens in a workspace; those whose hello is too long ago are let go."""
    present = []
    for listener in listeners.of(workspace_id):
        if listener.until_ms > now_ms:
            present.append(listener)
        else:
            connections.close(listener.connection_id)
            listeners.remove(listener)
    return present


class Greet:
    """A hello: whoever is who they say they are listens from now on."""

    def __init__(
        self,
        identify: Identify,
        gate: Gate,
        workspaces: Workspaces,
        versions: Versions,
        listeners: Listeners,
        connections: Connections,
        clock: Clock,
    ) -> None:
        self._identify = identify
        self._gate = gate
        self._workspaces = workspaces
        self._versions = versions
        self._listeners = listeners
        self._connections = connections
        self._clock = clock

    def __call__(self, caller: Caller, hello: HelloBody) -> Listener | None:
        """The listener who was welcomed; None where there are too many.

        Raises:
            TallyError: the token does not hold, or is good for another workspace.
        """
        actor, workspace_id = self._admit(caller, hello)
        now_ms = self._clock.now_ms()
        known = self._listeners.get(caller.connection_id)
        if known is not None and (known.actor, known.workspace_id) != (actor, workspace_id):
            self._listeners.remove(known)
            known = None
        since_ms = now_ms if known is None else known.since_ms
        new = Listener(workspace_id, actor, caller.connection_id, since_ms, now_ms + HOLDS_MS)
        present = present_in(workspace_id, self._listeners, self._connections, now_ms)
        surplus = one_too_many(present, new)
        if known is None and len(present) - len(surplus) >= MOST_OF_WORKSPACE:
            return None
        for old in surplus:
            self._listeners.remove(old)
            self.refuse(old.connection_id, TOO_MANY)
        self._listeners.put(new)
        # Read now, not before: of a change after this the listener is told.
        version = self._versions.of(workspace_id, None).number
        self._connections.send(
            caller.connection_id, message("welcome", version=version, seconds=HOLDS_MS // 1000)
        )
        return new

    def refuse(self, connection_id: str, code: str) -> None:
        """Tell a connection why it is not served, and end it."""
        self._connections.send(connection_id, message("refused", code=code))
        self._connections.close(connection_id)

    def _admit(self, caller: Caller, hello: HelloBody) -> tuple[str, str]:
        """The person's name in trails, and the workspace they may listen to."""
        request = Request(
            route_key="hello",
            raw_path="",
            path={},
            query={},
            headers={"authorization": f"Bearer {hello.token}"},
            event={},
            request_id=caller.request_id,
            source_ip=caller.address,
        )
        visit = Visit(request, identity=self._identify(request))
        self._gate.enter(visit)
        assert visit.identity is not None
        assert visit.actor is not None
        workspace_id = _workspace_of(visit.identity, hello.workspace_id)
        self._workspaces.get(workspace_id)
        return visit.actor, workspace_id


def _workspace_of(identity: Identity, named: str | None) -> str:
    if identity.role == SERVICE:
        raise ForbiddenError("Pages are for people: send an id token.")
    if identity.role == OPERATOR and named is not None:
        return named
    if named is not None and named != identity.workspace_id:
        raise NotFoundError("There is no such workspace.")
    if not identity.workspace_id:
        raise ValidationFailedError.of("/workspaceId", "say which workspace you look at")
    return identity.workspace_id


class Tell:
    """A change: everybody who listens for it is told, and who is gone is let go."""

    def __init__(
        self, listeners: Listeners, connections: Connections, clock: Clock, spread: Spread
    ) -> None:
        self._listeners = listeners
        self._connections = connections
        self._clock = clock
        self._spread = spread

    def __call__(self, versions: Mapping[str, int]) -> Report:
        """Tell of new versions, by workspace."""
        report = Report()
        for workspace_id, version in versions.items():
            self._tell(workspace_id, message("changed", version=version), report)
        return report

    def _tell(self, workspace_id: str, news: bytes, report: Report) -> None:
        now_ms = self._clock.now_ms()
        present = present_in(workspace_id, self._listeners, self._connections, now_ms)
        outcomes = self._spread(
            lambda listener: self._connections.send(listener.connection_id, news), present
        )
        for listener, outcome in zip(present, outcomes, strict=True):
            setattr(report, outcome, getattr(report, outcome) + 1)
            if outcome == "gone":
                self._listeners.remove(listener)


class Part:
    """Connections that end: by themselves, or because they never said hello."""

    def __init__(self, listeners: Listeners, connections: Connections) -> None:
        self._listeners = listeners
        self._connections = connections

    def gone(self, connection_id: str) -> None:
        """A connection has ended."""
        listener = self._listeners.get(connection_id)
        if listener is not None:
            self._listeners.remove(listener)

    def overdue(self, connection_ids: Iterable[str]) -> int:
        """End those of whom nobody knows who they are; how many there were."""
        silent = [each for each in connection_ids if self._listeners.get(each) is None]
        for connection_id in silent:
            self._connections.close(connection_id)
        return len(silent)
