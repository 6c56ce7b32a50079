"""A workspace with a ledger, the thresholds function and the alerts function, all in memory."""

from __future__ import annotations

from typing import Any

from functions.thresholds.handler import app
from shared.compose import Deps
from shared.domain.errors import UnauthorizedError
from shared.http.messages import Identity, Request
from shared.store.directory import DynamoDirectory
from tests.alerting import Alerting
from tests.client import Client
from tests.fakes.gate import OpenGate
from tests.folding import fold

PATH = "/api/thresholds"
LIMIT = {"scope": "user", "metric": "credits", "dailyLimit": 100}


def identify(request: Request) -> Identity:
    """Callers say who they are: `role subject workspace`."""
    words = request.headers.get("authorization", "").split()[1:]
    if not words:
        raise UnauthorizedError("Who are you?")
    role, subject, workspace = words
    return Identity(workspace, role, subject)


class Shop(Alerting):
    """A workspace with both functions."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.directory = DynamoDirectory(self.table)
        deps = Deps(self.table, self.clock, self.workspaces, self.directory, identify, OpenGate())
        self._app = app(deps)
        self.admin = self.caller("admin ada acme")

    def caller(self, words: str) -> Client:
        return Client(self._app, words)

    def fold(self) -> None:
        """Fold the whole journal."""
        records = self.table.stream_records()
        entries = [r for r in records if r["dynamodb"]["Keys"]["sk"]["S"].startswith("J#")]
        if entries:
            fold(self.table, entries)

    def set(self, **members: object) -> dict[str, Any]:
        """A threshold, set by an admin."""
        answer = self.admin.post(PATH, LIMIT | members)
        assert answer.status == 201, answer.body
        threshold: dict[str, Any] = answer.body["threshold"]
        return threshold

    def listed(self, caller: Client | None = None, **query: str) -> list[str]:
        """`who percent` of a list of alerts."""
        answer = (caller or self.admin).get("/api/alerts", **query)
        assert answer.status == 200, answer.body
        return [f"{a.get('userId')} {a['percent']}" for a in answer.body["alerts"]]
