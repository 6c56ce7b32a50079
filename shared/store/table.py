"""The table as the store's modules see it: native values, small typed conditions, few verbs.

`DynamoTable` speaks to DynamoDB; the tests have an in-memory table with the same rules. Items are flat
dictionaries of native values (`str`, `int`, `bytes`, `bool`, lists and sets of `str`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

from shared.store.schema import SCHEMA_VERSION, Index, Key

W = TypeVar("W")

Value = str | int | bytes | bool | list[str] | set[str]
Item = dict[str, Value]

MAX_TRANSACTION_ITEMS: Final = 100


@dataclass(frozen=True, slots=True)
class Absent:
    """The attribute is not there (on a key attribute: the item is not there)."""

    name: str


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute is there."""

    name: str


@dataclass(frozen=True, slots=True)
class Equal:
    """The attribute has this value."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Below:
    """The attribute is a smaller number, or a string that sorts before."""

    name: str
    value: int | str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one condition holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every condition holds."""

    conditions: tuple[Condition, ...]


Condition = Absent | Present | Equal | Below | AnyOf | AllOf

NEW_ITEM: Final = Absent("pk")


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item."""

    item: Item
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Update:
    """Change an item, or make it: set and remove attributes, add to numbers (absent counts as 0)."""

    key: Key
    assign: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: tuple[str, ...] = ()
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an item."""

    key: Key
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Only check a condition, as a part of a transaction."""

    key: Key
    condition: Condition


Write = Put | Update | Delete | Check


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of one partition in order of the sort key.

    `low` and `high` bound the sort key, both included; `prefix` instead takes the keys that start so. On
    the table itself the read is consistent, on an index it cannot be. `where` filters after reading; of the
    rows that are left only the attributes in `only` come back (empty: all). Units are those of whole rows.
    """

    partition: str
    index: Index | None = None
    low: str | None = None
    high: str | None = None
    prefix: str | None = None
    descending: bool = False
    limit: int | None = None
    after: Mapping[str, Value] | None = None
    where: Condition | None = None
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.prefix is None or (self.low is None and self.high is None)


@dataclass(frozen=True, slots=True)
class QueryPage:
    """Rows read, and the key to pass as `after` to go on (None at the end)."""

    items: list[Item]
    next_key: Mapping[str, Value] | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one write of a transaction failed. `code` is DynamoDB's, `None` for a write that was fine.

    `item` is the item as it stood, where the condition failed and there was one.
    """

    code: str | None
    item: Item | None = None

    @property
    def condition_failed(self) -> bool:
        """Whether the write's own condition did not hold."""
        return self.code == "ConditionalCheckFailed"


class ConditionFailedError(Exception):
    """A single write's condition did not hold; `item` is what stood there (None: nothing)."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition does not hold")
        self.item = item


class TransactionCanceledError(Exception):
    """Nothing of the transaction was written; `reasons` stand in the order of its writes."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(", ".join(str(reason.code) for reason in reasons))
        self.reasons = tuple(reasons)


class StoreUnavailableError(Exception):
    """The table did not answer or throttled, after retries. A write may or may not have happened."""


class NewerItemError(ValueError):
    """A later release wrote an item in a form that this one would misread."""


class Table(Protocol):
    """One table. Every read by key and every query of the table itself is consistent, unless said."""

    def get(self, key: Key) -> Item | None:
        """One item."""

    def get_many(
        self, keys: Sequence[Key], *, eventual: bool = False
    ) -> dict[tuple[str, str], Item]:
        """Items by `(pk, sk)`; those that are not there are left out. Any number of keys.

        `eventual`: at half the price, what was written in the last moments may not show yet.
        """

    def query(self, query: Query) -> QueryPage:
        """One page of rows: at most `limit` rows read and 1 MB."""

    def write(self, write: Put | Update | Delete) -> None:
        """One write.

        Raises:
            ConditionFailedError: its condition does not hold.
        """

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """All of the writes or none; a repeat with the same token counts once.

        Raises:
            TransactionCanceledError: a condition does not hold, or others write the same items now.
        """


class CountingTable(Table, Protocol):
    """A table that also counts: it tells what a change made of an item."""

    def update(self, update: Update) -> Item:
        """One unconditional update, and the item right after it."""


def rows(table: Table, query: Query) -> Iterator[Item]:
    """All rows of a query, page by page as they are taken (`limit` is the size of a page)."""
    page = table.query(query)
    yield from page.items
    while page.next_key is not None:
        page = table.query(replace_after(query, page.next_key))
        yield from page.items


def replace_after(query: Query, after: Mapping[str, Value]) -> Query:
    """The same query, going on from a key."""
    return replace(query, after=after)


def readable(item: Mapping[str, Value]) -> None:
    """Refuse an item of a later schema version; attributes that are only unknown do no harm.

    Raises:
        NewerItemError: it is one.
    """
    version = item.get("v", SCHEMA_VERSION)
    if not isinstance(version, int) or version > SCHEMA_VERSION:
        where = f"{item.get('pk')!r} {item.get('sk')!r}"
        known_here = f"this release reads up to {SCHEMA_VERSION}"
        raise NewerItemError(f"{where} has schema version {version!r}; {known_here}")


def text(item: Item, name: str) -> str:
    """A string attribute.

    Raises:
        ValueError: it is missing or of another type.
    """
    value = item.get(name)
    if not isinstance(value, str):
        raise ValueError(f"attribute {name!r} is no string")
    return value


def optional_text(item: Item, name: str) -> str | None:
    """A string attribute, None where there is none."""
    return text(item, name) if name in item else None


def number(item: Item, name: str, default: int | None = None) -> int:
    """An integer attribute.

    Raises:
        ValueError: it is missing (without a default) or of another type.
    """
    value = item.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"attribute {name!r} is no integer")
    return value


def optional_number(item: Item, name: str) -> int | None:
    """An integer attribute, None where there is none."""
    return number(item, name) if name in item else None


def binary(item: Item, name: str) -> bytes:
    """A binary attribute.

    Raises:
        ValueError: it is missing or of another type.
    """
    value = item.get(name)
    if not isinstance(value, bytes):
        raise ValueError(f"attribute {name!r} is not binary")
    return value


def texts(item: Item, name: str) -> tuple[str, ...]:
    """A list (or set, then sorted) of strings; empty where there is none."""
    value = item.get(name, [])
    if isinstance(value, set):
        return tuple(sorted(value))
    if not isinstance(value, list):
        raise ValueError(f"attribute {name!r} is no list")
    return tuple(value)


def known(words: Mapping[str, W], word: str) -> W:
    """What a stored word stands for.

    Raises:
        ValueError: it is none of those known.
    """
    if word not in words:
        raise ValueError(f"{word!r} is not a word known here")
    return words[word]
