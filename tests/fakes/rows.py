"""Rows of a table or an index in key order: what a query walks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass

from shared.store.schema import PK, SK, Index
from shared.store.table import Item, Query, Value
from tests.fakes.limits import refusal

Position = tuple[str, str, str]
"""Where a row stands in its partition: its sort key, then the key of its item."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key attributes of the table (`index` None) or of an index."""

    index: Index | None = None

    @property
    def partition(self) -> str:
        """The attribute that holds the partition."""
        return PK if self.index is None else self.index.partition_key

    @property
    def sort(self) -> str:
        """The attribute that holds the sort key."""
        return SK if self.index is None else self.index.sort_key

    def place(self, item: Mapping[str, Value]) -> tuple[str, Position] | None:
        """The partition and position of an item; None where it has no place in the index."""
        partition, sort = item.get(self.partition), item.get(self.sort)
        if not isinstance(partition, str) or not isinstance(sort, str):
            return None
        return partition, (sort, str(item[PK]), str(item[SK]))

    def project(self, item: Item) -> Item:
        """What the table or index holds of an item."""
        if self.index is None or not self.index.include:
            return item
        kept = {PK, SK, self.partition, self.sort, *self.index.include}
        return {name: value for name, value in item.items() if name in kept}

    def key_of(self, item: Item) -> dict[str, Value]:
        """The key from which a query goes on behind an item."""
        return {name: item[name] for name in (PK, SK, self.partition, self.sort)}


class Rows:
    """The rows of the table or of one index."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._partitions: dict[str, list[Position]] = {}

    def add(self, item: Item) -> None:
        """Take up an item that has a place here."""
        place = self.keys.place(item)
        if place is not None:
            insort(self._partitions.setdefault(place[0], []), place[1])

    def discard(self, item: Item) -> None:
        """Drop an item that had a place here."""
        place = self.keys.place(item)
        if place is not None:
            positions = self._partitions[place[0]]
            del positions[bisect_left(positions, place[1])]

    def select(self, query: Query) -> list[Position]:
        """All positions of a query in its order, from `after` on."""
        positions = self._partitions.get(query.partition, [])
        first, last = _bounds(positions, query)
        if query.after is not None:
            position = self._start(query)
            if query.descending:
                last = min(last, bisect_left(positions, position))
            else:
                first = max(first, bisect_right(positions, position))
        selected = positions[first:last]
        return selected[::-1] if query.descending else selected

    def _start(self, query: Query) -> Position:
        assert query.after is not None
        if set(query.after) != {PK, SK, self.keys.partition, self.keys.sort}:
            raise refusal("The provided starting key is invalid")
        place = self.keys.place(query.after)
        if place is None or place[0] != query.partition or not _within(place[1][0], query):
            raise refusal("The provided starting key is outside query boundaries")
        return place[1]


def check_bounds(query: Query) -> None:
    """Refuse bounds that DynamoDB does not take."""
    if "" in {query.partition, query.low, query.high, query.prefix}:
        raise refusal("The AttributeValue for a key attribute cannot contain an empty string value")
    if query.low is not None and query.high is not None and query.low > query.high:
        raise refusal("The BETWEEN operator requires upper bound to be greater than lower bound")
    if query.limit is not None and query.limit < 1:
        raise refusal("Limit must have value greater than or equal to 1")


def _bounds(positions: list[Position], query: Query) -> tuple[int, int]:
    if query.prefix is not None:
        prefix, width = query.prefix, len(query.prefix)
        first = bisect_left(positions, prefix, key=lambda position: position[0][:width])
        return first, bisect_right(positions, prefix, key=lambda position: position[0][:width])
    low, high = query.low, query.high
    first = 0 if low is None else bisect_left(positions, low, key=lambda position: position[0])
    if high is None:
        return first, len(positions)
    return first, bisect_right(positions, high, key=lambda position: position[0])


def _within(sort: str, query: Query) -> bool:
    return (
        (query.prefix is None or sort.startswith(query.prefix))
        and (query.low is None or sort >= query.low)
        and (query.high is None or sort <= query.high)
    )
