"""Reads of cells that are to be proved: of any generation, one after another, however many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.domain.archive import USAGE_LOGS
from shared.domain.cells import (
    DAILY,
    LATE,
    PRIVATE_FAMILIES,
    CellKey,
    Delta,
)
from shared.domain.folding import Place, Progress
from shared.ports.proofs import PrivateCell
from shared.ports.runtime import Clock
from shared.reconcile.sources import Archived, ArchivedDay, Sources
from shared.store.accounts import DynamoAccounts
from shared.store.alerts import DynamoAlerts
from shared.store.archives import DynamoArchives
from shared.store.cell_items import (
    delta_from,
    private_cell_key,
    private_query,
    shared_cell_key,
    shared_query,
    up_to,
)
from shared.store.directory import DynamoDirectory
from shared.store.fold_items import read_progress
from shared.store.journal import DynamoJournal
from shared.store.logs import DynamoUsageLogs
from shared.store.table import Table, rows
from shared.store.thresholds import DynamoThresholds
from shared.store.versions import DynamoVersions

FIRST_PERIOD, LAST_PERIOD = "0", "9999-99"
REQUESTS, CREDITS, COST = "requests", "credits", "cost"
"""Sums of archived logs as they were recorded."""


class DynamoProofs:
    """`Proofs` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def progress(self, places: Sequence[Place]) -> dict[Place, Progress]:
        """Where accounts stand."""
        return read_progress(self._table, places)

    def private(self, place: Place, since: str | None = None) -> Iterator[PrivateCell]:
        """All private cells of an account, or (`since`) those of single days from one on."""
        for family in (*PRIVATE_FAMILIES, LATE) if since is None else DAILY:
            query = private_query(place, family, since or FIRST_PERIOD, LAST_PERIOD)
            for item in rows(self._table, query):
                key = private_cell_key(item, place.generation, family)
                yield PrivateCell(key, delta_from(item), up_to(item))

    def shared(
        self, workspace_id: str, generation: int, family: str, first: str, last: str
    ) -> Iterator[tuple[CellKey, Delta]]:
        """Shared cells of a family from one period to another, both included."""
        query = shared_query(workspace_id, generation, family, first, last)
        for item in rows(self._table, query):
            yield shared_cell_key(item, family), delta_from(item)


class DynamoArchived:
    """`Archived` by the state of the archive in the table."""

    def __init__(self, table: Table) -> None:
        self._archives = DynamoArchives(table, map)

    def days(self, workspace_id: str) -> dict[str, ArchivedDay]:
        """The days whose files are written and were read back."""
        return {
            archive.unit.period: ArchivedDay(
                sum(part.sums[REQUESTS] for part in archive.parts),
                sum(part.sums[CREDITS] for part in archive.parts),
                sum(part.sums[COST] for part in archive.parts),
            )
            for archive in self._archives.units(workspace_id, USAGE_LOGS)
            if archive.status != "writing"
        }


def sources_of(table: Table, clock: Clock, archived: Archived | None = None) -> Sources:
    """Everything a proof reads, of the table; `archived` where the archive is somewhere else."""
    return Sources(
        accounts=DynamoAccounts(table),
        names=DynamoDirectory(table),
        logs=DynamoUsageLogs(table),
        journal=DynamoJournal(table, map),
        proofs=DynamoProofs(table),
        versions=DynamoVersions(table),
        thresholds=DynamoThresholds(table, clock),
        alerts=DynamoAlerts(table, clock.random_bytes),
        archived=archived or DynamoArchived(table),
        clock=clock,
    )
