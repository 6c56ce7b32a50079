"""From keyword arguments to the rows that the API takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from numbers import Real
from typing import Any, Final

from tally._decode import camel, timestamp
from tally._errors import InvalidUsageError
from tally._ids import new_id
from tally._json import dumps
from tally._usage import Tokens, Usage

FINEST: Final = Decimal("1e-12")
"""Money is kept to 12 places; what a float has beyond them is noise of its own."""

_FLOAT_DIGITS: Final = 17
"""A float tells no more digits than these; a larger one has no places to round."""

_ROOMY: Final = Context(prec=_FLOAT_DIGITS + 13)

MAX_ROW_BYTES: Final = 16_384
"""A row's metadata is at most 4,096 bytes; what is longer than this can't be accepted."""


def money(value: Decimal | float | str) -> Decimal:
    """An exact amount; a float is read as the decimal it prints as, rounded to 12 places.

    Raises:
        ValueError: it is no finite number.
    """
    if isinstance(value, bool):
        raise ValueError("must be an amount, not true or false")
    try:
        exact = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, TypeError) as error:
        raise ValueError(f"must be an amount, not {value!r:.40}") from error
    if not exact.is_finite():
        raise ValueError("must be finite")
    if isinstance(value, float) and exact.adjusted() < _FLOAT_DIGITS:
        exact = exact.quantize(FINEST, ROUND_HALF_UP, _ROOMY).normalize(_ROOMY)
    return exact


def row_of(usage: Mapping[str, Any] | Usage, occurred_at: datetime | None = None) -> dict[str, Any]:
    """The body that reports a usage. It always has an id; `occurred_at` is used where it says no time.

    Raises:
        InvalidUsageError: a member is missing, unknown or of a type that can't be sent.
    """
    row: dict[str, Any] = {}
    for name, value in usage.items():
        convert = _MEMBERS.get(name)
        if convert is None:
            raise InvalidUsageError(name, "is no member of a usage log")
        if value is None:
            continue
        try:
            row[_NAMES[name]] = convert(value)
        except (TypeError, ValueError) as error:
            raise InvalidUsageError(name, str(error)) from error
    for name in ("user_id", "service"):
        if _NAMES[name] not in row:
            raise InvalidUsageError(name, "is missing")
    if "id" not in row:
        row["id"] = new_id()
    if occurred_at is not None and "occurredAt" not in row:
        row["occurredAt"] = timestamp(occurred_at)
    return row


def written(row: Mapping[str, Any]) -> bytes:
    """A row as it is sent.

    Raises:
        InvalidUsageError: it holds what JSON has no form for, or is too long.
    """
    try:
        text = dumps(row)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidUsageError("metadata", str(error)) from error
    if len(text) > MAX_ROW_BYTES:
        raise InvalidUsageError("", f"a row of {len(text)} bytes is too long")
    return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"must be a text, not {type(value).__name__}")
    return str(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"must be an integer, not {type(value).__name__}")
    return int(value)


def _rounded(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise TypeError(f"must be a number, not {value!r:.40}")
    return round(float(value))


def _tokens(value: object) -> Any:
    if isinstance(value, int):
        return _count(value)
    if isinstance(value, Tokens):
        value = asdict(value)
    if not isinstance(value, Mapping):
        raise TypeError(f"must be Tokens, a mapping or an integer, not {type(value).__name__}")
    parts = {camel(str(name)): _count(count) for name, count in value.items() if count is not None}
    total = parts.pop("total", None)
    if not parts:
        if total is None:
            raise ValueError("has neither parts nor a total")
        return total
    parts = {"input": 0, "output": 0, **parts}
    if total is not None and total != parts["input"] + parts["output"]:
        raise ValueError(f"the total {total} is not input + output")
    return parts


def _time(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"must be a datetime, not {type(value).__name__}")
    return timestamp(value)


def _metadata(value: object) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"must be a mapping, not {type(value).__name__}")
    return value if isinstance(value, dict) else dict(value)


_MEMBERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "id": _text,
    "user_id": _text,
    "service": _text,
    "provider": _text,
    "model": _text,
    "tokens": _tokens,
    "credits": _count,
    "cost": money,
    "status": _text,
    "error_code": _text,
    "response_time_ms": _rounded,
    "response_bytes": _count,
    "country": _text,
    "platform": _text,
    "request_id": _text,
    "occurred_at": _time,
    "metadata": _metadata,
}
_NAMES: Final = {name: camel(name) for name in _MEMBERS}
