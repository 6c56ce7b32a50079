"""Figures of a workspace or one of its accounts, as cells have them."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.cells import DAY_TOTAL, MODEL, MONTH_TOTAL, CellKey, Delta
from shared.domain.spans import span
from shared.domain.statistics import Selection, summed
from shared.domain.sums import Sums
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells


class Figures:
    """Reads cells of a workspace (`account_id` None) or of one account, by range of local days."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def days(
        self, workspace: Workspace, account_id: str | None, first: str, last: str
    ) -> Mapping[CellKey, Delta]:
        """Totals of the days, with percentiles and hours."""
        return self._family(workspace, account_id, DAY_TOTAL, first, last)

    def months(
        self, workspace: Workspace, account_id: str | None, first: str, last: str
    ) -> Mapping[CellKey, Delta]:
        """Totals of months, both included, with percentiles."""
        return self._family(workspace, account_id, MONTH_TOTAL, first, last)

    def models(
        self,
        workspace: Workspace,
        account_id: str | None,
        first: str,
        last: str,
        what: Selection,
    ) -> Mapping[CellKey, Delta]:
        """Models of the days, as far as they are asked for, with percentiles and hours."""
        cells = self._family(workspace, account_id, MODEL, first, last)
        return {key: delta for key, delta in cells.items() if what.takes(key)}

    def total(
        self,
        workspace: Workspace,
        account_id: str | None,
        first: str,
        last: str,
        what: Selection,
    ) -> Sums:
        """All of a range: a long one from the months inside it and the days at its ends."""
        if what:
            cells = self.models(workspace, account_id, first, last, what)
            return summed(delta.sums for delta in cells.values())
        parts = [
            self._family(
                workspace, account_id, MONTH_TOTAL if part.months else DAY_TOTAL, *part.ends
            )
            for part in span(first, last)
        ]
        return summed(delta.sums for part in parts for delta in part.values())

    def _family(
        self, workspace: Workspace, account_id: str | None, family: str, first: str, last: str
    ) -> Mapping[CellKey, Delta]:
        if account_id is None:
            return self._cells.shared(workspace, family, first, last)
        return self._cells.private(workspace, account_id, family, first, last)
