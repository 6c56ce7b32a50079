"""What the topic was told: each message says what is on record, of its own workspace, and what is true."""

from __future__ import annotations

from collections import Counter
from typing import Final

from shared.domain.head import Period
from shared.store.table import Item
from tests.simulation.books import Books
from tests.simulation.figures import used
from tests.simulation.world import World

MEMBERS: Final = {
    "th": "thresholdId",
    "sc": "scope",
    "mt": "metric",
    "kd": "thresholdType",
    "li": "thresholdValue",
    "va": "actualValue",
    "pe": "period",
    "pc": "percent",
    "ac": "userId",
}
"""Attributes of an alert and the members that a message has them in (no metric of a world is money)."""


def told_right(world: World, books: Books, items: list[Item]) -> None:
    """4, 6 and 7 for what subscribers read.

    Raises:
        AssertionError: it is not what is on record, or that is not what was.
    """
    alerts = {
        (str(item["pk"]).split("#")[1], str(item["sk"])): item
        for item in items
        if str(item["pk"]).endswith("#ALERTS")
    }
    for workspace_id, message in world.published:
        item = alerts.get((workspace_id, str(message["id"])))
        assert item is not None, f"6: {workspace_id} was told of {message}"
        for name, member in MEMBERS.items():
            assert message.get(member) == item.get(name), f"7: {message} tells of {item}"
    for (workspace_id, _), item in alerts.items():
        limits = {
            version.threshold.rules.limit(item["kd"])  # type: ignore[arg-type]
            for version in books.versions[str(item["th"])]
            if item["rv"] in {0, version.threshold.arming(item["kd"]).revision}  # type: ignore[arg-type]
        }
        assert item["li"] in limits, f"7: {item} has a limit of none of {limits}"
        if "tt" in item:
            continue
        value, limit = int(str(item["va"])), int(str(item["li"]))
        if "pc" not in item:
            entry = books.entries[workspace_id, str(item["ac"])][
                int(str(item["mk"]).split()[1]) - 1
            ]
            assert value == entry.balance_after < limit, f"4: {item} on {entry}"
        else:
            assert value * 100 >= limit * int(str(item["pc"])), f"4: {item} is not reached"
        if "pc" in item and "ac" in item:
            figures = _figures(world, books, workspace_id, item)
            assert value in figures, f"4: {item} never was one of {figures}"


def _figures(world: World, books: Books, workspace_id: str, item: Item) -> set[int]:
    """All that an account's figure of the alert's period ever was."""
    kind: Period = "daily" if item["kd"] == "daily" else "monthly"
    running: Counter[str] = Counter()
    found = set()
    entries = books.entries[workspace_id, str(item["ac"])]
    for row in used(world.workspaces[workspace_id], entries, kind, item["mt"]):  # type: ignore[arg-type]
        if row.in_time:
            running[row.period] += row.amount
        if row.period == item["pe"]:
            found.add(running[row.period])
    return found
