"""What calls take of the table, as DynamoDB tells with each answer: `ReturnConsumedCapacity`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from unittest.mock import patch

from shared.store.wire import SignedWire

COMMIT: Final = "TransactWriteItems"
WRITES: Final = frozenset({COMMIT, "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"})


@dataclass(slots=True)
class Meter:
    """Capacity units by operation (transactions double, indexes included) and how often each was called."""

    units: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def commits(self) -> float:
        """Write units of transactions."""
        return self.units[COMMIT]

    @property
    def writes(self) -> float:
        """Write units of all there was."""
        return sum(units for name, units in self.units.items() if name in WRITES)

    @property
    def reads(self) -> float:
        """Read units of all there was."""
        return sum(units for name, units in self.units.items() if name not in WRITES)


@contextmanager
def metered() -> Iterator[Meter]:
    """Counts what this process asks of the table meanwhile."""
    meter = Meter()
    call = SignedWire.call

    def counted(wire: SignedWire, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
        answer = call(wire, operation, {**members, "ReturnConsumedCapacity": "TOTAL"})
        found = answer.get("ConsumedCapacity", [])
        for consumed in found if isinstance(found, list) else [found]:
            meter.units[operation] += consumed["CapacityUnits"]
        meter.calls[operation] += 1
        return answer

    with patch.object(SignedWire, "call", counted):
        yield meter
