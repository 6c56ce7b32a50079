"""Generations of cells: a new one is whole once it is read, an old one goes once nobody reads it."""

from __future__ import annotations

from typing import Final

from shared.domain.calendar import MS_PER_MINUTE
from shared.store.table import Item
from tests.fakes.stream import ItemChange
from tests.simulation.books import Books
from tests.simulation.stage import LARGEST_SKEW_MS
from tests.simulation.sums import Cells, assert_same, cells_of, figures_of
from tests.simulation.world import World

READ_MS: Final = 16 * MS_PER_MINUTE
"""Whoever read the settings before they changed may read the old cells for so long."""

Position = tuple[int, int]


def flipped(world: World, books: Books) -> None:
    """4: no event is lost or doubled between the old cells and the new ones, at the moment itself.

    Raises:
        AssertionError: one is.
    """
    generations = _Generations(world, books)
    for change in world.table.changes():
        pk, sk = change.key
        if sk == "WORKSPACE" and change.new is not None:
            generations.of_settings(change, change.new)
        elif sk.startswith("CURSOR#"):
            generations.of_cursor(pk, int(sk.removeprefix("CURSOR#")), change)
        elif "#C#" in pk:
            generations.of_cell(pk, sk, change)


class _Generations:
    """Cells and cursors as they are by then."""

    def __init__(self, world: World, books: Books) -> None:
        self._world = world
        self._books = books
        self._cells: dict[tuple[str, str], Item] = {}
        self._cursors: dict[tuple[str, int], dict[str, Position]] = {}
        self._shown: dict[str, int] = {}
        self._since_ms: dict[str, int] = {}

    def of_settings(self, change: ItemChange, new: Item) -> None:
        """Another generation is read from now on."""
        workspace_id, generation = change.key[0].split("#")[1], int(str(new["gn"]))
        before = self._shown.get(workspace_id, generation)
        self._shown[workspace_id] = generation
        if before == generation:
            return
        self._since_ms[workspace_id] = change.at_ms
        old = self._cursors.get((workspace_id, before), {})
        now = self._cursors.get((workspace_id, generation), {})
        for account_id, at in old.items():
            there = now.get(account_id, (0, 0))
            assert there >= at, f"4: {account_id} was read up to {at}, and now to {there}"
        if not any(part for _, part in now.values()):
            reached = {account_id: seq for account_id, (seq, _) in now.items()}
            due = cells_of(self._world, self._books, workspace_id, generation, reached)
            prefix = f"W#{workspace_id}#C#{generation}#"
            found: Cells = {
                place: figures_of(item)
                for place, item in self._cells.items()
                if place[0].startswith(prefix) and not place[0].endswith(("#A", "#L"))
            }
            assert_same({place: due[place] for place in due if "#C#" in place[0]}, found)

    def of_cursor(self, pk: str, generation: int, change: ItemChange) -> None:
        """A cursor moves, or goes with its generation."""
        _, workspace_id, _, account_id = pk.split("#")
        cursors = self._cursors.setdefault((workspace_id, generation), {})
        if change.new is None:
            self._gone(workspace_id, generation, change)
            cursors.pop(account_id, None)
        else:
            cursors[account_id] = int(str(change.new["seq"])), int(str(change.new["part"]))

    def of_cell(self, pk: str, sk: str, change: ItemChange) -> None:
        """A shared cell changes, or goes with its generation."""
        if change.new is None:
            _, workspace_id, _, generation, _ = pk.split("#")
            self._gone(workspace_id, int(generation), change)
            self._cells.pop((pk, sk), None)
        else:
            self._cells[pk, sk] = change.new

    def _gone(self, workspace_id: str, generation: int, change: ItemChange) -> None:
        shown = self._shown[workspace_id]
        assert generation < shown, f"4: {change.key} was deleted, and {shown} is read"
        read_ms = change.at_ms - self._since_ms[workspace_id]
        assert read_ms >= READ_MS - LARGEST_SKEW_MS, f"4: {change.key} may still be read"
