"""A workspace whose books, cells and alerts are proved: written as in the product, damaged by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from functions.aggregate.clearing import ClearCells
from functions.aggregate.schemas import arrivals_of
from functions.aggregate.service import FoldEntries
from functions.aggregate.service import Report as Folded
from shared.domain.journal import Entry
from shared.reconcile.rebuild import RebuildCells
from shared.reconcile.report import Report
from shared.reconcile.sources import Archived, Folder
from shared.reconcile.workspace import ProveWorkspace
from shared.store.accounts import DynamoAccounts
from shared.store.directory import DynamoDirectory
from shared.store.generations import DynamoGenerations
from shared.store.proofs import DynamoProofs, sources_of
from shared.store.retired_cells import DynamoRetiredCells
from shared.store.table import Item, Put, Table
from shared.store.workspaces import DynamoWorkspaces
from tests.fakes.table import FakeTable
from tests.folding import Queue, folder, random_usage, seeded
from tests.ledger_shop import LedgerShop

KEY = bytes(range(16))


def prover(
    table: Table, clock: Any, archived: Archived | None = None, key: bytes = KEY
) -> ProveWorkspace:
    """The proof over a table."""
    sources = sources_of(table, clock, archived)
    return ProveWorkspace(sources, DynamoWorkspaces(table), key)


class DirectFolder:
    """The code of the function that folds, over a table. It ends after so many `seconds` of work."""

    def __init__(self, table: Table, clock: Any, seconds: float | None = None) -> None:
        self._fold = folder(table, clock)
        retired, generations = DynamoRetiredCells(table), DynamoGenerations(table, clock)
        self._clear = ClearCells(retired, DynamoWorkspaces(table), generations, clock, map)
        self._seconds = seconds

    def fold(self, workspace_id: str, account_ids: Sequence[str]) -> int:
        rows = [(workspace_id, account_id) for account_id in account_ids]
        return self._fold.redrive(rows, self._seconds).unfinished

    def clear(self, workspace_id: str, generation: int, account_ids: Sequence[str]) -> bool:
        return self._clear(workspace_id, generation, account_ids, 60)


def rebuild_over(table: Table, clock: Any, folder: Folder | None = None) -> RebuildCells:
    """The rebuild over a table."""
    return RebuildCells(
        DynamoGenerations(table, clock),
        DynamoWorkspaces(table),
        DynamoDirectory(table),
        DynamoAccounts(table),
        DynamoProofs(table),
        folder or DirectFolder(table, clock),
        prover(table, clock),
        map,
    )


class ProvedShop(LedgerShop):
    """A shop that is folded from the stream of its table, and proved."""

    def __init__(self, table: FakeTable | None = None, **settings: Any) -> None:
        super().__init__(table, **settings)
        self.parked = Queue()
        self._folded = 0

    @property
    def fold_entries(self) -> FoldEntries:
        """A folder of its own."""
        return folder(self.table, self.clock, self.parked)

    def fold_stream(self) -> Folded:
        """Fold what the stream brought since the last time."""
        records = self.table.stream_records(self._folded)
        self._folded += len(records)
        return self.fold_entries(arrivals_of(records))

    def lose_stream(self) -> None:
        """Let what the stream brings now never arrive."""
        self._folded = len(self.table.changes())

    def live(self, seed: int, commits: int = 12) -> list[Entry]:
        """Usage and movements of three users."""
        random, made = seeded(seed), []
        for number in range(commits):
            user = random.choice(("alice", "bob", "carol"))
            if random.random() < 0.3:
                made.append(self.move(random.choice(("purchase", "promo", "debit")), user))
            else:
                rows = [
                    random_usage(random, f"s{seed}-{number}-{at}")
                    for at in range(random.randrange(1, 5))
                ]
                made.append(self.use(user, *(replace(row, user_id=user) for row in rows)))
            self.clock.advance(seconds=random.randrange(90))
        return made

    def prove(self, archived: Archived | None = None, generation: int | None = None) -> Report:
        """All of the workspace."""
        return prover(self.table, self.clock, archived)(self.workspace.workspace_id, generation)

    def one(self, part: str, sort: str = "") -> Item:
        """The first item whose partition holds a text and whose sort key begins so."""
        return next(
            item
            for item in self.table.items()
            if part in str(item["pk"]) and str(item["sk"]).startswith(sort)
        )

    def damage(self, part: str, sort: str, **changes: Any) -> Item:
        """Change attributes of such an item; a number is added, None takes the attribute away."""
        item = self.one(part, sort)
        damaged: Any = dict(item)
        for name, change in changes.items():
            if change is None:
                damaged.pop(name, None)
            else:
                damaged[name] = damaged.get(name, 0) + change if type(change) is int else change
        self.table.write(Put(damaged))
        return item
