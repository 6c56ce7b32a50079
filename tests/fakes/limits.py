"""What DynamoDB refuses, and how it measures items.

Sources: the "Quotas", "Item sizes and formats" and "Expressions" pages of the DynamoDB developer guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from shared.store.schema import PK, SK, TABLE_INDEXES, Key
from shared.store.table import AllOf, AnyOf, Condition, Item, Put, Update, Value, Write
from shared.store.wire import RefusedError

MAX_ITEM_BYTES: Final = 400 * 1024
MAX_TRANSACTION_BYTES: Final = 4 * 1024 * 1024
MAX_PARTITION_KEY_BYTES: Final = 2048
MAX_SORT_KEY_BYTES: Final = 1024
MAX_DIGITS: Final = 38
MAX_MAGNITUDE: Final = 126
"""Numbers stay below 10 to this power."""

MAX_EXPRESSION_BYTES: Final = 4096
MAX_OPERATORS: Final = 300
PLACEHOLDER: Final = re.compile(r"[A-Za-z0-9_]{1,254}", re.ASCII)
"""What may stand behind the `#` of an expression's name."""

KEY_LIMITS: Final = {PK: MAX_PARTITION_KEY_BYTES, SK: MAX_SORT_KEY_BYTES} | {
    name: limit
    for index in TABLE_INDEXES
    for name, limit in (
        (index.partition_key, MAX_PARTITION_KEY_BYTES),
        (index.sort_key, MAX_SORT_KEY_BYTES),
    )
}


class OperandError(Exception):
    """An update does not fit the item as it stands; in a transaction it is a reason, not a refusal."""


def refusal(message: str, code: str = "ValidationException") -> RefusedError:
    """The error of a request that DynamoDB does not accept."""
    return RefusedError(code, {"message": message})


def same(left: Value | None, right: Value | None) -> bool:
    """Whether two values are equal and of one type (`True` is not 1)."""
    return type(left) is type(right) and left == right


def value_bytes(value: Value) -> int:
    """What a value counts in an item's size."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    if isinstance(value, bool):
        return 1
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, int):
        digits = str(abs(value)).rstrip("0") or "0"
        return (len(digits) + 1) // 2 + 1 + (value < 0)
    if isinstance(value, list):
        return 3 + sum(1 + len(member.encode()) for member in value)
    return sum(len(member.encode()) for member in value)


def item_bytes(item: Mapping[str, Value]) -> int:
    """The size of an item: its names and its values."""
    return sum([len(name.encode()) + value_bytes(value) for name, value in item.items()])


def check_number(value: int) -> None:
    """Refuse a number that DynamoDB can't hold."""
    digits = str(abs(value))
    if len(digits.rstrip("0")) > MAX_DIGITS:
        raise refusal("Attempting to store more than 38 significant digits in a Number")
    if len(digits) > MAX_MAGNITUDE:
        raise refusal("Number overflow. Attempting to store a number with too large a magnitude")


def check_value(value: object) -> None:
    """Refuse a value that the store must never write.

    Raises:
        TypeError: it is of no type of the port.
        RefusedError: DynamoDB does not take it.
    """
    if isinstance(value, bool | str | bytes):
        return
    if isinstance(value, int):
        check_number(value)
        return
    if not isinstance(value, list | set):
        raise TypeError(f"{type(value).__name__} is no type of an attribute")
    if not all(isinstance(member, str) for member in value):
        raise TypeError("lists and sets hold strings only")
    if isinstance(value, set) and not value:
        raise refusal("An string set may not be empty")


def check_key(key: Key | Item) -> None:
    """Refuse a key that is not exactly a partition and a sort key."""
    if set(key) != {PK, SK}:
        raise refusal("The provided key element does not match the schema")
    _check_key_attributes(key)


def check_item(item: Item) -> None:
    """Refuse an item whose keys, values or size DynamoDB does not take."""
    for value in item.values():
        check_value(value)
    if PK not in item or SK not in item:
        raise refusal("One of the required keys was not given a value")
    _check_key_attributes(item)
    if item_bytes(item) > MAX_ITEM_BYTES:
        raise refusal("Item size has exceeded the maximum allowed size")


def _check_key_attributes(attributes: Mapping[str, object]) -> None:
    for name in KEY_LIMITS.keys() & attributes.keys():
        value = attributes[name]
        if not isinstance(value, str):
            raise refusal(f"Type mismatch for key {name} expected: S")
        if not 0 < len(value.encode()) <= KEY_LIMITS[name]:
            raise refusal(f"The key attribute {name} is empty or too long")


def check_write(write: Write) -> None:
    """Refuse a write that DynamoDB would not even try."""
    if isinstance(write, Put):
        check_item(write.item)
    else:
        check_key(write.key)
    if isinstance(write, Update):
        _check_update(write)
    if write.condition is not None:
        check_condition(write.condition)


def _check_update(update: Update) -> None:
    names = [*update.assign, *update.add, *update.remove]
    if not names:
        raise refusal("Invalid UpdateExpression: The expression can not be empty;")
    if len(set(names)) < len(names):
        raise refusal("Invalid UpdateExpression: Two document paths overlap with each other")
    if {PK, SK} & set(names):
        raise refusal("Cannot update attribute. This attribute is part of the key")
    for value in [*update.assign.values(), *update.add.values()]:
        check_value(value)
    if any(type(value) is not int for value in update.add.values()):
        raise refusal("Incorrect operand type for operator or function; operator: ADD")
    _check_key_attributes(update.assign)
    # "#name = :n, " in SET, "#name :n, " in ADD, "#name, " in REMOVE, and the three words.
    length = sum(len(name.encode()) + 3 for name in names) + len("SET ADD REMOVE ")
    length += 7 * len(update.assign) + 5 * len(update.add)
    _check_expression(names, length, len(names))


def check_condition(condition: Condition, *, forbidden: Iterable[str] = ()) -> None:
    """Refuse a condition that can't be said in one expression.

    `forbidden` are key attributes that a filter must not name.
    """
    names = list(_names(condition))
    if set(names) & set(forbidden):
        raise refusal("Filter Expression can only contain non-primary key attributes")
    _check_expression(names, sum(len(name.encode()) + 30 for name in names), len(names))


def _names(condition: Condition) -> Iterable[str]:
    if not isinstance(condition, AnyOf | AllOf):
        if hasattr(condition, "value"):
            check_value(condition.value)
        yield condition.name
        return
    if not condition.conditions:
        raise refusal("Invalid ConditionExpression: Syntax error")
    if len(condition.conditions) == 1 and isinstance(condition.conditions[0], AnyOf | AllOf):
        raise refusal("Invalid ConditionExpression: The expression has redundant parentheses;")
    for part in condition.conditions:
        yield from _names(part)


def _check_expression(names: Iterable[str], length: int, operators: int) -> None:
    if not all(PLACEHOLDER.fullmatch(name) for name in names):
        raise refusal("ExpressionAttributeNames contains invalid key: Syntax error")
    if length > MAX_EXPRESSION_BYTES:
        raise refusal("Expression size has exceeded the maximum allowed size;")
    if operators > MAX_OPERATORS:
        raise refusal("The expression contains too many operators")
