"""Exports made while everybody writes: each is held against what was acknowledged before it was asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from functions.export.by_account import ByAccount
from functions.export.estimates import Estimates
from functions.export.jobs import RunExports
from functions.export.schemas import Job, QueryReader, transactions_query, usage_query
from functions.export.service import INLINE_ROWS, Exports
from functions.export.sources import Rows
from functions.export.writing import WriteExport
from shared.domain.exports import TRANSACTIONS, USAGE_LOGS, Export, Selection
from shared.domain.workspace import Workspace
from shared.http.messages import Identity
from shared.store.accounts import DynamoAccounts
from shared.store.cells import DynamoCells
from shared.store.directory import DynamoDirectory
from shared.store.exports import DynamoExports, export_from
from shared.store.logs import DynamoUsageLogs
from shared.store.workspaces import DynamoWorkspaces
from tests.fakes.export_ports import MemoryDownloads
from tests.simulation.heard import Heard
from tests.simulation.jobs import PLENTY_MS, JobQueue, Message
from tests.simulation.stage import Bucket, InTurn, Stage

EXPORTS: Final = 3
PAUSE_SECONDS: Final = 0.8
BY_JOB: Final = 0.4
"""How often an export counts as too long for a request."""


@dataclass(frozen=True)
class Made:
    """A file as it was when it was fetched, and what had been acknowledged when it was asked for.

    `logs` and `entries` are the ids acknowledged by then.
    """

    workspace_id: str
    kind: str
    rows: list[dict[str, Any]]
    manifest: dict[str, Any]
    data: bytes
    logs: frozenset[str]
    entries: frozenset[tuple[str, int]]

    @property
    def sound(self) -> bool:
        """Whether the manifest tells of this very file."""
        said = self.manifest["rows"], self.manifest["sha256"], self.manifest["bytes"]
        totals = {name: self.manifest["totals"][name] for name in self.sums}
        there = len(self.rows), sha256(self.data).hexdigest(), len(self.data)
        return (said, totals) == (there, self.sums)

    @property
    def sums(self) -> dict[str, int]:
        """What the rows come to, by the names that the manifest has."""
        if self.kind == TRANSACTIONS:
            debits = sum(row["amount"] for row in self.rows if row["type"] == "debit")
            return {"debits": debits, "credits": sum(r["amount"] for r in self.rows) - debits}
        total = sum(row.get("tokens", {}).get("total", 0) for row in self.rows)
        credits = sum(row["credits"] for row in self.rows)
        return {"requests": len(self.rows), "totalTokens": total, "credits": credits}


class ExportJobs:
    """The queue as exports know it."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def send(self, workspace_id: str, export_id: str) -> None:
        """Have an export run."""
        self._queue.send({"workspaceId": workspace_id, "exportId": export_id})

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        """Have a taken message come again after some seconds."""
        self._queue.retry_in(receipt_handle, seconds)


class _Guesses(Estimates):
    """Estimates that take a small export for one that is too long for a request, now and then."""

    def __init__(self, cells: DynamoCells, accounts: DynamoAccounts, stage: Stage) -> None:
        super().__init__(cells, accounts)
        self._stage = stage

    def rows(self, workspace: Workspace, selection: Selection, now_ms: int) -> int:
        """About how many rows."""
        guessed = super().rows(workspace, selection, now_ms)
        return INLINE_ROWS + guessed + 1 if self._stage.chance(BY_JOB) else guessed


class ExportDesk:
    """The function's two halves on one world's table and bucket."""

    def __init__(self, stage: Stage, files: Bucket, queue: JobQueue) -> None:
        self._stage = stage
        self._files = files
        self._queue = ExportJobs(queue)

    def exports(self) -> Exports:
        """One that answers requests."""
        table, clock = self._stage.view(), self._stage.instance_clock()
        accounts, cells = DynamoAccounts(table), DynamoCells(table)
        directory = DynamoDirectory(table)
        return Exports(
            DynamoExports(table),
            self._write(table, clock),
            _Guesses(cells, accounts, self._stage),
            self._queue,
            MemoryDownloads(),
            directory,
            clock,
        )

    def worker(self) -> Callable[[Message], None]:
        """One that runs jobs."""
        table, clock = self._stage.view(), self._stage.instance_clock()
        run = RunExports(
            DynamoExports(table),
            self._write(table, clock),
            self._queue,
            DynamoWorkspaces(table),
            clock,
        )

        def work(message: Message) -> None:
            named = message.body["workspaceId"], message.body["exportId"]
            run.all([Job(*named, message.receives, message.handle)], PLENTY_MS)
            self._stage.sights.saw("export by a job")

        return work

    def _write(self, table: Any, clock: Any) -> WriteExport:
        directory, accounts = DynamoDirectory(table), DynamoAccounts(table)
        rows = ByAccount(directory, accounts, DynamoUsageLogs(table), InTurn)
        sources = Rows({USAGE_LOGS: rows.usage, TRANSACTIONS: rows.transactions})
        return WriteExport(sources, self._files, directory, clock)


