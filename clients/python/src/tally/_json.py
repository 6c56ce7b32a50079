"""JSON in which money keeps its digits: numbers with a point are Decimals, in both directions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any


class _HasDecimalError(Exception):
    """What is to be written holds a Decimal, which the quick writer does not know."""


def _decimal(value: object) -> object:
    if isinstance(value, Decimal):
        raise _HasDecimalError
    raise TypeError(f"{type(value).__name__} is no JSON")


_quick = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_decimal
).encode


def dumps(value: object) -> bytes:
    """Compact JSON in UTF-8; a Decimal is written as the number it is.

    Raises:
        TypeError: something that JSON has no form for.
        ValueError: a number that is not finite, a text that is no Unicode.
    """
    try:
        return _quick(value).encode()
    except _HasDecimalError:
        return _exact(value).encode()


def _exact(value: object) -> str:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("a number has to be finite")
        return f"{value:f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_name(k)}:{_exact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return "[" + ",".join(map(_exact, value)) + "]"
    return _quick(value)


def _name(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError("the names of an object are texts")
    return _quick(key)


def loads(text: str | bytes) -> Any:
    """What JSON says; numbers with a point or an exponent as Decimal.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text, parse_float=Decimal)
