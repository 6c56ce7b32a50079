"""Parquet files, written while their rows are made and read back some at a time.

Figures keep their exact types: whole numbers are INT64, decimals are DECIMAL(38, places) and never a
double, times are timestamps of milliseconds in UTC. Every column may be null.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Final, Literal, NamedTuple, cast

import arro3.core
import arro3.io
from arro3.core import Array, DataType, RecordBatch, RecordBatchReader, Schema

if TYPE_CHECKING:
    from typing_extensions import Buffer

ROWS_IN_A_GROUP: Final = 50_000
"""Rows that are held, compressed, until their group is written: large enough for readers to skip by,
and some tens of megabytes where every row has all the metadata it may."""

ROWS_READ_AT_ONCE: Final = 1_000
COMPRESSION: Final = "zstd(3)"
DIGITS: Final = 38

Type = Literal["text", "integer", "flag", "time", "decimal"]
Columns = Sequence[Sequence[object]]
"""Some rows, column by column. Decimals and times are anything whose text is an exact literal."""


class Field(NamedTuple):
    """One column. `places` are the decimals of a decimal."""

    name: str
    type: Type = "text"
    places: int = 0

    @property
    def arrow(self) -> DataType:
        """The column's type in a file."""
        if self.type == "decimal":
            return DataType.decimal128(DIGITS, self.places)
        return TYPES[self.type]


TYPES: Final[dict[Type, DataType]] = {
    "text": DataType.utf8(),
    "integer": DataType.int64(),
    "flag": DataType.bool(),
    "time": DataType.timestamp("ms", tz="UTC"),
}
FROM_TEXT: Final = frozenset({"decimal", "time"})
"""Types that the library makes of exact literals."""


def write_parquet(
    fields: Sequence[Field], batches: Iterable[Columns], write: Callable[[bytes], None]
) -> None:
    """Write a file of these columns; `batches` hold rows, `write` gets the bytes as they are made.

    Raises:
        ValueError: a value is not of its column's type.
        OverflowError: an integer has more than 64 bits.
        Exception: what the batches or `write` raised, as it was raised.
    """
    schema = Schema([arro3.core.Field(f.name, f.arrow, nullable=True) for f in fields])
    file = _File(write)
    source = _Source(fields, schema, batches, file)
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


def read_parquet(fields: Sequence[Field], data: bytes) -> Iterator[list[list[object]]]:
    """The rows of a file, some at a time, column by column in the order of the fields.

    Times are milliseconds since 1970, decimals `Decimal`s. Columns that a file does not have are null.

    Raises:
        ValueError: it is no such file.
    """
    try:
        reader = arro3.io.read_parquet(data, batch_size=ROWS_READ_AT_ONCE)
        for found in reader:
            batch = RecordBatch.from_arrow(found)
            names = set(batch.column_names)
            yield [
                _values(field, batch) if field.name in names else [None] * batch.num_rows
                for field in fields
            ]
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(f"not a Parquet file of ours: {error}") from error


def _values(field: Field, batch: RecordBatch) -> list[object]:
    array = batch.column(field.name)
    if field.type == "time":
        # As anything else a time would need a library for zones.
        array = array.cast(DataType.int64())
    return cast("list[object]", array.to_pylist())


class _File(io.RawIOBase):
    """The file as the library sees it.

    An error raised here would be a panic inside the library. So it is kept, what follows is dropped, and
    the rows end.
    """

    def __init__(self, write: Callable[[bytes], None]) -> None:
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
        self, fields: Sequence[Field], schema: Schema, batches: Iterable[Columns], file: _File
    ) -> None:
        self._fields = fields
        self._schema = schema
        self._batches = batches
        self._file = file
        self.failure: Exception | None = None

    def taken(self) -> Iterator[RecordBatch]:
        """The batches that have rows, until the file can't be written any more."""
        try:
            for columns in self._batches:
                if self._file.failure is not None:
                    return
                if columns[0]:
                    arrays = list(map(_array, self._fields, columns))
                    yield RecordBatch.from_arrays(arrays, schema=self._schema)
        except Exception as error:
            self.failure = error
            raise


def _array(field: Field, values: Sequence[object]) -> Array:
    if field.type not in FROM_TEXT:
        return Array(values, type=field.arrow)
    texts = [None if value is None else str(value) for value in values]
    array = Array(texts, type=DataType.utf8()).cast(field.arrow)
    # A cast makes null of what it can't read.
    if array.null_count != texts.count(None):
        raise ValueError(f"a value of {field.name} is not of the type {field.type}")
    return array
