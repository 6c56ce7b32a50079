"""What a table holds: its items, their places in the indexes, its stream, and the units it took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.store.schema import TABLE_INDEXES, Index
from shared.store.table import Item, Query, QueryPage
from tests.fakes.evaluate import copied, holds
from tests.fakes.limits import item_bytes, same
from tests.fakes.rows import Keys, Rows
from tests.fakes.stream import ItemChange

READ_UNIT_BYTES: Final = 4096
WRITE_UNIT_BYTES: Final = 1024

Address = tuple[str, str]


@dataclass(slots=True)
class Units:
    """Request units used up so far: `reads` of 4 KB (eventual ones count half), `writes` of 1 KB.

    A transaction's items count twice, cancelled or not; what it changes in indexes counts once.
    """

    reads: float = 0
    writes: int = 0


class Storage:
    """Items by address. Not safe between threads by itself."""

    def __init__(self) -> None:
        self._items: dict[Address, Item] = {}
        self._rows: dict[Index | None, Rows] = {
            index: Rows(Keys(index)) for index in (None, *TABLE_INDEXES)
        }
        self.changes: list[ItemChange] = []
        self.units = Units()

    def items(self) -> list[Item]:
        """Copies of all items, in key order."""
        return [copied(self._items[address]) for address in sorted(self._items)]

    def read(self, address: Address, *, eventual: bool = False) -> Item | None:
        """A copy of one item."""
        item = self._items.get(address)
        self.units.reads += read_units(item_bytes(item) if item else 0) / (2 if eventual else 1)
        return None if item is None else copied(item)

    def peek(self, address: Address) -> Item | None:
        """The item itself, for a look inside; nothing may change it."""
        return self._items.get(address)

    def replace(self, address: Address, new: Item | None, *, at_ms: int, ttl: bool = False) -> None:
        """Put an item in the place of what stands there (None: remove that)."""
        old = self._items.pop(address, None)
        for rows in self._rows.values():
            if old is not None:
                rows.discard(old)
            if new is not None:
                rows.add(new)
            if rows.keys.index is not None:
                self.units.writes += _index_units(rows.keys, old, new)
        if new is not None:
            self._items[address] = copied(new)
        if _changed(old, new):
            kept = None if new is None else self._items[address]
            self.changes.append(ItemChange(kept, old, len(self.changes) + 1, at_ms, ttl))

    def keys(self, index: Index | None) -> Keys:
        """The key attributes of the table or of an index."""
        return self._rows[index].keys

    def query(self, query: Query, page_bytes: int) -> QueryPage:
        """One page: at most `query.limit` rows, and no more once `page_bytes` are read."""
        rows = self._rows[query.index]
        read: list[Item] = []
        size, more = 0, False
        for _, pk, sk in rows.select(query):
            if size >= page_bytes:
                more = True
                break
            read.append(rows.keys.project(self._items[pk, sk]))
            size += item_bytes(read[-1])
            if len(read) == query.limit:
                # Like AWS: a page that its limit ended never knows that it was the last.
                more = True
                break
        self.units.reads += read_units(size) / (1 if query.index is None else 2)
        matching = [
            {name: value for name, value in copied(item).items() if name in (query.only or item)}
            for item in read
            if holds(query.where, item)
        ]
        return QueryPage(matching, rows.keys.key_of(read[-1]) if more else None)


def read_units(size: int) -> int:
    """Units of a consistent read of so many bytes."""
    return max(1, -(-size // READ_UNIT_BYTES))


def write_units(*items: Item | None) -> int:
    """Units of a write: by the largest of the item as it was and as it is."""
    size = max(item_bytes(item) if item else 0 for item in items)
    return max(1, -(-size // WRITE_UNIT_BYTES))


def _index_units(keys: Keys, old: Item | None, new: Item | None) -> int:
    """Units of an index's share of a write: none where nothing in it changes, two rows where it moves."""
    before = old if old is not None and keys.place(old) else None
    after = new if new is not None and keys.place(new) else None
    before, after = before and keys.project(before), after and keys.project(after)
    if before == after:
        return 0
    if before and after and keys.place(before) != keys.place(after):
        return write_units(before) + write_units(after)
    return write_units(before, after)


def _changed(old: Item | None, new: Item | None) -> bool:
    if old is None or new is None:
        return old is not new
    return old.keys() != new.keys() or not all(same(old[name], new[name]) for name in old)
