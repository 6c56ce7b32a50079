"""Rows of a CSV or JSON Lines file as usage: which column is which member, and which id a row has."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tally._decode import timestamp
from tally._errors import InvalidUsageError
from tally._ids import id_of
from tally._json import loads
from tally._rows import row_of, written

TOKENS: Final = "tokens."
SECONDS_END: Final = 10**11
"""Numbers below are seconds since 1970, from here on milliseconds: it lies in 1973, or in the year 5138."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is which member.

    `columns` maps members (`user_id`, `tokens.input`, …) to columns, `constants` gives a member one value
    everywhere, `metadata` are columns that go there. `name` identifies the import: with a row's
    number it is what the row's id is made of.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    metadata: tuple[str, ...] = ()
    in_utc: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file: `row` as it is sent, or why not. `number` counts from 1; `end` is its last byte."""

    number: int
    end: int
    row: bytes = b""
    error: str = ""


def columns_of(names: Iterator[str] | list[str]) -> dict[str, str]:
    """Columns that are named like members, in whatever case and with whatever signs."""
    plain = {re.sub(r"[^a-z0-9]", "", member.lower()): member for member in READERS}
    found: dict[str, str] = {}
    for name in names:
        member = plain.get(re.sub(r"[^a-z0-9]", "", name.lower()))
        if member is not None:
            found.setdefault(member, name)
    return found


def lines_of(path: Path, mapping: Columns) -> Iterator[Line]:
    """Every row of a file.

    Raises:
        InvalidUsageError: it names no user or service, the file has no such column, or is no CSV.
    """
    with path.open("rb") as file:
        is_json = path.suffix.lower() in {".jsonl", ".ndjson", ".json"}
        records = _json_lines(file) if is_json else _csv_lines(file)
        columns: dict[str, str] | None = None
        for number, (end, record) in enumerate(records, 1):
            if isinstance(record, str):
                yield Line(number, end, error=record)
                continue
            if columns is None or is_json:
                columns = columns_of(list(record)) | dict(mapping.columns)
                if not is_json:
                    _check(columns, mapping, record)
            yield _line(number, end, record, columns, mapping)


def _check(columns: Mapping[str, str], mapping: Columns, record: Mapping[str, Any]) -> None:
    for column in (*columns.values(), *mapping.metadata):
        if column not in record:
            raise InvalidUsageError("", f"there is no column {column!r}; there are: {list(record)}")
    for member in ("user_id", "service"):
        if member not in columns and member not in mapping.constants:
            raise InvalidUsageError(member, f"say which column: --map {member}=COLUMN")


def _csv_lines(file: Any) -> Iterator[tuple[int, dict[str, Any] | str]]:
    def texts() -> Iterator[str]:
        for index, line in enumerate(file):
            yield line.decode("utf-8-sig" if index == 0 else "utf-8")

    rows = csv.DictReader(texts(), strict=True)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except (csv.Error, UnicodeDecodeError) as error:
            raise InvalidUsageError("", f"no CSV before byte {file.tell()}: {error}") from error
        if None in row or None in row.values():
            yield file.tell(), "it has not as many cells as the header"
            continue
        yield file.tell(), {name: _plain(cell) for name, cell in row.items()}


def _plain(cell: str) -> str:
    """A cell as it was before a leading quote kept a spreadsheet from computing it."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in {"=", "+", "-", "@"} else cell


def _json_lines(file: Any) -> Iterator[tuple[int, dict[str, Any] | str]]:
    for line in file:
        if not line.strip():
            continue
        try:
            record = loads(line)
        except ValueError as error:
            yield file.tell(), f"no JSON: {error}"
            continue
        yield file.tell(), _flat(record) if isinstance(record, dict) else "no object"


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    """`{"tokens": {"input": 1}}` as `{"tokens.input": 1}`; metadata stays whole."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, Mapping) and name != "metadata":
            flat |= {f"{name}.{part}": each for part, each in value.items()}
        else:
            flat[name] = value
    return flat


def _line(
    number: int, end: int, record: Mapping[str, Any], columns: Mapping[str, str], mapping: Columns
) -> Line:
    try:
        usage = _usage(record, columns, mapping)
        if "id" not in usage:
            usage["id"] = _id(mapping.name, number, usage.get("occurred_at"))
        return Line(number, end, written(row_of(usage)))
    except InvalidUsageError as error:
        return Line(number, end, error=str(error))


def _usage(
    record: Mapping[str, Any], columns: Mapping[str, str], mapping: Columns
) -> dict[str, Any]:
    given = {member: record.get(column) for member, column in columns.items()}
    usage: dict[str, Any] = {}
    tokens: dict[str, Any] = {}
    for member, value in {**mapping.constants, **given}.items():
        if value is None or value == "":
            continue
        try:
            read = READERS[member](value)
        except (ValueError, InvalidOperation, OverflowError) as error:
            raise InvalidUsageError(member, f"{value!r:.60}: {error}") from error
        if isinstance(read, datetime) and read.tzinfo is None:
            if not mapping.in_utc:
                raise InvalidUsageError(member, f"{value!r} says no offset; is it --utc?")
            read = read.replace(tzinfo=timezone.utc)
        if member.startswith(TOKENS):
            tokens[member.removeprefix(TOKENS)] = read
        else:
            usage[member] = read
    if tokens:
        usage["tokens"] = tokens
    extra = {name: record[name] for name in mapping.metadata if record.get(name) not in {None, ""}}
    if extra:
        usage["metadata"] = {**usage.get("metadata", {}), **extra}
    return usage


def _id(name: str, number: int, at: datetime | None) -> str:
    """The id of a row: the same on every run. With a time it is a UUIDv7, which counts once for ever."""
    if at is None:
        return f"import-{sha256(f'{name}:{number}'.encode()).hexdigest()[:40]}"
    return id_of(int(at.timestamp() * 1000), "import", name, str(number))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def _integer(value: object) -> int:
    if isinstance(value, bool):
        raise ValueError("is no whole number")
    number = Decimal(str(value))
    if number != number.to_integral_value():
        raise ValueError("is no whole number")
    return int(number)


def _amount(value: object) -> Decimal:
    return Decimal(str(value).strip())


def _time(value: object) -> datetime:
    text = str(value).strip()
    if re.fullmatch(r"\d{9,14}", text):
        number = int(text)
        return datetime.fromtimestamp(
            number if number < SECONDS_END else number / 1000, timezone.utc
        )
    at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if at.tzinfo is not None:
        timestamp(at)
    return at


def _metadata(value: object) -> dict[str, Any]:
    found = loads(value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise ValueError("is no JSON object")
    return found


READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(
        ("id", "user_id", "service", "provider", "model", "status", "error_code"), _text
    ),
    **dict.fromkeys(("country", "platform", "request_id"), _text),
    **dict.fromkeys(("credits", "response_time_ms", "response_bytes"), _integer),
    **{
        f"{TOKENS}{part}": _integer
        for part in ("input", "output", "cached_input", "cache_write", "reasoning", "total")
    },
    "cost": _amount,
    "occurred_at": _time,
    "metadata": _metadata,
}
