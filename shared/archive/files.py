"""Parts of the archive: written, read back, and read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Generic, Protocol, Self, TypeVar

from shared.adapters.parquet import Columns, Field, write_parquet
from shared.archive.entry_rows import ENTRY_FIELDS, entry_columns, read_entries
from shared.archive.log_rows import LOG_FIELDS, log_columns, read_logs
from shared.domain.archive import Archive, Part, Sums, entry_sums, log_sums, total
from shared.domain.journal import Entry
from shared.domain.usage import UsageLog

R = TypeVar("R")
End = TypeVar("End", str, int)

MEDIA_TYPE: Final = "application/vnd.apache.parquet"


class DamagedError(Exception):
    """A file of the archive is not what was written."""


class FileWriter(Protocol):
    """A file being written: there once its `with` block ends well, and not at all otherwise."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of them, as hexadecimal digits."""

    def write(self, chunk: bytes) -> None:
        """Append."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...


class Files(Protocol):
    """Where files are."""

    def create(self, key: str, media_type: str) -> FileWriter:
        """A new file; it takes the place of one that is there."""

    def read(self, key: str) -> bytes | None:
        """A whole file; None when there is none."""

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin so."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete files."""


@dataclass(frozen=True, slots=True)
class Layout(Generic[R]):
    """What rows of one kind look like in a file, and what is known of each."""

    fields: Sequence[Field]
    columns: Callable[[Sequence[R]], Columns]
    read: Callable[[str, bytes], Iterator[list[R]]]
    account_of: Callable[[R], str]
    at_ms: Callable[[R], int]
    sums_of: Callable[[R], Sums]


LOGS: Final[Layout[UsageLog]] = Layout(
    LOG_FIELDS,
    log_columns,
    read_logs,
    lambda log: log.account_id,
    lambda log: log.occurred_ms,
    log_sums,
)
ENTRIES: Final[Layout[Entry]] = Layout(
    ENTRY_FIELDS,
    entry_columns,
    read_entries,
    lambda entry: entry.account_id,
    lambda entry: entry.created_ms,
    entry_sums,
)


def write_part(
    files: Files, archive: Archive, number: int, layout: Layout[R], batches: Iterable[Sequence[R]]
) -> Part:
    """Write a part of this attempt and read it back: what is known of it is known from the file.

    Raises:
        DamagedError: what came back is not what was written.
        Exception: what the batches raised; then there is no file.
    """
    key = archive.new_key(number)
    file = files.create(key, MEDIA_TYPE)
    with file:
        write_parquet(layout.fields, (layout.columns(batch) for batch in batches), file.write)
    data = files.read(key)
    if data is None or sha256(data).hexdigest() != file.sha256:
        raise DamagedError(f"{key} did not come back as it was written")
    workspace_id = archive.unit.workspace_id
    rows, sums, accounts, times = 0, Sums(), set[str](), set[int]()
    for batch in layout.read(workspace_id, data):
        rows += len(batch)
        sums = total([sums, *map(layout.sums_of, batch)])
        accounts = _ends(accounts, map(layout.account_of, batch))
        times = _ends(times, map(layout.at_ms, batch))
    if not rows:
        raise DamagedError(f"{key} came back without a row")
    return Part(
        name=archive.new_name(number),
        rows=rows,
        bytes=file.size_bytes,
        sha256=file.sha256,
        first=min(accounts),
        last=max(accounts),
        start_ms=min(times),
        end_ms=max(times),
        sums=sums,
    )


def _ends(known: set[End], more: Iterable[End]) -> set[End]:
    """The smallest and the largest of all."""
    found = known | set(more)
    return {min(found), max(found)}


def part_bytes(files: Files, archive: Archive, part: Part) -> bytes:
    """A part's file, as it was verified.

    Raises:
        DamagedError: it is another, or gone.
    """
    key = archive.key_of(part)
    data = files.read(key)
    if data is None or sha256(data).hexdigest() != part.sha256:
        raise DamagedError(f"{key} is not the file that was verified")
    return data


def read_part(files: Files, archive: Archive, part: Part, layout: Layout[R]) -> Iterator[list[R]]:
    """The rows of a part, some at a time.

    Raises:
        DamagedError: the file is not the one that was verified.
    """
    yield from layout.read(archive.unit.workspace_id, part_bytes(files, archive, part))
