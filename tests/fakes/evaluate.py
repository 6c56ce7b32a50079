"""Conditions and updates, as DynamoDB works them out."""

from __future__ import annotations

from typing import assert_never

from shared.store.table import (
    Absent,
    AllOf,
    AnyOf,
    Below,
    Condition,
    Equal,
    Item,
    Present,
    Update,
    Value,
)
from shared.store.wire import RefusedError
from tests.fakes.limits import OperandError, check_item, same


def holds(condition: Condition | None, item: Item | None) -> bool:
    """Whether a condition holds for an item (None: there is none)."""
    attributes: Item = item or {}
    match condition:
        case None:
            return True
        case Absent(name):
            return name not in attributes
        case Present(name):
            return name in attributes
        case Equal(name, value):
            return name in attributes and same(attributes[name], value)
        case Below(name, value):
            return _below(attributes.get(name), value)
        case AnyOf(conditions):
            return any(holds(part, item) for part in conditions)
        case AllOf(conditions):
            return all(holds(part, item) for part in conditions)
        case _:
            assert_never(condition)


def _below(found: Value | None, bound: int | str) -> bool:
    if isinstance(found, str) and isinstance(bound, str):
        return found < bound
    if type(found) is int and type(bound) is int:
        return found < bound
    return False


def updated(item: Item | None, update: Update) -> Item:
    """The item after an update.

    Raises:
        OperandError: a number is added to something else, or the result is none that can be stored.
    """
    after: Item = {**update.key} if item is None else copied(item)
    for name, value in update.assign.items():
        after[name] = copied_value(value)
    for name, amount in update.add.items():
        old = after.get(name, 0)
        if type(old) is not int:
            raise OperandError("An operand in the update expression has an incorrect data type")
        after[name] = old + amount
    for name in update.remove:
        after.pop(name, None)
    try:
        check_item(after)
    except RefusedError as error:
        raise OperandError(str(error)) from error
    return after


def copied(item: Item) -> Item:
    """A copy that shares nothing that can change."""
    return {name: copied_value(value) for name, value in item.items()}


def copied_value(value: Value) -> Value:
    """A copy of a value that shares nothing that can change."""
    if isinstance(value, list):
        return list(value)
    if isinstance(value, set):
        return set(value)
    return value
