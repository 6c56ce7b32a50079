"""From JSON to typed, frozen results.

A result is a dataclass whose fields are the members in snake_case. Members it does not know are passed
over, so a newer service does not break an older client.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from tally._errors import UnexpectedAnswerError

T = TypeVar("T")
Reader = Callable[[Any], Any]


def camel(name: str) -> str:
    """`response_time_ms` as `responseTimeMs`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def decode(kind: Callable[..., T], value: object) -> T:
    """A result of a kind.

    Raises:
        UnexpectedAnswerError: a member is missing or of another type.
    """
    try:
        result: T = _reader(kind)(value)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise UnexpectedAnswerError(f"no {getattr(kind, '__name__', kind)}: {error!r}") from error
    return result


def encode(value: object) -> Any:
    """A result as JSON has it: camelCase, without what is absent. Names in a mapping stay as they are."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = ((f.name, getattr(value, f.name)) for f in dataclasses.fields(value))
        return {camel(name): encode(member) for name, member in members if member is not None}
    if isinstance(value, Mapping):
        return {name: encode(member) for name, member in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond.

    Raises:
        ValueError: the time does not say its offset.
    """
    if at.tzinfo is None:
        raise ValueError("a time has to be aware: give it a time zone")
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def _reader(kind: Any) -> Reader:
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        return _optional(next(a for a in arguments if a is not types.NoneType))
    if origin is tuple:
        return _many(_reader(arguments[0]))
    if origin is Literal:
        return _text
    if dataclasses.is_dataclass(kind):
        return _object(kind)
    return lambda value: value


def _optional(kind: Any) -> Reader:
    read = _reader(kind)
    return lambda value: None if value is None else read(value)


def _many(read: Reader) -> Reader:
    def many(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise TypeError(f"no list: {value!r:.80}")
        return tuple(map(read, value))

    return many


def _object(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    members = [
        (
            field.name,
            camel(field.name),
            _reader(hints[field.name]),
            field.default is dataclasses.MISSING and not _may_be_none(hints[field.name]),
        )
        for field in dataclasses.fields(kind)
    ]

    def read_object(value: object) -> Any:
        if not isinstance(value, Mapping):
            raise TypeError(f"no object: {value!r:.80}")
        return kind(
            **{
                name: read(value[member] if required else value.get(member))
                for name, member, read, required in members
                if required or member in value
            }
        )

    return read_object


def _may_be_none(hint: Any) -> bool:
    return types.NoneType in get_args(hint)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"no text: {value!r:.80}")
    return value


def _integer(value: object) -> int:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    if not isinstance(value, int):
        raise TypeError(f"no integer: {value!r:.80}")
    return value


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"no number: {value!r:.80}")
    return Decimal(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"neither true nor false: {value!r:.80}")
    return value


def _time(value: object) -> datetime:
    return datetime.fromisoformat(_text(value).replace("Z", "+00:00")).astimezone(timezone.utc)


_PLAIN: dict[Any, Reader] = {
    str: _text,
    int: _integer,
    Decimal: _number,
    bool: _truth,
    datetime: _time,
    date: lambda value: date.fromisoformat(_text(value)),
}
