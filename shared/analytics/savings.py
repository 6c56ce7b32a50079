"""Proposals to save, found in model cells: judged by `shared.domain.savings`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from shared.domain.calendar import day_start_ms, local_day, zone_of
from shared.domain.cells import MODEL, CellKey, Delta, split_model_value
from shared.domain.price_book import PriceBook
from shared.domain.savings import Prices, Saving, Traffic, Use, savings_of
from shared.domain.statistics import Selection, grouped
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces

NOON_MS: Final = 12 * 3_600_000
"""Prices are those of noon (UTC): the book has some that are lower by night, which nobody can count on."""


class FindSavings:
    """Finds proposals for a range of days."""

    def __init__(
        self, cells: Cells, workspaces: Workspaces, clock: Clock, book: Callable[[], PriceBook]
    ) -> None:
        self._cells = cells
        self._workspaces = workspaces
        self._clock = clock
        self._book = book

    def __call__(
        self, workspace: Workspace, account_id: str | None, what: Selection, first: str, last: str
    ) -> list[Saving]:
        """The proposals for the workspace or for one account, the largest saving first."""
        everywhere = self._cells.shared(workspace, MODEL, first, last)
        own = everywhere
        if account_id is not None:
            own = self._cells.private(workspace, account_id, MODEL, first, last)
        day = min(last, local_day(self._clock.now_ms(), workspace.zone))
        prices = Prices(
            self._book(),
            self._workspaces.prices(workspace.workspace_id),
            workspace.currency,
            workspace.exchange_rate_picos,
            day_start_ms(day, zone_of("UTC")) + NOON_MS,
        )
        chosen = {key: delta for key, delta in own.items() if what.takes(key)}
        return savings_of(traffic_of(chosen), traffic_of(everywhere), prices)


def traffic_of(cells: Mapping[CellKey, Delta]) -> dict[Use, Traffic]:
    """Model cells by use. No request can have been larger than all of a day together."""
    by_use = [(Use(*split_model_value(key.value)), delta.sums) for key, delta in cells.items()]
    largest: dict[Use, int] = {}
    for use, sums in by_use:
        largest[use] = max(largest.get(use, 0), sums.input)
    return {use: Traffic(sums, largest[use]) for use, sums in grouped(by_use).items()}
