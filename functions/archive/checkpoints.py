"""Writes the checkpoint of a day: where every account that moved stood at its end, signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from typing import Final, Protocol

from functions.archive.reading import Committed, MismatchError
from shared.archive.files import DamagedError, Files
from shared.archive.units import Units
from shared.domain.archive import Archive, Part, Unit, agree, moves_sums, total
from shared.domain.cells import TRANSACTIONS
from shared.domain.checkpoints import (
    HEADS_SUFFIX,
    STATEMENT_SUFFIX,
    HeadMark,
    Signature,
    Statement,
    checkpoint_json,
)
from shared.domain.journal import KINDS
from shared.domain.workspace import Workspace
from shared.http import json
from shared.ports.cells import Cells
from shared.store.committed import Span

MARKS_AT_ONCE: Final = 1_000


class Signer(Protocol):
    """Who signs."""

    def sign(self, digest: bytes) -> Signature | None:
        """The signature of a SHA-256 digest; None where nobody signs."""


class Before(Protocol):
    """What came before."""

    def latest(self, workspace_id: str, before: str) -> Archive | None:
        """The latest checkpoint of an earlier day that there is."""


class WriteCheckpoint:
    """Writes checkpoints, one day after the other. A day without a movement has none.

    The list of heads and the statement are never written over: each attempt has names of its own.
    """

    def __init__(
        self,
        units: Units,
        committed: Committed,
        cells: Cells,
        before: Before,
        files: Files,
        signer: Signer,
    ) -> None:
        self._units = units
        self._committed = committed
        self._cells = cells
        self._before = before
        self._files = files
        self._signer = signer

    def attempts(self, unit: Unit) -> int:
        """How many attempts at a day have written files: more than a table from a backup knows of."""
        names = (key.removeprefix(unit.folder) for key in self._files.keys(unit.folder))
        numbers = (name.partition(".")[0] for name in names)
        return max((int(number) for number in numbers if number.isdecimal()), default=0)

    def __call__(self, workspace: Workspace, archive: Archive) -> Archive:
        """Write the checkpoint of a claimed day.

        Raises:
            MismatchError: the journal's index and the cells do not agree on the day.
            SupersededError: somebody else has taken it on.
        """
        unit = archive.unit
        start_ms, end_ms = unit.range_ms(workspace.zone)
        spans = self._committed.spans(unit.workspace_id, KINDS, start_ms, end_ms)
        entries = sum(last - first + 1 for first, last in spans.values())
        cells = self._cells.shared(workspace, TRANSACTIONS, unit.period, unit.period)
        said = total(moves_sums(delta.moves) for delta in cells.values())
        if not agree({"entries": entries}, {"entries": said.get("entries", 0)}):
            raise MismatchError(f"the index has {entries} entries, cells have {said}")
        if spans:
            part = self._write(archive, spans)
            part = replace(part, start_ms=start_ms, end_ms=end_ms - 1)
            archive = archive.with_part(0, part)
        return self._units.save(replace(archive, status="done"), archive)

    def _write(self, archive: Archive, spans: dict[str, Span]) -> Part:
        unit = archive.unit
        key, rows = f"{unit.folder}{archive.attempt}", 0
        heads_key = f"{key}{HEADS_SUFFIX}"
        heads = self._files.create(heads_key, "text/plain")
        with heads:
            for marks in self._marks(unit.workspace_id, spans):
                rows += len(marks)
                heads.write("".join(mark.line for mark in marks).encode())
        found = self._files.read(heads_key)
        if found is None or sha256(found).hexdigest() != heads.sha256:
            raise DamagedError(f"{heads_key} did not come back as it was written")
        previous = self._before.latest(unit.workspace_id, unit.period)
        statement = Statement(
            unit.workspace_id,
            unit.period,
            rows,
            heads.sha256,
            None if previous is None else previous.parts[0].sha256,
        )
        signature = self._signer.sign(statement.digest)
        with self._files.create(f"{key}{STATEMENT_SUFFIX}", "application/json") as file:
            file.write(json.dump(checkpoint_json(statement, signature)))
        return Part(
            name=f"{archive.attempt}{STATEMENT_SUFFIX}",
            rows=rows,
            bytes=heads.size_bytes,
            sha256=statement.digest.hex(),
            first=min(spans),
            last=max(spans),
            start_ms=0,
            end_ms=0,
            sums={},
        )

    def _marks(self, workspace_id: str, spans: dict[str, Span]) -> Iterator[Sequence[HeadMark]]:
        places = iter(spans.items())
        while some := dict(islice(places, MARKS_AT_ONCE)):
            hashes = self._committed.last_hashes(workspace_id, some)
            yield [HeadMark(a, some[a].last, hashes[a]) for a in some]
