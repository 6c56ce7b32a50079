"""Parquet files of rows; objects and lists are their JSON text, as in CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from functions.export.columns import Column, ColumnType, Row, values_reader
from functions.export.encoders import Batches, Write, json_text
from shared.adapters import parquet
from shared.adapters.parquet import Field, Type
from shared.domain.money import MONEY_PLACES
from shared.http.views.measures import MEAN_PLACES, RATE_PLACES

PLACES: Final[dict[ColumnType, int]] = {
    "money": MONEY_PLACES,
    "rate": RATE_PLACES,
    "mean": MEAN_PLACES,
}

PLAIN: Final[dict[ColumnType, Type]] = {"integer": "integer", "flag": "flag", "time": "time"}


def write_parquet(columns: Sequence[Column], batches: Batches, write: Write) -> None:
    """Write a file of these columns; see `functions.export.encoders`.

    Raises:
        ValueError: a value is not of its column's type.
        OverflowError: an integer has more than 64 bits.
        Exception: what the rows or `write` raised, as it was raised.
    """
    parquet.write_parquet(list(map(_field, columns)), _taken(columns, batches), write)


def _field(column: Column) -> Field:
    if column.type in PLACES:
        return Field(column.name, "decimal", PLACES[column.type])
    return Field(column.name, PLAIN.get(column.type, "text"))


def _taken(
    columns: Sequence[Column], batches: Iterable[Sequence[Row]]
) -> Iterator[parquet.Columns]:
    values = values_reader(columns)
    for rows in batches:
        taken = zip(*map(values, rows), strict=True) if rows else [()] * len(columns)
        yield [
            list(map(_json, column_values)) if column.type == "json" else column_values
            for column, column_values in zip(columns, taken, strict=True)
        ]


def _json(value: object) -> str | None:
    return None if value is None else json_text(value)
