"""What verify and reconcile have in common: which accounts, how far, and how it is told."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from operations.errors import CommandError
from operations.stack import Stack
from shared.adapters.folder import LambdaFolder, lambda_client
from shared.domain.sketches import KEY_BYTES
from shared.reconcile.report import Report
from shared.reconcile.sources import Sources
from shared.reconcile.walk import Walk
from shared.reconcile.workspace import ProveWorkspace
from shared.store.directory import DynamoDirectory
from shared.store.proofs import sources_of
from shared.store.table import Table
from shared.store.workspaces import DynamoWorkspaces

PAGE: Final = 100
"""Workspaces listed at once."""

KEEP_EVERY: Final = 50
"""Accounts after which a run that can be resumed writes down how far it is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which accounts are proved, and how the result is told."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--workspace", help="all of one workspace, or the one of the account")
    what.add_argument("--all", action="store_true", help="every workspace")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--account", help="one account")
    which.add_argument("--user", help="one user's account")
    parser.add_argument("--json", action="store_true", help="tell the result as JSON")
    parser.add_argument("--resume", type=Path, help="a file that keeps how far a long run is")


class Proving:
    """A run over a deployment."""

    def __init__(self, stack: Stack, *, cells: bool, fold: bool = False) -> None:
        self.table: Table = stack.table()
        self.workspaces = DynamoWorkspaces(self.table)
        self.sources: Sources = sources_of(self.table, stack.clock)
        self.prove = ProveWorkspace(
            self.sources,
            self.workspaces,
            stack.clock.random_bytes(KEY_BYTES),
            cells=cells,
            folder=folder_of(stack) if fold else None,
        )

    def workspace_ids(self) -> Iterator[str]:
        """Every workspace, in order."""
        after: str | None = None
        while True:
            page = self.workspaces.list_after(after, PAGE)
            yield from (workspace.workspace_id for workspace in page.rows)
            if page.next_key is None:
                return
            after = page.next_key

    def account(self, workspace_id: str, account: str | None, user: str | None) -> Report:
        """One account alone.

        Raises:
            NotFoundError: there is no such workspace.
            CommandError: there is no such account.
        """
        workspace = self.workspaces.get(workspace_id)
        name = account or DynamoDirectory(self.table).account_of(workspace, user or "")
        accounts = self.sources.accounts
        if accounts.head(workspace_id, name) is None:
            first = next(accounts.readable_entries(workspace_id, name, 1), None)
            if first is None:
                who = f"user {user!r}" if user else f"account {name!r}"
                raise CommandError(f"nothing was ever booked for the {who} of {workspace_id}")
        return self.prove.account(workspace_id, name)


def folder_of(stack: Stack) -> LambdaFolder:
    """The stack's function that folds."""
    return LambdaFolder(lambda_client, stack.function("Aggregate"))


def run(args: argparse.Namespace, *, cells: bool, fold: bool = False) -> int:
    """Prove what the command line asks for; 1 where anything is not as it has to be."""
    if args.all and (args.account or args.user):
        raise CommandError("--account and --user go with --workspace")
    proving = Proving(Stack.of(args), cells=cells, fold=fold)
    if args.account or args.user:
        report = proving.account(args.workspace, args.account, args.user)
    else:
        names = proving.workspace_ids() if args.all else iter([args.workspace])
        report = _all(proving, names, _Kept(args.resume, cells=cells))
    tell(report, as_json=args.json)
    return 1 if report.total else 0


class _Kept:
    """How far a run is, in a file; without a file, nothing is kept."""

    def __init__(self, file: Path | None, *, cells: bool) -> None:
        """Take up what the file has.

        Raises:
            CommandError: it is no such file, or one of another command.
        """
        self._file = file
        self._cells = cells
        self.done: list[str] = []
        self.report = Report()
        self.walk: Walk | None = None
        if file is None or not file.exists():
            return
        try:
            kept = json.loads(file.read_text())
            same, self.done = kept["cells"] is cells, kept["done"]
            self.report = Report.of_plain(kept["report"])
            self.walk = Walk.of_plain(kept["walk"]) if kept["walk"] else None
        except (ValueError, KeyError, TypeError) as error:
            raise CommandError(f"{file} does not tell how far a run is; name another") from error
        if not same:
            raise CommandError(f"{file} is of the other command: verify or reconcile")

    def keep(self, walk: Walk | None) -> None:
        """Write it down."""
        if self._file is not None:
            plain = {"cells": self._cells, "done": self.done, "report": self.report.plain()}
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps(plain | {"walk": walk.plain() if walk else None}))
            part.replace(self._file)

    def forget(self) -> None:
        """The run is over."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)


def _all(proving: Proving, names: Iterator[str], kept: _Kept) -> Report:
    """Workspace after workspace, from where an earlier run was."""
    done = set(kept.done)
    for workspace_id in names:
        if workspace_id in done:
            continue
        walk = kept.walk
        if walk is None or walk.workspace_id != workspace_id:
            walk = proving.prove.begin(workspace_id)
        for number, _ in enumerate(proving.prove.go_on(walk), 1):
            if number % KEEP_EVERY == 0:
                kept.keep(walk)
        report = proving.prove.end(walk)
        print(f"{workspace_id}: {summary(report)}", file=sys.stderr)
        kept.report.add(report)
        kept.done.append(workspace_id)
        kept.keep(None)
    kept.forget()
    return kept.report


def summary(report: Report) -> str:
    """One line: how much was proved, and how far it is off."""
    return (
        f"{report.accounts:,} accounts, {report.entries:,} entries, {report.logs:,} logs, "
        f"{report.cells:,} cells: drift {report.total:,}"
    )


def tell(report: Report, *, as_json: bool) -> None:
    """Print the drift per measure, and what was found."""
    if as_json:
        print(json.dumps(report.plain() | {"total": report.total}, indent=2))
        return
    for what, size in sorted(report.drift.items()):
        print(f"{what:32} {size:>20,}")
    for finding in report.findings:
        where = f"{finding.account_id or 'workspace'} {finding.place}"
        print(f"  {where}: {finding.what}: expected {finding.expected}, found {finding.found}")
    for place in report.unsettled:
        print(f"  {place}: kept changing, and lies between what the journals said")
    if report.behind:
        print(
            f"{report.behind} accounts have entries that are not folded ({report.folded} are now)"
        )
    print(summary(report))
