"""How far the night's proof of everything is, and what the next one goes on from: items, compressed."""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

from shared.domain.nights import Night
from shared.store.schema import NIGHT_SK, SCHEMA_VERSION, Key, system_key
from shared.store.table import (
    AllOf,
    ConditionFailedError,
    Equal,
    Item,
    Put,
    Table,
    binary,
    number,
    optional_text,
    readable,
    text,
)

LEVEL: Final = 6
"""Of compression: some twenty milliseconds for a megabyte."""


class DynamoNights:
    """The latest night in the table, and what the proof of each workspace goes on from."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def begin(self, night: Night) -> None:
        """Begin a night. One that is still under way ends where it is."""
        self._table.write(Put(night_item(night)))

    def load(self) -> Night | None:
        """The latest night; None before the first.

        Raises:
            ValueError: the item is none.
        """
        item = self._table.get(system_key(NIGHT_SK))
        return None if item is None else night_from(item)

    def save(self, night: Night, expected: Night) -> bool:
        """Write down a step; False when somebody else did it, or another night has begun."""
        same = AllOf((Equal("rn", expected.run_id), Equal("st", expected.step)))
        try:
            self._table.write(Put(night_item(night), same))
        except ConditionFailedError:
            return False
        return True

    def footing(self, workspace_id: str) -> dict[str, Any] | None:
        """The walk of a workspace's last proof, if it ended well.

        Raises:
            ValueError: the item is none.
        """
        item = self._table.get(_footing_key(workspace_id))
        return None if item is None else footing_from(item)

    def keep_footing(self, workspace_id: str, walk: dict[str, Any] | None) -> None:
        """Keep a walk for the next proof; None: that begins with the first entries."""
        item: Item = {**_footing_key(workspace_id), "v": SCHEMA_VERSION}
        if walk is not None:
            item["kp"] = _packed(walk)
        self._table.write(Put(item))


def _footing_key(workspace_id: str) -> Key:
    return system_key(f"FOOTING#{workspace_id}")


def footing_from(item: Item) -> dict[str, Any] | None:
    """The walk of an item; None where there is none to go on from.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    return _unpacked(binary(item, "kp")) if "kp" in item else None


def _packed(kept: dict[str, Any]) -> bytes:
    return zlib.compress(json.dumps(kept, separators=(",", ":")).encode(), LEVEL)


def _unpacked(data: bytes) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(zlib.decompress(data))
    except zlib.error as error:
        raise ValueError("nothing that was compressed") from error
    return kept


def night_item(night: Night) -> Item:
    """A night."""
    item: Item = {
        **system_key(NIGHT_SK),
        "v": SCHEMA_VERSION,
        "rn": night.run_id,
        "st": night.step,
        "ca": night.started_ms,
        "dn": night.done,
        "kp": _packed({"walk": night.walk, "report": night.report}),
    }
    return item if night.after is None else item | {"af": night.after}


def night_from(item: Item) -> Night:
    """The night of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    kept = _unpacked(binary(item, "kp"))
    return Night(
        text(item, "rn"),
        number(item, "st"),
        number(item, "ca"),
        optional_text(item, "af"),
        kept["walk"],
        kept["report"],
        done=item.get("dn") is True,
    )
