"""Pages that are open, the function that serves them, and the gateway's connections, all in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from functions.live.handler import live
from functions.live.service import Greet, Part, Tell
from shared.domain.errors import UnauthorizedError
from shared.http.gate.auditor import Auditor
from shared.http.gate.callers import Callers
from shared.http.gate.passage import SharedGate
from shared.http.gate.rates import Rates, RateSettings
from shared.http.messages import Identity, Request
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from shared.store.directory import DynamoDirectory
from shared.store.live import DynamoListeners
from shared.store.rate_counters import DynamoRateCounters
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import LambdaContext, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.queue import Queue
from tests.fakes.table import FakeTable

PEOPLE = {
    "ann": Identity("acme", ADMIN, "ann"),
    "alice": Identity("acme", USER, "alice"),
    "gil": Identity("globex", ADMIN, "gil"),
    "olga": Identity("", OPERATOR, "olga"),
    "backend": Identity("acme", SERVICE, "key-1", frozenset({"usage:read"})),
}
"""Who they are, by their tokens."""


@dataclass
class Gateway:
    """Connections, what they were told, and which ones do not answer."""

    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    stuck: set[str] = field(default_factory=set)

    def send(self, connection_id: str, message: bytes) -> Literal["sent", "gone", "failed"]:
        if connection_id in self.gone:
            return "gone"
        if connection_id in self.stuck:
            return "failed"
        self.told.setdefault(connection_id, []).append(json.loads(message))
        return "sent"

    def close(self, connection_id: str) -> None:
        self.gone.add(connection_id)


class Listening:
    """Everything over one table: `acme` and `globex` are there."""

    def __init__(self, user_rate: int = 600) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.workspaces = DynamoWorkspaces(self.table)
        for name in ("acme", "globex"):
            self.workspaces.create(a_workspace(workspace_id=name))
        self.gateway = Gateway()
        self.queue = Queue()
        self.listeners = DynamoListeners(self.table)
        self.versions = DynamoVersions(self.table)
        self.handler = self._function(user_rate)

    def _function(self, user_rate: int) -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
        callers = Callers(self.workspaces, DynamoDirectory(self.table), self.clock)
        rates = Rates(DynamoRateCounters(self.table), self.clock)
        settings = RateSettings.read(f"user={user_rate}")
        gate = SharedGate(callers, rates, settings, Auditor([], callers, self.clock))
        greet = Greet(
            identify,
            gate,
            self.workspaces,
            self.versions,
            self.listeners,
            self.gateway,
            self.clock,
        )
        tell = Tell(self.listeners, self.gateway, self.clock, map)
        part = Part(self.listeners, self.gateway)
        return live(greet, tell, part, self.queue)

    def route(self, key: str, connection_id: str, body: str = "") -> dict[str, Any]:
        """What a connection does."""
        context = {
            "routeKey": key,
            "connectionId": connection_id,
            "requestId": "req-1",
            "identity": {"sourceIp": "203.0.113.7"},
        }
        return self.handler({"requestContext": context, "body": body}, LambdaContext())

    def hello(self, connection_id: str, token: str, **more: str) -> list[dict[str, Any]]:
        """Say hello, and be told."""
        self.route("hello", connection_id, json.dumps({"action": "hello", "token": token, **more}))
        return self.heard(connection_id)

    def news(self, *messages: Mapping[str, Any]) -> None:
        """Messages of the queue, taken at once."""
        records = [{"messageId": "m", "body": json.dumps(message)} for message in messages]
        self.handler({"Records": records}, LambdaContext())

    def heard(self, connection_id: str) -> list[dict[str, Any]]:
        """What a connection was told since it was last asked."""
        return self.gateway.told.pop(connection_id, [])


def identify(request: Request) -> Identity:
    """Whose token it is."""
    token = request.headers["authorization"].removeprefix("Bearer ")
    if token not in PEOPLE:
        raise UnauthorizedError("The credential is not valid.")
    return PEOPLE[token]
