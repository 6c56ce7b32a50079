"""Files that are there already, though the table has not written them: it was brought back from a backup.

They are held against the books, which are what counts. Files that say the same are kept, and their logs
may expire. Others stay until the unit is written anew; then they are set aside, for they may be all that is
left of commits that the restore took back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Protocol

from functions.archive.reading import Committed, MismatchError, logs_of, proved
from functions.archive.writing import cells_say
from shared.archive.files import ENTRIES, LOGS, DamagedError, Files, Layout, read_part
from shared.archive.manifests import manifest_of_unit
from shared.archive.units import Units
from shared.domain.archive import (
    USAGE,
    USAGE_LOGS,
    Archive,
    Sums,
    agree,
    digest_sums,
    entry_sums,
    total,
)
from shared.domain.journal import KINDS, Entry
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells


class Repricings(Protocol):
    """What repricings there were."""

    def repriced_ever(self, workspace_id: str, since_ms: int) -> bool:
        """Whether a repricing may have changed logs that were committed since a time."""


class TakeOver:
    """Takes over, or leaves, what the bucket has of a unit that nobody has written by the table."""

    def __init__(
        self,
        units: Units,
        committed: Committed,
        cells: Cells,
        repricings: Repricings,
        files: Files,
    ) -> None:
        self._units = units
        self._committed = committed
        self._cells = cells
        self._repricings = repricings
        self._files = files

    def __call__(self, workspace: Workspace, archive: Archive) -> Archive:
        """A claimed unit that is being written: written, where files that are there agree with the books.

        Raises:
            MismatchError: the books do not agree among themselves, so nothing can be judged by them.
            SupersededError: somebody else has taken it on.
        """
        left = manifest_of_unit(self._files, archive.unit)
        if left is None or left.attempt == archive.left:
            return archive
        if self._agrees(workspace, left):
            taken = replace(archive, status="written", parts=left.parts, after=None, stamped=0)
        else:
            taken = replace(archive, left=left.attempt, parts=(), after=None)
        return self._units.save(taken, archive)

    def _agrees(self, workspace: Workspace, left: Archive) -> bool:
        """Whether files have what the books have, no more and no less."""
        logs = left.unit.kind == USAGE_LOGS
        start_ms, end_ms = left.unit.range_ms(workspace.zone)
        kinds = (USAGE,) if logs else tuple(KINDS)
        spans = self._committed.spans(workspace.workspace_id, kinds, start_ms, end_ms)
        repriced = self._repricings.repriced_ever(workspace.workspace_id, start_ms)
        same, sums = True, Sums()
        rows = self._rows(left, LOGS if logs else ENTRIES)
        for entries in proved(self._committed, workspace, spans, None):
            wanted = [entry for entry in entries if not logs or entry.reason == "usage"]
            sums = total([sums, *map(_usage_sums if logs else entry_sums, wanted)])
            same = same and self._follow(workspace, rows, wanted, logs=logs, repriced=repriced)
        said = cells_say(self._cells, workspace, left.unit)
        if not agree(sums, said):
            raise MismatchError(f"the journal comes to {sums}, cells to {said}")
        return same and _ended(rows) and agree(left.sums, sums)

    def _rows(self, left: Archive, layout: Layout[Any]) -> Iterator[Any]:
        for part in left.parts:
            for batch in read_part(self._files, left, part, layout):
                yield from batch

    def _follow(
        self,
        workspace: Workspace,
        rows: Iterator[Any],
        entries: Sequence[Entry],
        *,
        logs: bool,
        repriced: bool,
    ) -> bool:
        """Whether the next rows are those of some entries."""
        try:
            if not logs:
                return [row.hash for row in islice(rows, len(entries))] == [e.hash for e in entries]
            taken = [list(islice(rows, len(entry.log_ids))) for entry in entries]
            for entry, found in zip(entries, taken, strict=True):
                logs_of(entry, {log.log_id: log for log in found}, workspace)
        except (DamagedError, MismatchError):
            return False
        return self._priced(workspace, [log for found in taken for log in found], repriced=repriced)

    def _priced(self, workspace: Workspace, rows: Sequence[UsageLog], *, repriced: bool) -> bool:
        """Whether repricings made of logs what the files say, of those that the table has still."""
        if not repriced and all(log.repriced is None for log in rows):
            return True
        ids = [log.log_id for log in rows]
        there = self._committed.logs(workspace.workspace_id, ids, repriced=repriced)
        return all(there.get(log.log_id, log).repriced == log.repriced for log in rows)


def _usage_sums(entry: Entry) -> Sums:
    return {"entries": 1} | digest_sums(entry)


def _ended(rows: Iterator[Any]) -> bool:
    try:
        return next(rows, None) is None
    except DamagedError:
        return False
