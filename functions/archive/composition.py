"""The function's two halves, put together over any table and bucket."""

from __future__ import annotations

from dataclasses import dataclass

from functions.archive.checkpoints import Signer, WriteCheckpoint
from functions.archive.cleaning import CleanUnit
from functions.archive.expiry import LetGo
from functions.archive.planning import PlanArchive
from functions.archive.service import GoOn, Queue, Renew, RunJobs
from functions.archive.taking_over import TakeOver
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


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where files and checkpoints go, and who signs these."""

    files: Files
    checkpoints: Files
    signer: Signer


def parts_of(
    table: Table, bucket: Bucket, queue: Queue, clock: Clock, spread: Spread
) -> tuple[PlanArchive, RunJobs]:
    """What plans and what does jobs. `spread` reads and writes several items side by side."""
    files = bucket.files
    archives, workspaces = DynamoArchives(table, spread), DynamoWorkspaces(table)
    committed, units = DynamoCommitted(table, spread), Units(archives, files, clock)
    rewrite = RewriteLogs(units, files)
    cells = DynamoCells(table)
    check = WriteCheckpoint(units, committed, cells, archives, bucket.checkpoints, bucket.signer)
    go_on = GoOn(
        units,
        TakeOver(units, committed, cells, archives, files),
        WriteUnit(units, committed, cells, archives, files, clock),
        check,
        CleanUnit(units, rewrite, archives),
        LetGo(units, archives, files, clock),
        clock,
    )
    renew = Renew(units, rewrite, committed, archives)
    jobs = RunJobs(workspaces, go_on, renew, queue, clock)
    return PlanArchive(archives, workspaces, queue, DynamoSystem(table), clock), jobs
