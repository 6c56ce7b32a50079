"""Parquet files, written while the rows are read.

Figures keep their exact types: whole numbers are INT64, money is DECIMAL(38, 12) and never a double,
times are timestamps of milliseconds in UTC. Every column may be null. Objects and lists are their JSON
text, as in CSV.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Final, cast

import arro3.io
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema

from functions.export.columns import Column, ColumnType, Row
from functions.export.encoders import Batches, Write, json_text
from shared.domain.money import MONEY_PLACES
from shared.http.views.measures import MEAN_PLACES, RATE_PLACES

if TYPE_CHECKING:
    from typing_extensions import Buffer

ROWS_IN_A_GROUP: Final = 50_000
"""Rows that are held, compressed, until their group is written: large enough for readers to skip by,
and some tens of megabytes where every row has all the metadata it may."""

COMPRESSION: Final = "zstd(3)"

TYPES: Final[dict[ColumnType, DataType]] = {
    "text": DataType.utf8(),
    "json": DataType.utf8(),
    "integer": DataType.int64(),
    "flag": DataType.bool(),
    "money": DataType.decimal128(38, MONEY_PLACES),
    "rate": DataType.decimal128(38, RATE_PLACES),
    "mean": DataType.decimal128(38, MEAN_PLACES),
    "time": DataType.timestamp("ms", tz="UTC"),
}
FROM_TEXT: Final = frozenset({"money", "rate", "mean", "time"})
"""Types that the library makes of exact literals; `json` stays text."""


def write_parquet(columns: Sequence[Column], batches: Batches, write: Write) -> None:
    """Write a file of these columns; see `functions.export.encoders`.

    Raises:
        ValueError: a value is not of its column's type.
        OverflowError: an integer has more than 64 bits.
        Exception: what the rows or `write` raised, as it was raised.
    """
    schema = Schema([Field(c.name, TYPES[c.type], nullable=True) for c in columns])
    file = _File(write)
    source = _Source(columns, schema, batches, file)
    reader = RecordBatchReader.from_batches(schema, source.taken())
    try:
        arro3.io.write_parquet(
            reader,
            cast(IO[bytes], file),
            compression=COMPRESSION,
            max_row_group_size=ROWS_IN_A_GROUP,
        )
    except Exception:
        # The library tells of errors in rows as text inside an error of its own.
        if source.failure is not None:
            raise source.failure from None
        raise
    if file.failure is not None:
        raise file.failure


class _File(io.RawIOBase):
    """The file as the library sees it.

    An error raised here would be a panic inside the library. So it is kept, what follows is dropped, and
    the rows end.
    """

    def __init__(self, write: Write) -> None:
        super().__init__()
        self._hand_on = write
        self.failure: Exception | None = None

    def write(self, data: Buffer, /) -> int:
        """Hand on some bytes."""
        chunk = bytes(data)
        if self.failure is None:
            try:
                self._hand_on(chunk)
            except Exception as error:  # noqa: BLE001 - raised again when the library is done
                self.failure = error
        return len(chunk)


class _Source:
    """The rows as record batches. `failure` is what taking them raised."""

    def __init__(
        self, columns: Sequence[Column], schema: Schema, batches: Batches, file: _File
    ) -> None:
        self._columns = [(column, column.reader) for column in columns]
        self._schema = schema
        self._batches = batches
        self._file = file
        self.failure: Exception | None = None

    def taken(self) -> Iterator[RecordBatch]:
        """The batches that have rows, until the file can't be written any more."""
        try:
            for rows in self._batches:
                if self._file.failure is not None:
                    return
                if rows:
                    yield self._batch(rows)
        except Exception as error:
            self.failure = error
            raise

    def _batch(self, rows: Sequence[Row]) -> RecordBatch:
        arrays = [_array(column, [read(row) for row in rows]) for column, read in self._columns]
        return RecordBatch.from_arrays(arrays, schema=self._schema)


def _array(column: Column, values: list[object]) -> Array:
    type_ = TYPES[column.type]
    if column.type == "json":
        return Array([None if v is None else json_text(v) for v in values], type=type_)
    if column.type not in FROM_TEXT:
        return Array(values, type=type_)
    texts = [None if value is None else str(value) for value in values]
    array = Array(texts, type=DataType.utf8()).cast(type_)
    # A cast makes null of what it can't read.
    if array.null_count != texts.count(None):
        raise ValueError(f"a value of {column.name} is not of the type {column.type}")
    return array
