"""A workspace with books and an export desk over a table in memory."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import duckdb

from functions.export.archived import UsageOfAnyAge
from functions.export.by_account import ByAccount
from functions.export.estimates import Estimates
from functions.export.jobs import RunExports
from functions.export.schemas import (
    Job,
    QueryReader,
    analytics_query,
    audit_query,
    transactions_query,
    usage_query,
)
from functions.export.service import Exports
from functions.export.sources import Rows
from functions.export.summaries import SummaryRows
from functions.export.trail import AuditRows
from functions.export.writing import WriteExport
from shared.analytics.query import AnswerQuestion
from shared.archive.reading import ArchivedLogs
from shared.domain.audit import AuditEntry
from shared.domain.exports import AUDIT, SUMMARY, TRANSACTIONS, USAGE_LOGS, Export
from shared.domain.ids import uuid7
from shared.domain.ledger import Movement
from shared.domain.usage import Usage
from shared.domain.workspace import Workspace
from shared.http.messages import Identity
from shared.store.accounts import DynamoAccounts
from shared.store.archives import DynamoArchives
from shared.store.audit import DynamoAuditLog
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.exports import DynamoExports
from shared.store.ledger import DynamoLedger
from shared.store.logs import DynamoUsageLogs
from shared.store.schema import ENTRY_PREFIX
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import WORKSPACE, a_usage, a_workspace
from tests.fakes.archive_ports import ArchiveBucket
from tests.fakes.clock import FakeClock
from tests.fakes.export_ports import MemoryDownloads, MemoryExportQueue, MemoryFiles
from tests.fakes.table import FakeTable
from tests.folding import fold

ADMIN: Final = Identity(WORKSPACE, "admin", "root")
ALICE: Final = Identity(WORKSPACE, "user", "alice")
BOB: Final = Identity(WORKSPACE, "user", "bob")
KEY: Final = Identity(WORKSPACE, "service", "key-1")
OTHER_KEY: Final = Identity(WORKSPACE, "service", "key-2")
PLENTY_MS: Final = 900_000


def rows_of(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def parquet_rows(data: bytes) -> list[dict[str, Any]]:
    """The rows of a Parquet file as an engine that did not write it reads them.

    Times are milliseconds since 1970: as anything else they would need a library for zones.
    """
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        file.write(data)
        file.flush()
        types = parquet_types(file.name)
        columns = (
            f'epoch_ms("{name}")' if type_ == "TIMESTAMP WITH TIME ZONE" else f'"{name}"'
            for name, type_ in types.items()
        )
        found = queried(f"SELECT {', '.join(columns)} FROM read_parquet(?)", file.name)  # noqa: S608
    return [dict(zip(types, row, strict=True)) for row in found]


def parquet_types(path: str) -> dict[str, str]:
    """The columns of a Parquet file with their types, in order."""
    described = queried("DESCRIBE SELECT * FROM read_parquet(?)", path)
    return {name: type_ for name, type_, *_ in described}


def queried(query: str, path: str) -> list[tuple[Any, ...]]:
    """The rows of a query about one file."""
    return duckdb.execute(query, [path]).fetchall()


def read_json(data: bytes) -> Any:
    """A JSON text with exact decimals."""
    return json.loads(data, parse_float=Decimal)


@dataclass
class Message:
    """A message of the job queue, as often as it is handed out."""

    export_id: str
    received: int = 0

    def taken(self) -> Job:
        """The next hand-out."""
        self.received += 1
        return Job(WORKSPACE, self.export_id, self.received, f"receipt-{self.received}")


class Desk:
    """Books to export from and everything that exports, on one clock."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.workspaces = DynamoWorkspaces(self.table)
        self.workspace: Workspace = a_workspace(enforce_credits=False, **settings)
        self.workspaces.create(self.workspace)
        self.ledger = DynamoLedger(self.table, self.clock)
        self.directory = DynamoDirectory(self.table)
        self.accounts = DynamoAccounts(self.table)
        self.store = DynamoExports(self.table)
        self.files, self.queue = MemoryFiles(), MemoryExportQueue()
        self.audit, cells = DynamoAuditLog(self.table, self.clock), DynamoCells(self.table)
        self.logs = DynamoUsageLogs(self.table)
        self.bucket = ArchiveBucket()
        self.archived = ArchivedLogs(DynamoArchives(self.table, map), self.bucket)
        by_account = ByAccount(self.directory, self.accounts, self.logs)
        self.rows = Rows(
            {
                USAGE_LOGS: UsageOfAnyAge(
                    by_account, lambda: self.archived, self.directory, self.clock
                ),
                TRANSACTIONS: by_account.transactions,
                AUDIT: AuditRows(self.audit, self.directory),
                SUMMARY: SummaryRows(AnswerQuestion(cells, self.clock, map), self.directory),
            }
        )
        self.write = WriteExport(self.rows, self.files, self.directory, self.clock)
        self.exports = Exports(
            self.store,
            self.write,
            Estimates(cells, self.accounts),
            self.queue,
            MemoryDownloads(),
            self.directory,
            self.clock,
        )
        self.jobs = RunExports(self.store, self.write, self.queue, self.workspaces, self.clock)

    def record(self, *rows: Usage) -> None:
        """Record usage; every row has to be taken."""
        outcomes = self.ledger.record(WORKSPACE, rows).outcomes
        assert [outcome.status for outcome in outcomes] == ["created"] * len(rows)

    def use(self, log_id: str, user: str = "alice", **changes: Any) -> None:
        """Record one usage log now."""
        self.record(a_usage(log_id, user_id=user, occurred_ms=self.clock.now_ms(), **changes))

    def buy(self, user: str, amount: int = 100, **changes: Any) -> None:
        """Post a purchase."""
        self.ledger.move(WORKSPACE, user, Movement("credit", "purchase", amount, **changes), None)

    def fold(self) -> None:
        """Fold what was recorded, all of it, into cells."""
        records = [r for r in self.table.stream_records() if r["eventName"] == "INSERT"]
        entries = [r for r in records if r["dynamodb"]["Keys"]["sk"]["S"].startswith(ENTRY_PREFIX)]
        fold(self.table, entries)

    def audited(self, actor: str, action: str = "GET /api/exports", **changes: Any) -> AuditEntry:
        """Write down an access that happens now."""
        members: dict[str, Any] = {
            "workspace_id": WORKSPACE,
            "entry_id": uuid7(self.clock.now_ms(), self.clock.random_bytes),
            "actor": actor,
            "role": "user",
            "action": action,
            "resource": "/api/exports",
            "status": 200,
            "ip": "192.0.2.7",
            "request_id": "req-1",
        }
        entry = AuditEntry(**members | changes)
        self.audit.record(entry)
        return entry

    def account(self, user: str) -> str:
        """A user's account."""
        return self.directory.account_of(self.workspace, user)

    def ask(self, read: QueryReader, identity: Identity, query: Mapping[str, str]) -> Export:
        """Ask for an export as a route does."""
        return self.exports.ask(identity, self.workspace, read, query)

    def usage(self, identity: Identity = ADMIN, **query: str) -> Export:
        """Ask for usage logs."""
        return self.ask(usage_query, identity, query)

    def transactions(self, identity: Identity = ADMIN, **query: str) -> Export:
        """Ask for transactions."""
        return self.ask(transactions_query, identity, query)

    def analytics(self, identity: Identity = ADMIN, **query: str) -> Export:
        """Ask for an analytics export."""
        return self.ask(analytics_query, identity, query)

    def trail(self, identity: Identity = ADMIN, **query: str) -> Export:
        """Ask for the audit trail."""
        return self.ask(audit_query, identity, query)

    def content(self, export: Export) -> bytes:
        """The rows' file of an export that is done."""
        return self.files.content[export.data_key]

    def csv_rows(self, export: Export) -> list[dict[str, str]]:
        """The rows of a CSV export."""
        return rows_of(self.content(export))

    def manifest(self, export: Export) -> Mapping[str, Any]:
        """The manifest of an export that is done."""
        manifest: Mapping[str, Any] = read_json(self.files.content[export.manifest_key])
        return manifest

    def now(self, export: Export) -> Export:
        """An export as the store has it now."""
        found = self.store.get(WORKSPACE, export.export_id)
        assert found is not None
        return found
