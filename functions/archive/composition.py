"""The function's two halves, put together over any table and bucket."""

from __future__ import annotations

from functions.archive.cleaning import CleanUnit
from functions.archive.expiry import LetGo
from functions.archive.planning import PlanArchive
from functions.archive.service import Queue, Renew, RunJobs
from functions.archive.writing import WriteUnit
from shared.archive.files import Files
from shared.archive.rewriting import RewriteLogs
from shared.archive.units import Units
from shared.ports.runtime import Clock, Spread
from shared.store.archives import DynamoArchives
from shared.store.cells import DynamoCells
from shared.store.committed import DynamoCommitted
from shared.store.system import DynamoSystem
from shared.store.table import Table
from shared.store.workspaces import DynamoWorkspaces


def parts_of(
    table: Table, files: Files, queue: Queue, clock: Clock, spread: Spread
) -> tuple[PlanArchive, RunJobs]:
    """What plans and what does jobs. `spread` reads and writes several items side by side."""
    archives, workspaces = DynamoArchives(table, spread), DynamoWorkspaces(table)
    committed, units = DynamoCommitted(table, spread), Units(archives, files, clock)
    rewrite = RewriteLogs(units, files)
    jobs = RunJobs(
        units,
        workspaces,
        WriteUnit(units, committed, DynamoCells(table), archives, files, clock),
        CleanUnit(units, rewrite, archives),
        LetGo(units, archives, files, clock),
        Renew(units, rewrite, committed, archives),
        queue,
        clock,
    )
    return PlanArchive(archives, workspaces, queue, DynamoSystem(table), clock), jobs
