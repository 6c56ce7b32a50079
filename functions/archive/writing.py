"""Writes units: part after part, each read back, all held against the journal and the cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final, Protocol

from functions.archive.reading import Committed, MismatchError, Step, entry_steps, log_steps
from shared.archive.files import ENTRIES, LOGS, Files, Layout, write_part
from shared.archive.units import Units
from shared.domain.archive import (
    USAGE,
    USAGE_LOGS,
    Archive,
    Sums,
    Unit,
    agree,
    moves_sums,
    total,
    usage_sums,
)
from shared.domain.calendar import local_day
from shared.domain.cells import TRANSACTIONS
from shared.domain.journal import KINDS
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.runtime import Clock

PART_WEIGHT: Final = 100_000
"""Rows of a file (fewer where they are heavy with metadata): some 15 MB, held in memory when it is read."""


class Marks(Protocol):
    """What else a unit of logs depends on."""

    def erased(self, workspace_id: str) -> frozenset[str]:
        """The accounts whose users were, or are being, erased."""

    def repriced_ever(self, workspace_id: str, since_ms: int) -> bool:
        """Whether a repricing may have changed logs that were committed since a time."""


class WriteUnit:
    """Writes a unit of logs or of the journal. Memory does not grow with the rows.

    Three sources have to agree before it is `written`: the logs, the journal entries that name them (every
    figure of every entry), and the cells of the period, which were folded from the stream. Where they do
    not, it stays as it is, nothing expires, and the next night tries again.
    """

    def __init__(
        self,
        units: Units,
        committed: Committed,
        cells: Cells,
        marks: Marks,
        files: Files,
        clock: Clock,
    ) -> None:
        self._units = units
        self._committed = committed
        self._cells = cells
        self._marks = marks
        self._files = files
        self._clock = clock

    def __call__(self, workspace: Workspace, archive: Archive, deadline: float) -> Archive:
        """Go on with a claimed unit until it is written, or the clock that never jumps passes the deadline.

        Raises:
            MismatchError: what there is does not agree.
            DamagedError: a file did not come back as it was written.
            SupersededError: somebody else has taken it on.
        """
        layout: Layout[Any] = LOGS if archive.unit.kind == USAGE_LOGS else ENTRIES
        if not archive.parts:
            archive = replace(archive, erased=len(self._marks.erased(workspace.workspace_id)))
        steps = self._steps(workspace, archive)
        while (first := next(steps, None)) is not None:
            archive = self._part(archive, layout, chain([first], steps))
            if self._clock.monotonic() > deadline:
                return archive
        said = cells_say(self._cells, workspace, archive.unit)
        if not agree(archive.sums, said):
            raise MismatchError(f"files come to {archive.sums}, cells to {said}")
        return self._units.save(replace(archive, status="written"), archive)

    def _part(self, archive: Archive, layout: Layout[Any], steps: Iterator[Step[Any]]) -> Archive:
        taken = _Taken()
        number = len(archive.parts)
        part = write_part(self._files, archive, number, layout, taken.rows(steps))
        if not agree(part.sums, {n: f for n, f in taken.said.items() if n in part.sums}):
            raise MismatchError(f"{part.name} comes to {part.sums}, the journal to {taken.said}")
        part = replace(part, sums=taken.said | part.sums)
        assert taken.last is not None
        after = taken.last.position
        return self._units.save(replace(archive.with_part(number, part), after=after), archive)

    def _steps(self, workspace: Workspace, archive: Archive) -> Iterator[Step[Any]]:
        workspace_id = workspace.workspace_id
        start_ms, end_ms = archive.unit.range_ms(workspace.zone)
        if archive.unit.kind != USAGE_LOGS:
            spans = self._committed.spans(workspace_id, KINDS, start_ms, end_ms)
            return entry_steps(self._committed, workspace, spans, archive.after)
        erased = self._marks.erased(workspace_id)
        repriced = self._marks.repriced_ever(workspace_id, start_ms)
        spans = self._committed.spans(workspace_id, (USAGE,), start_ms, end_ms)
        found = log_steps(
            self._committed, workspace, spans, archive.after, erased, repriced=repriced
        )
        return (step for step in found if step.rows)


def cells_say(cells: Cells, workspace: Workspace, unit: Unit) -> Sums:
    """What cells, which are folded from the stream, say of the entries of a unit."""
    start_ms, end_ms = unit.range_ms(workspace.zone)
    first, last = local_day(start_ms, workspace.zone), local_day(end_ms - 1, workspace.zone)
    found = cells.shared(workspace, TRANSACTIONS, first, last)
    says = usage_sums if unit.kind == USAGE_LOGS else moves_sums
    return total(says(delta.moves) for delta in found.values())


class _Taken:
    """The steps that went into a part."""

    def __init__(self) -> None:
        self.said: Sums = {}
        self.last: Step[Any] | None = None
        self._weight = 0

    def rows(self, steps: Iterator[Step[Any]]) -> Iterator[Sequence[Any]]:
        """The rows of the steps, until there are enough."""
        for step in steps:
            self.said = total([self.said, step.said])
            self._weight += step.weight
            self.last = step
            yield step.rows
            if self._weight >= PART_WEIGHT:
                return
