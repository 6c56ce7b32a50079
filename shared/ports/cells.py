"""Reads of cells."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple, Protocol

from shared.domain.cells import CellKey, Delta
from shared.domain.workspace import Workspace


class CellRange(NamedTuple):
    """Cells of a family from one period to another, both included."""

    family: str
    first: str
    last: str


class AccountCells(Protocol):
    """Reads of one account's cells."""

    def private_as_of(
        self, workspace: Workspace, account_id: str, wanted: Sequence[CellRange]
    ) -> tuple[int, dict[CellKey, Delta]]:
        """An account's cells of several ranges, all right after one entry, and that entry's number."""


class Cells(Protocol):
    """Reads of cells in the generation that the workspace shows."""

    def shared(
        self, workspace: Workspace, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        """Shared cells of a family whose period lies between two days (or months), both included."""

    def private(
        self, workspace: Workspace, account_id: str, family: str, first: str, last: str
    ) -> dict[CellKey, Delta]:
        """An account's cells of a family, with its journal's tail folded in: exact now."""

    def active(
        self, workspace: Workspace, period: str, figures: Collection[str] | None = None
    ) -> Iterator[tuple[str, Delta]]:
        """`(account_id, figures)` of the accounts active on a local day or month.

        Only requests, errors, tokens, credits and cost are there, and of these only the `figures` asked
        for by their names in `Sums`.
        """
