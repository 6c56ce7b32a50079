"""Where the rows of each kind of export come from, and in which order they stand."""

from __future__ import annotations

from collections.abc import Generator, Mapping

from functions.export.batches import Batch, RowSource
from functions.export.summaries import summary_order
from shared.domain.exports import AUDIT, SUMMARY, USAGE_LOGS, Kind, Selection
from shared.domain.workspace import Workspace


class Rows:
    """Reads the rows of selections from the source of their kind."""

    def __init__(self, sources: Mapping[Kind, RowSource]) -> None:
        self._sources = sources

    def read(self, workspace: Workspace, selection: Selection) -> Generator[Batch]:
        """The rows in order; see `functions.export.batches.RowSource`."""
        return self._sources[selection.kind](workspace, selection)


def order_of(selection: Selection) -> str:
    """In which order the rows stand, as the manifest says it."""
    if selection.kind == USAGE_LOGS:
        return "archived days first; then grouped by account, occurredAt ascending within one"
    if selection.kind == AUDIT:
        return "at ascending"
    if selection.kind == SUMMARY:
        return summary_order(selection)
    return "grouped by account, seq ascending within one"
