"""RateCounters of requests: one item each, an attribute for each slot of time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from shared.domain.calendar import MS_PER_DAY
from shared.domain.errors import UnavailableError
from shared.domain.throttle import in_window, slot_ms
from shared.ports.rate_counters import RateCounter
from shared.store.schema import SCHEMA_VERSION, TTL_ATTRIBUTE, Key, rate_key, source_key
from shared.store.table import CountingTable, Item, StoreUnavailableError, Table, Update, readable

PREFIX: Final = "n"
"""Of a slot's attribute; its number follows in hexadecimal, eight digits until the year 2378."""

MOST_OLD: Final = 20
"""Slots outside the window that may stay: they go many at once, and an item stays under a kilobyte."""

CALLER_KEPT_DAYS: Final = 90
"""A caller's last slot tells when it was last there: as long as a dead key is listed."""

SOURCE_KEPT_DAYS: Final = 1
"""An address is kept no longer than the table needs to let it go."""


class DynamoRateCounters:
    """`RateCounters` in the table: one write unit an addition, which never fails for the sake of others."""

    def __init__(self, table: CountingTable) -> None:
        self._table = table

    def add(self, counter: RateCounter, changes: Mapping[int, int]) -> Mapping[int, int]:
        """Add to some slots, and see all of them as they are right after.

        Raises:
            UnavailableError: it may or may not have been added.
        """
        now = max(changes)
        days = SOURCE_KEPT_DAYS if counter.workspace_id is None else CALLER_KEPT_DAYS
        expires_s = (slot_ms(now) + days * MS_PER_DAY) // 1000
        update = Update(
            _key(counter),
            assign={"v": SCHEMA_VERSION, TTL_ATTRIBUTE: expires_s},
            add={f"{PREFIX}{slot:x}": change for slot, change in changes.items()},
        )
        try:
            counts = _counts(self._table.update(update))
        except StoreUnavailableError as error:
            raise UnavailableError("Requests cannot be counted at the moment.") from error
        self._sweep(counter, [slot for slot in counts if not in_window(slot, now)])
        return counts

    def _sweep(self, counter: RateCounter, old: list[int]) -> None:
        if len(old) > MOST_OLD:
            names = tuple(f"{PREFIX}{slot:x}" for slot in old)
            with suppress(StoreUnavailableError):  # They can go the next time.
                self._table.write(Update(_key(counter), remove=names))


def last_asked_ms(table: Table, workspace_id: str, callers: Sequence[str]) -> dict[str, int]:
    """By caller, the slot in which a request was last let through; unknown ones are left out."""
    keys = {caller: rate_key(workspace_id, caller) for caller in callers}
    found = table.get_many(list(keys.values()))
    last = {}
    for caller, key in keys.items():
        counts = _counts(found.get((key["pk"], key["sk"]), {}))
        slots = [slot for slot, count in counts.items() if count > 0]
        if slots:
            last[caller] = slot_ms(max(slots))
    return last


def _key(counter: RateCounter) -> Key:
    if counter.workspace_id is None:
        return source_key(counter.name)
    return rate_key(counter.workspace_id, counter.name)


def _counts(item: Item) -> dict[int, int]:
    readable(item)
    return {
        int(name.removeprefix(PREFIX), 16): count
        for name, count in item.items()
        if name.startswith(PREFIX) and isinstance(count, int)
    }