class Exporter:
    """Somebody who wants files now and then."""

    def __init__(self, stage: Stage, desk: ExportDesk, files: Bucket, heard: Heard) -> None:
        self._stage = stage
        self._desk = desk
        self._files = files
        self._heard = heard
        self.made: list[Made] = []
        self._waiting: list[tuple[Export, frozenset[str], frozenset[tuple[str, int]]]] = []
        self._reborn()

    def _reborn(self) -> None:
        self._exports = self._desk.exports()

    def run(self) -> None:
        """Ask for some."""
        self._stage.scheduler.may_crash(0.005)
        for _ in range(EXPORTS):
            self._stage.insist(self._reborn, lambda: self._stage.scheduler.sleep(PAUSE_SECONDS))
            read = self._stage.random.choice((usage_query, transactions_query))
            self._ask(self._stage.random.choice(self._stage.workspaces), read)

    def fetch(self, *, lossy: bool = False) -> None:
        """Take what jobs have made meanwhile. Where it is `lossy`, some may have failed for good."""
        while self._waiting:
            export, logs, entries = self._waiting.pop()
            store = DynamoExports(self._stage.view())
            now = store.get(export.workspace_id, export.export_id)
            if now is not None and not (lossy and now.status == "failed"):
                assert now.status == "done", f"an export was left {now.status}"
                self._take(now, logs, entries)

    def _ask(self, workspace_id: str, read: QueryReader) -> None:
        def ask() -> None:
            workspace = DynamoWorkspaces(self._stage.view()).get(workspace_id)
            known = self._on_record(workspace_id).keys()
            logs = frozenset(i for w, i in self._heard.logs if w == workspace_id)
            entries = frozenset(
                (entry.account_id, entry.seq)
                for entry in self._heard.moved.values()
                if entry.workspace_id == workspace_id
            ) | frozenset(
                (log.account_id, log.seq)
                for _, log in self._heard.logs.values()
                if log.workspace_id == workspace_id
            )
            admin = Identity(workspace_id, "admin", "root")
            try:
                export = self._exports.ask(admin, workspace, read, {"format": "jsonl"})
            except BaseException:
                # What nobody was told of is made all the same where work that was left is picked up.
                made = self._on_record(workspace_id)
                new = sorted(made.keys() - known)
                self._waiting += [(made[key], logs, entries) for key in new]
                raise
            if export.status == "done":
                self._take(export, logs, entries)
            else:
                self._waiting.append((export, logs, entries))

        self._stage.insist(self._reborn, ask, leaves=True)

    def _on_record(self, workspace_id: str) -> dict[str, Export]:
        """Where things get lost, the exports of a workspace that are in the table, by their ids."""
        if not self._stage.lossy:
            return {}
        partition = f"W#{workspace_id}#EXPORTS"
        items = (item for item in self._stage.table.items() if item["pk"] == partition)
        return {str(item["sk"]): export_from(item) for item in items}

    def _take(
        self, export: Export, logs: frozenset[str], entries: frozenset[tuple[str, int]]
    ) -> None:
        data = self._files.content.get(export.data_key)
        manifest = self._files.content.get(export.manifest_key)
        if data is None or manifest is None:
            # An erasure took it away, as it shows somebody who is gone.
            assert self._heard.erased, "an export that is done has no files"
            return
        rows = [json.loads(line) for line in data.decode().splitlines()]
        kind = export.selection.kind
        told = json.loads(manifest)
        self.made.append(Made(export.workspace_id, kind, rows, told, data, logs, entries))
        if kind == TRANSACTIONS:
            self._stage.sights.saw("export of transactions")
        else:
            self._stage.sights.saw("export")
            later = sum(row["id"] not in logs for row in rows)
            self._stage.sights.saw("row came during an export", later)
