"""How far the night's proof of everything is: one item, compressed."""

from __future__ import annotations

import json
import zlib
from typing import Final

from shared.domain.nights import Night
from shared.store.schema import NIGHT_SK, SCHEMA_VERSION, system_key
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
    """The latest night in the table."""

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


def night_item(night: Night) -> Item:
    """A night."""
    kept = json.dumps({"walk": night.walk, "report": night.report}, separators=(",", ":"))
    item: Item = {
        **system_key(NIGHT_SK),
        "v": SCHEMA_VERSION,
        "rn": night.run_id,
        "st": night.step,
        "ca": night.started_ms,
        "dn": night.done,
        "kp": zlib.compress(kept.encode(), LEVEL),
    }
    return item if night.after is None else item | {"af": night.after}


def night_from(item: Item) -> Night:
    """The night of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    kept = json.loads(zlib.decompress(binary(item, "kp")))
    return Night(
        text(item, "rn"),
        number(item, "st"),
        number(item, "ca"),
        optional_text(item, "af"),
        kept["walk"],
        kept["report"],
        done=item.get("dn") is True,
    )
