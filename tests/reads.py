"""The reads of usage over logs in memory, asked as the gateway asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from functions.query_stats.composition import Ports, routes_of
from shared.domain.alerts import Alert
from shared.domain.head import Head
from shared.domain.thresholds import Threshold
from shared.domain.usage import UsageLog
from shared.domain.workspace import Customer, Workspace
from shared.http.app import App
from shared.http.messages import Identity
from shared.ports.accounts import Accounts
from shared.ports.workspaces import Workspaces
from shared.routes import ADMIN, SCOPES, SERVICE
from tests.client import Client
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.gate import OpenGate
from tests.fakes.ports import (
    MemoryCells,
    MemoryDirectory,
    MemoryHeads,
    MemoryUsageLogs,
    MemoryWorkspaces,
)
from tests.usage import USERS, workspace


class Reads:
    """One workspace with these logs. `now_ms` is when it is asked."""

    def __init__(
        self,
        logs: Sequence[UsageLog] = (),
        acme: Workspace | None = None,
        customers: Sequence[Customer] = (),
        now_ms: int = START_MS,
        *,
        heads: Sequence[Head] = (),
        thresholds: Sequence[Threshold] = (),
        alerts: Sequence[Alert] = (),
    ) -> None:
        self.workspace = acme or workspace()
        self.logs = MemoryUsageLogs(logs)
        self.cells = MemoryCells(self.workspace, logs)
        ports = Ports(
            cast("Workspaces", MemoryWorkspaces(self.workspace, customers)),
            MemoryDirectory(self.workspace, USERS),
            self.logs,
            self.cells,
            cast("Accounts", MemoryHeads(heads)),
            lambda _: thresholds,
            lambda _, where: (
                (alert.alert_id, alert)
                for alert in alerts
                if where.account_id in {None, alert.line.account_id}
            ),
            FakeClock(now_ms),
            map,
        )
        self._caller = Identity("acme", ADMIN, "root")
        self._app = App(lambda _: self._caller, OpenGate(), routes_of(ports))

    def answer(
        self,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        role: str = ADMIN,
        subject: str = "root",
        home: str = "acme",
    ) -> tuple[int, Any]:
        """Status and body of a GET by a caller of that role, whose credential is of workspace `home`."""
        scopes = frozenset(SCOPES) if role == SERVICE else frozenset[str]()
        self._caller = Identity(home, role, subject, scopes)
        text = {name: str(value) for name, value in (query or {}).items()}
        answer = Client(self._app).send("GET", path, query=text)
        return answer.status, answer.body

    def get(self, path: str, query: Mapping[str, object] | None = None, **caller: str) -> Any:
        """The body of a GET that works."""
        status, body = self.answer(path, query, **caller)
        assert status == 200, body
        return body

    def status(self, path: str, query: Mapping[str, object] | None = None, **caller: str) -> int:
        """The status of a GET."""
        return self.answer(path, query, **caller)[0]
