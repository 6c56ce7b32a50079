"""A workspace with its journals in a table in memory, and the transactions function as one asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from functions.transactions.composition import routes
from shared.domain.calendar import zone_of
from shared.domain.ids import account_id_of
from shared.domain.journal import Entry
from shared.domain.ledger import Movement
from shared.domain.usage import Usage
from shared.http import json
from shared.http.app import App
from shared.http.messages import Identity
from shared.routes import ADMIN, SCOPES, SERVICE, USER
from shared.store.accounts import DynamoAccounts
from shared.store.items import entry_item
from shared.store.ledger import DynamoLedger
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import SECRET, LambdaContext, a_usage, a_workspace, http_event
from tests.fakes.clock import FakeClock
from tests.fakes.gate import OpenGate
from tests.fakes.stream import stream_record
from tests.fakes.table import FakeTable
from tests.folding import fold

MOVES: dict[str, Movement] = {
    "purchase": Movement(
        "credit", "purchase", 30, note="Top-up for May", metadata='{"inv":"A-17"}'
    ),
    "promo": Movement("credit", "promo", 20, note="Welcome"),
    "credit": Movement("credit", "adjustment", 7, note="counted twice"),
    "debit": Movement("debit", "adjustment", 4, note="counted too little"),
}


class LedgerShop:
    """One workspace: what is committed in it, and answers of the function that reads it."""

    def __init__(
        self, table: FakeTable | None = None, clock: FakeClock | None = None, **settings: Any
    ) -> None:
        self.clock = clock or FakeClock()
        self.table = table or FakeTable(self.clock)
        self.workspace = a_workspace(**{"enforce_credits": False, **settings})
        DynamoWorkspaces(self.table).create(self.workspace)
        self.ledger = DynamoLedger(self.table, self.clock)
        self.accounts = DynamoAccounts(self.table)
        self.entries: list[Entry] = []
        self._caller = Identity(self.workspace.workspace_id, ADMIN, "ada")
        self._app = App(lambda _: self._caller, OpenGate(), routes(self.table, self.clock, map))
        self._made = 0

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's time zone."""
        return zone_of(self.workspace.timezone)

    def account_id(self, user: str) -> str:
        """A user's account."""
        return account_id_of(SECRET, user)

    def use(self, user: str = "alice", *rows: Usage, **members: Any) -> Entry:
        """Commit usage: the rows, or one call with these members."""
        if not rows:
            self._made += 1
            rows = (a_usage(f"log-{self._made}", user_id=user, **members),)
        outcomes = self.ledger.record(self.workspace.workspace_id, rows).outcomes
        entry = outcomes[0].entry
        assert entry is not None, outcomes[0].error
        self.entries.append(entry)
        return entry

    def move(self, kind: str, user: str = "alice", **members: Any) -> Entry:
        """Post a movement: one of `MOVES`, or a refund of an entry (`refund_of`)."""
        if kind == "refund":
            movement = Movement("credit", "refund", members.pop("amount", 1), **members)
        else:
            movement = MOVES[kind]
        entry = self.ledger.move(self.workspace.workspace_id, user, movement, None).entry
        self.entries.append(entry)
        return entry

    def fold(self, *entries: Entry) -> None:
        """Fold some entries, or all there are, into cells."""
        batch = entries or tuple(self.entries)
        fold(self.table, [stream_record(entry_item(entry)) for entry in batch])

    def answer(
        self,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        role: str = ADMIN,
        subject: str = "ada",
    ) -> tuple[int, Any]:
        """Status and body of a GET."""
        scopes = frozenset(SCOPES) if role == SERVICE else frozenset[str]()
        self._caller = Identity(self.workspace.workspace_id, role, subject, scopes)
        text = {name: str(value) for name, value in (query or {}).items()}
        answer = self._app(http_event("GET", path, query=text), LambdaContext())
        return answer["statusCode"], json.parse(answer["body"].encode())

    def get(self, path: str, query: Mapping[str, object] | None = None, **caller: str) -> Any:
        """The body of a GET that works."""
        status, body = self.answer(path, query, **caller)
        assert status == 200, body
        return body

    def own(self, path: str, query: Mapping[str, object] | None = None, user: str = "alice") -> Any:
        """The body of a user's own GET that works."""
        return self.get(path, query, role=USER, subject=user)

    def costs(self, path: str, query: Mapping[str, object] | None = None) -> tuple[float, int]:
        """Read units and calls of a GET that works."""
        units, calls = self.table.units.reads, self.table.calls.total()
        self.get(path, query)
        return self.table.units.reads - units, self.table.calls.total() - calls

    def walk(self, path: str, query: Mapping[str, object]) -> list[str]:
        """The ids of all rows of a list, page after page by cursor."""
        ids: list[str] = []
        asked = dict(query)
        while True:
            body = self.get(path, asked)
            ids += [row["id"] for row in body["transactions"]]
            if "nextCursor" not in body:
                return ids
            asked["cursor"] = body["nextCursor"]
