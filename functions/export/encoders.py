"""Rows into the bytes of a file, piece by piece: CSV, JSON, JSON Lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from shared.domain.exports import Format
from shared.domain.money import Figure
from shared.http import json

Row = Mapping[str, object]
"""A row as the API shows it: a JSON object."""

CONTROLS: Final = frozenset(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
FORMULA_STARTS: Final = frozenset("=+-@") | CONTROLS
"""What a spreadsheet may take for a formula, or skip in front of one."""


class Encoder(Protocol):
    """Writes one file: `head`, then `rows` as often as needed, then `tail`."""

    def head(self) -> bytes:
        """What stands before the first row."""

    def rows(self, rows: Sequence[Row]) -> bytes:
        """The next rows."""

    def tail(self) -> bytes:
        """What stands after the last row."""


def encoder_of(file_format: Format, columns: Sequence[str]) -> Encoder:
    """A fresh encoder. `columns` name the members in order; `a.b` is member `b` of object `a`."""
    if file_format == "csv":
        return CsvEncoder(columns)
    return JsonLinesEncoder() if file_format == "jsonl" else JsonArrayEncoder()


class CsvEncoder:
    """RFC 4180 with a header, UTF-8 without a byte order mark, safe to open in a spreadsheet.

    What is absent is an empty cell; objects and lists are their JSON text.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._readers = [_reader(column) for column in columns]

    def head(self) -> bytes:
        """The names of the columns."""
        return _lines([list(self._columns)])

    def rows(self, rows: Sequence[Row]) -> bytes:
        """A line for each row."""
        return _lines([[cell(read(row)) for read in self._readers] for row in rows])

    def tail(self) -> bytes:
        """Nothing: every line has its end."""
        return b""


def _lines(cells: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(cells)
    return text.getvalue().encode()


def _reader(column: str) -> Callable[[Row], object]:
    outer, _, inner = column.partition(".")
    if not inner:
        return lambda row: row.get(outer)

    def read(row: Row) -> object:
        found = row.get(outer)
        return found.get(inner) if isinstance(found, Mapping) else None

    return read


def cell(value: object) -> str:
    """A value as the text of a CSV cell. Text that could start a formula gets a leading `'`."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in FORMULA_STARTS else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Figure):
        return str(value)
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    return json.dump(value).decode()


class JsonLinesEncoder:
    """One JSON object a line."""

    def head(self) -> bytes:
        """Nothing."""
        return b""

    def rows(self, rows: Sequence[Row]) -> bytes:
        """A line for each row."""
        return b"".join([json.dump(row) + b"\n" for row in rows])

    def tail(self) -> bytes:
        """Nothing: every line has its end."""
        return b""


class JsonArrayEncoder:
    """One JSON array, an object a line."""

    def __init__(self) -> None:
        self._separator = b"\n"

    def head(self) -> bytes:
        """The array's beginning."""
        return b"["

    def rows(self, rows: Sequence[Row]) -> bytes:
        """An object for each row, with what parts it from the one before."""
        pieces = []
        for row in rows:
            pieces += [self._separator, json.dump(row)]
            self._separator = b",\n"
        return b"".join(pieces)

    def tail(self) -> bytes:
        """The array's end."""
        return b"\n]\n"
