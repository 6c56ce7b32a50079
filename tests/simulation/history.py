"""How items may change: the rules that hold at each change of the table, not only at the end."""

from __future__ import annotations

from typing import Final

from shared.domain.calendar import MS_PER_DAY
from shared.store.table import Item
from tests.fakes.stream import ItemChange
from tests.simulation.sums import local
from tests.simulation.world import World

LEAST_MS: Final = (92 + 30) * MS_PER_DAY
"""How long a log stays at the least: the retention, and thirty days."""

TEXTS: Final = frozenset({"nt", "md", "sa", "ik", "rq", "fp"})
"""What an erasure takes out of entries and logs."""

CELL: Final = "cell"
STEPS: Final = {"pending": {"pending", "sent"}, "writing": {"writing", "written"}}
"""What may come after a state of an alert, and of a unit of the archive."""


def in_order(world: World) -> None:
    """Every change of the table is one that may be made then.

    Raises:
        AssertionError: one is not.
    """
    history = _History(world)
    for change in world.table.changes():
        pk, sk = change.key
        old, new = change.old or {}, change.new or {}
        if sk.startswith("J#") or sk == "LOG":
            _stays(change)
        if sk in {"LOG", "REPRICED"} and new:
            history.of_log(pk, sk, old, new)
        elif sk == "HEAD" and old:
            _goes_on(old, new)
        elif sk.startswith(("CURSOR#", "PARKED#")):
            history.of_folding(pk, sk, old, new)
        elif pk.endswith("#ALERTS") and old:
            assert new["st"] in STEPS.get(str(old["st"]), {old["st"]}), f"7: {old} became {new}"
        elif sk.startswith("usage_logs#") and pk.endswith("#ARCHIVE"):
            history.of_unit(pk, sk, old, new)
        if new:
            history.of_version(pk, sk)
        if sk == "WORKSPACE" and old and old["gn"] != new["gn"]:
            history.unversioned[pk.split("#")[1]] = "generation"
    unversioned = history.unversioned
    assert not unversioned, f"4: nobody is told that these changed: {unversioned}"


class _History:
    """What some items were by then."""

    def __init__(self, world: World) -> None:
        self._workspaces = world.workspaces
        self._verified: set[tuple[str, str]] = set()
        self._created: dict[str, int] = {}
        self._cursors: dict[tuple[str, str], int] = {}
        self.unversioned: dict[str, str] = {}
        """What changed last of figures that nobody is told of."""

    def of_log(self, pk: str, sk: str, old: Item, new: Item) -> None:
        """A log and what stands beside it get their time to go once its day is verified, and not too soon."""
        if sk == "LOG":
            self._created.setdefault(pk, int(str(new["ca"])))
        if new.get("ttl") == old.get("ttl"):
            return
        workspace_id = pk.split("#")[1]
        day = local(self._created[pk], self._workspaces[workspace_id].zone)[0]
        archived = (workspace_id, day) in self._verified
        assert archived, f"7: {pk} may go, and {day} is not archived"
        stays_ms = int(str(new["ttl"])) * 1000 - self._created[pk]
        assert stays_ms >= LEAST_MS, f"7: {pk} goes too soon"

    def of_unit(self, pk: str, sk: str, old: Item, new: Item) -> None:
        """A day of the archive is verified, and stays so."""
        after = STEPS.get(str(old.get("st", "writing")), {"written", "done"})
        assert new["st"] in after, f"7: {old} became {new}"
        if new["st"] != "writing":
            self._verified.add((pk.split("#")[1], sk.removeprefix("usage_logs#")))

    def of_folding(self, pk: str, sk: str, old: Item, new: Item) -> None:
        """A cursor moves on; an account is set aside at the entry after its cursor."""
        place = pk, sk.partition("#")[2]
        if sk.startswith("CURSOR#") and not new:
            self._cursors.pop(place, None)
        elif sk.startswith("CURSOR#"):
            _moves_on(old, new)
            self._cursors[place] = int(str(new["seq"]))
        elif new and not old:
            at = self._cursors.get(place, 0)
            assert new["seq"] == at + 1, f"4: {new} is set aside, and its cursor is at {at}"

    def of_version(self, pk: str, sk: str) -> None:
        """Cells and cursors are written together with the version that tells of them, which comes last."""
        workspace_id = pk.split("#")[1] if "#" in pk else ""
        if "#C#" in pk:
            at = self.unversioned.setdefault(workspace_id, CELL)
            assert at == CELL, f"4: nobody is told that cells of {workspace_id} changed"
        elif sk.startswith("CURSOR#"):
            self.unversioned[workspace_id] = "cursor"
        elif sk == "VERSION":
            self.unversioned.pop(workspace_id, None)


def _stays(change: ItemChange) -> None:
    """Entries and logs stay as they were written; texts go, a log gets its time to go, and then it goes."""
    if change.old is None or change.ttl:
        return
    assert change.new is not None, f"7: {change.old} was deleted"
    names = change.old.keys() | change.new.keys()
    changed = {name for name in names if change.old.get(name) != change.new.get(name)}
    gone = changed - change.new.keys()
    assert gone <= TEXTS, f"7: {change.old} lost {gone}"
    assert changed - gone <= {"ttl"}, f"7: {change.old} became {change.new}"


def _goes_on(old: Item, new: Item) -> None:
    """A head goes on by one entry, or its user is erased."""
    steps = int(str(new["seq"])) - int(str(old["seq"]))
    assert steps == 1 or (steps == 0 and new["nx"] != old.get("nx")), f"3: {old} became {new}"
    assert "nx" not in old or "nx" in new, f"3: {new} is not erased any more"
    assert not old["seq"] or new["ca"] == old["ca"], f"3: {new} began anew"


def _moves_on(old: Item, new: Item) -> None:
    """A cursor goes through the parts of an entry one by one, and past entries otherwise."""
    before, after = (
        (int(str(item.get("seq", 0))), int(str(item.get("part", 0)))) for item in (old, new)
    )
    if after[1]:
        assert after == (before[0], before[1] + 1) or (after[1] == 1 and after[0] >= before[0]), (
            f"4: a cursor went from {before} to {after}"
        )
    else:
        assert after > before, f"4: a cursor went from {before} to {after}"
