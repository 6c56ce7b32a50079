"""Rows on their way into a file, some at a time, with what is summed of them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final

from functions.export.columns import Row
from shared.domain.exports import Selection, Totals
from shared.domain.workspace import Workspace

ROWS_AHEAD: Final = 500
"""Rows of a batch at most. It bounds the memory, and how long the taker is kept waiting."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows, their sums, and how many had to be read to find them.

    `truncated`: there are more groups than rows, smaller ones, and the sums are of all.
    """

    read: int
    rows: list[Row]
    totals: Totals
    truncated: bool = False


RowSource = Callable[[Workspace, Selection], Generator[Batch]]
"""Gives the rows of a selection in order, read as they are taken.

Batches without rows come, too, so that the taker can look at the time. To be closed after use.
"""
