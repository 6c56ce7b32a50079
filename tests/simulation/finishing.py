"""Long work comes to its end once, and nobody takes it from who is at it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from shared.domain.calendar import MS_PER_MINUTE
from shared.store.table import Item
from tests.fakes.stream import ItemChange
from tests.simulation.picking import Job
from tests.simulation.stage import LARGEST_SKEW_MS
from tests.simulation.world import World

FAMILIES: Final = ("#ERASURES", "#EXPORTS", "#REPRICINGS")
ENDS: Final = {
    "ERASURES": {"done"},
    "EXPORTS": {"done", "failed"},
    "REPRICINGS": {"done", "failed"},
}
"""How long work may end. What users ask for may fail where its messages were lost, and they can ask anew."""

ALIVE_MS: Final = 16 * MS_PER_MINUTE
"""Whoever gave a sign of life may be at it for so long: a function lives a quarter of an hour."""


def finished(world: World, items: list[Item]) -> None:
    """7 and 2: what was asked for is done, also what was left in the middle, and once.

    Raises:
        AssertionError: it is not so.
    """
    written: Counter[Job] = Counter()
    done: Counter[tuple[str, str, object]] = Counter()
    for change in world.table.changes():
        pk, sk = change.key
        if not pk.endswith(FAMILIES) or change.new is None or change.old is None:
            continue
        old, new = change.old, change.new
        job = pk.split("#")[1], sk
        looked = (job, new["ua"]) in world.looker.written and new["ua"] != old["ua"]
        if looked and old["st"] == "running":
            written[job] += int(str(new.get("sa", 0))) - int(str(old.get("sa", 0)))
            _left(change, old, new)
        if new["st"] == "done" != old["st"]:
            done[pk, sk, new.get("id")] += 1
    twice = {place for place, times in done.items() if times > 1}
    assert not twice, f"2: done twice: {twice}"
    for job, messages in world.looker.sent.items():
        assert messages <= written[job], f"2: {messages} messages for {job}, {written[job]} noted"
    for item in items:
        if world.has("lost") and str(item["pk"]).endswith(FAMILIES):
            ends = ENDS[str(item["pk"]).rpartition("#")[2]]
            assert item["st"] in ends, f"7: left undone: {item}"
            assert "ok" not in item, f"7: still among what is under way: {item}"


def _left(change: ItemChange, old: Item, new: Item) -> None:
    """What a look changes was silent for so long that nobody can be at it, nor its message on the way."""
    silent_ms = change.at_ms - int(str(old["ua"]))
    assert silent_ms >= ALIVE_MS - LARGEST_SKEW_MS, (
        f"2: taken from who is at it: {old} became {new}"
    )
