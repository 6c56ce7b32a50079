"""A workspace on a table that counts units, and the function that answers about it, conditionally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from functions.aggregate.schemas import arrivals_of
from functions.query_stats.caching import remembered
from functions.query_stats.composition import Ports, routes_of
from shared.http.app import App
from shared.http.conditional import SETTLING_MS, Conditional
from shared.http.messages import Identity
from shared.routes import ADMIN, SCOPES, SERVICE, USER
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.items import entry_item
from shared.store.ledger import DynamoLedger
from shared.store.logs import DynamoUsageLogs
from shared.store.table import Table
from shared.store.thresholds import DynamoThresholds
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces
from tests.client import Answer, Client
from tests.factories import a_usage, a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.gate import OpenGate
from tests.fakes.stream import stream_record
from tests.fakes.table import FakeTable
from tests.folding import folder

STATS: Final = "/api/usage-logs/stats"
ADA: Final = Identity("acme", ADMIN, "ada")
ALICE: Final = Identity("acme", USER, "alice")
BACKEND: Final = Identity("acme", SERVICE, "key-1", frozenset(SCOPES))


class Shop:
    """A workspace on a table that counts units, and the function that answers about it."""

    def __init__(self, name: str = "acme", table: FakeTable | None = None) -> None:
        self.clock = FakeClock()
        self.table = table or FakeTable(self.clock)
        self.workspaces = DynamoWorkspaces(self.table)
        self.workspace = a_workspace(workspace_id=name, enforce_credits=False)
        self.workspaces.create(self.workspace)
        self.versions = DynamoVersions(self.table)
        self.ledger = DynamoLedger(self.table, self.clock)
        self.counted: Counter[str] = Counter()
        self.caller = ADA
        self._fold = folder(self.table, self.clock)
        self._logs = 0
        self.app = self.instance()

    def instance(self, release: str = "1", table: Table | None = None) -> App:
        """An instance of the function that remembers nothing yet."""
        table = table or self.table
        directory, workspaces = DynamoDirectory(table), DynamoWorkspaces(table)
        ports = Ports(
            workspaces,
            directory,
            DynamoUsageLogs(table),
            DynamoCells(table),
            DynamoAccounts(table),
            DynamoThresholds(table, self.clock).readable,
            DynamoAlerts(table).newest,
            self.clock,
            map,
        )
        conditional = Conditional(
            DynamoVersions(table), workspaces, directory, self.clock, self._count, release
        )
        routes = remembered(routes_of(ports), conditional)
        return App(lambda _: self.caller, OpenGate(), routes)

    def _count(self, name: str) -> None:
        self.counted[name] += 1

    def use(self, user: str = "alice", *, folded: bool = True, **changes: Any) -> None:
        """Record a log, and fold it unless the folding lags."""
        self._logs += 1
        usage = a_usage(f"log-{self._logs}", user_id=user, **changes)
        (outcome,) = self.ledger.record(self.workspace.workspace_id, [usage]).outcomes
        assert outcome.entry is not None
        if folded:
            self._fold(arrivals_of([stream_record(entry_item(outcome.entry))]))

    def settle(self) -> None:
        """Let what was just written reach the indexes."""
        self.clock.advance(ms=SETTLING_MS)

    def ask(
        self,
        path: str = STATS,
        query: Mapping[str, str] | None = None,
        *,
        tag: str | None = None,
        caller: Identity | None = None,
    ) -> Answer:
        """A GET, with the tag of an answer one has."""
        self.caller = caller or ADA
        headers = {} if tag is None else {"if-none-match": tag}
        return Client(self.app).send("GET", path, query=query, headers=headers)

    def units(self, do: Callable[[], Answer]) -> tuple[float, Answer]:
        """Read units that a request took."""
        before = self.table.units.reads
        answer = do()
        return self.table.units.reads - before, answer
