"""Rows into the bytes of a file, piece by piece: CSV, JSON, JSON Lines.

An encoder takes the rows as they are read and hands on bytes as they are made, so memory does not grow
with the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from functions.export.columns import Column, Row, values_reader
from shared.http import json

CONTROLS: Final = frozenset(map(chr, [*range(0x20), *range(0x7F, 0xA0)]))
FORMULA_STARTS: Final = frozenset("=+-@") | CONTROLS
"""What a spreadsheet may take for a formula, or skip in front of one."""

PLAIN: Final = frozenset({"integer", "money", "rate", "mean", "time"})
"""Types of columns whose values the CSV writer takes as they are: numbers, and times of our own making.

What is absent it leaves empty, whatever the type."""

Batches = Iterable[Sequence[Row]]
Write = Callable[[bytes], None]
Encoder = Callable[[Sequence[Column], Batches, Write], None]
"""Writes a whole file of these columns, with the rows of all batches in their order."""


def write_csv(columns: Sequence[Column], batches: Batches, write: Write) -> None:
    """RFC 4180 with a header, UTF-8 without a byte order mark, safe to open in a spreadsheet.

    What is absent is an empty cell; objects and lists are their JSON text.
    """
    values = values_reader(columns)
    shown = [at for at, column in enumerate(columns) if column.type not in PLAIN]
    write(_lines([[column.name for column in columns]]))
    for rows in batches:
        lines = []
        for row in rows:
            line = values(row)
            for at in shown:
                if line[at] is not None:
                    line[at] = cell(line[at])
            lines.append(line)
        if lines:
            write(_lines(lines))


def _lines(cells: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(cells)
    return text.getvalue().encode()


def cell(value: object) -> str:
    """A text, flag, object or list as the text of a cell. What could start a formula gets a leading `'`."""
    if isinstance(value, str):
        return f"'{value}" if value[:1] in FORMULA_STARTS else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json_text(value)


def json_text(value: object) -> str:
    """The JSON text of an object or a list."""
    return bytes(value).decode() if isinstance(value, msgspec.Raw) else json.dump(value).decode()


def write_json_lines(columns: Sequence[Column], batches: Batches, write: Write) -> None:
    """One JSON object a line; members and their order are the rows' own."""
    del columns
    for rows in batches:
        write(b"".join([json.dump(row) + b"\n" for row in rows]))


def write_json_array(columns: Sequence[Column], batches: Batches, write: Write) -> None:
    """One JSON array, an object a line; members and their order are the rows' own."""
    del columns
    write(b"[")
    separator = b"\n"
    for rows in batches:
        pieces = []
        for row in rows:
            pieces += [separator, json.dump(row)]
            separator = b",\n"
        write(b"".join(pieces))
    write(b"\n]\n")
