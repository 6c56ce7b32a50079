"""Items and small helpers of the contract suites."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import pytest

from shared.store.schema import Key
from shared.store.table import Item, Put, Table, Value
from shared.store.wire import RefusedError

A: Key = {"pk": "P", "sk": "a"}
B: Key = {"pk": "P", "sk": "b"}
C: Key = {"pk": "P", "sk": "c"}


def put(table: Table, *items: Item) -> None:
    """Write items."""
    for item in items:
        table.write(Put(item))


def row(sk: str, **more: Value) -> Item:
    """An item of the partition `P`."""
    return {"pk": "P", "sk": sk, **more}


def sort_keys(items: Sequence[Item]) -> list[object]:
    """The sort keys of items."""
    return [item["sk"] for item in items]


def token() -> str:
    """A transaction's token that nobody used before: DynamoDB remembers them across tables."""
    return secrets.token_hex(16)


def refused(error: pytest.ExceptionInfo[RefusedError]) -> str:
    """The code of a refusal."""
    return str(error.value.code)
