"""What proves the books reads of cells and marks, beside what others read of accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from shared.domain.cells import CellKey, Delta
from shared.domain.folding import Place, Progress


class PrivateCell(NamedTuple):
    """A cell of an account, and the last entry in it."""

    key: CellKey
    delta: Delta
    up_to: int


class Proofs(Protocol):
    """Cells of any generation as they stand. All reads are consistent."""

    def progress(self, places: Sequence[Place]) -> dict[Place, Progress]:
        """Where accounts stand."""

    def private(self, place: Place, since: str | None = None) -> Iterator[PrivateCell]:
        """All private cells of an account, or (`since`) those of single days from one on."""

    def shared(
        self, workspace_id: str, generation: int, family: str, first: str, last: str
    ) -> Iterator[tuple[CellKey, Delta]]:
        """Shared cells of a family from one period to another, both included."""
