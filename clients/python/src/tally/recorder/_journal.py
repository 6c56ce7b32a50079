"""Rows on disk: written before `record` returns, kept until the API has them.

A journal is a folder that one process holds by a lock: numbered segments that only grow, one row a line
with its CRC-32 before it, and a file that says up to where the rows are settled. A row is in the operating
system's hands when `append` returns, so it survives the death of the process; `sync` brings it to the disk.
A position that is lost or old means rows are sent again, under their own ids, which count once.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zlib import crc32

from tally._errors import ConfigurationError
from tally._ids import new_id

POSIX: Final = os.name == "posix"
if POSIX:
    import fcntl

NAME: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""Folders that can be ours; others of the same place are left alone."""

LOCK: Final = "lock"
POSITION: Final = "position"
SUFFIX: Final = ".rows"
CHECK: Final = 9
"""Bytes before a row: eight digits of its checksum and a space."""

SEGMENTS: Final = 8
"""Parts a full journal has: what is settled, and what no longer fits, goes a part at a time."""

READ_BYTES: Final = 1 << 18


@dataclass(slots=True)
class Segment:
    """A file of rows. Who writes counts `written` and `size`, who reads counts `taken`."""

    number: int
    size: int = 0
    written: int = 0
    taken: int = 0


class Journal:
    """One folder. One thread appends while another takes, settles and syncs."""

    def __init__(self, folder: Path, lock: int, max_bytes: int) -> None:
        self._folder = folder
        self._lock = lock
        self._segment_bytes = max(1, max_bytes // SEGMENTS)
        self._max_bytes = max_bytes
        self._segments: deque[Segment] = deque()
        self._order = threading.Lock()
        self._number = 0
        self._writing: int | None = None
        self._ended: list[int] = []
        self._dirty = False
        self._offset = 0
        self._read_through: list[Segment] = []
        self.damaged = 0

    @classmethod
    def create(cls, root: Path, max_bytes: int) -> Journal:
        """A new journal of this process.

        Raises:
            OSError: the folder can't be written.
            ConfigurationError: this system has no locks for files.
        """
        if not POSIX:
            raise ConfigurationError("a journal needs the file locks of POSIX")
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            folder = root / new_id()
            folder.mkdir(mode=0o700)
            lock = _held(folder)
            if lock is not None:
                return cls(folder, lock, max_bytes)

    @classmethod
    def orphans(cls, root: Path, max_bytes: int) -> Iterator[Journal]:
        """Journals whose process is gone, each now held by this one."""
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            if not NAME.fullmatch(folder.name):
                continue
            lock = _held(folder)
            if lock is not None:
                found = cls(folder, lock, max_bytes)
                found._load()
                yield found

    def __len__(self) -> int:
        return sum(each.written - each.taken for each in tuple(self._segments))

    @property
    def full(self) -> bool:
        """Whether the bound of bytes is reached."""
        return sum(each.size for each in tuple(self._segments)) >= self._max_bytes

    def append(self, row: bytes) -> None:
        """Write a row; it survives the process from here on.

        Raises:
            OSError: the disk is full or gone; nothing of the row will be read.
        """
        line = b"%08x %b\n" % (crc32(row), row)
        if self._writing is None or self._segments[-1].size + len(line) > self._segment_bytes:
            self._begin()
        assert self._writing is not None
        segment = self._segments[-1]
        count = os.write(self._writing, line)
        segment.size += count
        self._dirty = True
        if count < len(line):
            self._end()
            raise OSError("the disk took a part of a row")
        segment.written += 1

    def _begin(self) -> None:
        self._end()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        begun = Segment(self._number + 1)
        self._writing = os.open(self._path(begun), flags, 0o600)
        self._number = begun.number
        with self._order:
            self._segments.append(begun)

    def _end(self) -> None:
        if self._writing is not None:
            self._ended.append(self._writing)
            self._writing = None

    def sync(self) -> None:
        """Bring to the disk what was written since the last time.

        Raises:
            OSError: the disk is in trouble.
        """
        if not self._dirty:
            return
        self._dirty = False
        writing = self._writing
        while self._ended:
            ended = self._ended.pop()
            os.fsync(ended)
            os.close(ended)
        if writing is not None:
            os.fsync(writing)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def forget_oldest(self) -> int:
        """Delete the oldest segment that is neither read nor written; returns how many rows are lost."""
        with self._order:
            if len(self._segments) < 3:
                return 0
            forgotten = self._segments[1]
            del self._segments[1]
        self._path(forgotten).unlink(missing_ok=True)
        return forgotten.written

    def take(self, count: int) -> list[bytes]:
        """The next rows, at most `count`; none when all were taken.

        Raises:
            OSError: the disk is in trouble; the rows stay.
        """
        rows: list[bytes] = []
        while len(rows) < count and self._segments:
            segment = self._segments[0]
            # Looked at before reading: what is not written to now will not grow.
            growing = self._writing is not None and segment is self._segments[-1]
            self._read(segment, rows, count)
            if growing or len(rows) >= count:
                break
            with self._order:
                self._segments.popleft()
            self._read_through.append(segment)
            self._offset = 0
        return rows

    def _read(self, segment: Segment, rows: list[bytes], count: int) -> None:
        end = segment.size
        with self._path(segment).open("rb", buffering=READ_BYTES) as file:
            file.seek(self._offset)
            while len(rows) < count and self._offset < end:
                line = file.readline(end - self._offset)
                if not line:
                    break
                self._offset += len(line)
                row = line[CHECK:-1]
                if line.endswith(b"\n") and line[:CHECK] == b"%08x " % crc32(row):
                    rows.append(row)
                    segment.taken += 1
                else:
                    self.damaged += 1

    def settle(self) -> None:
        """What was taken is settled: it will not be read again.

        Raises:
            OSError: the disk is in trouble; the rows may be sent again.
        """
        number = self._segments[0].number if self._segments else self._number + 1
        text = b"%08d %012d" % (number, self._offset)
        descriptor = os.open(self._folder / POSITION, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, b"%b %08x\n" % (text, crc32(text)), 0)
        finally:
            os.close(descriptor)
        while self._read_through:
            self._path(self._read_through.pop()).unlink(missing_ok=True)

    def _load(self) -> None:
        """Find out what an orphan holds."""
        number, offset = self._position()
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            segment = Segment(int(path.stem), path.stat().st_size)
            self._number = segment.number
            if segment.number < number:
                path.unlink()
                continue
            with path.open("rb") as file:
                if segment.number == number:
                    self._offset = file.seek(offset)
                segment.written = sum(1 for _ in file)
            self._segments.append(segment)

    def _position(self) -> tuple[int, int]:
        try:
            text, _, check = (self._folder / POSITION).read_bytes().strip().rpartition(b" ")
            if int(check, 16) == crc32(text):
                number, offset = text.split()
                return int(number), int(offset)
        except (OSError, ValueError):
            pass
        return 0, 0

    def _path(self, segment: Segment) -> Path:
        return self._folder / f"{segment.number:08d}{SUFFIX}"

    def close(self, *, keep: bool) -> None:
        """Let go of the folder, and delete it unless there is something to `keep`."""
        self._end()
        self._dirty = keep
        with contextlib.suppress(OSError):
            self.sync()
        while self._ended:
            os.close(self._ended.pop())
        if not keep:
            with contextlib.suppress(OSError):
                for path in self._folder.glob(f"*{SUFFIX}"):
                    path.unlink()
                (self._folder / POSITION).unlink(missing_ok=True)
                (self._folder / LOCK).unlink()
                self._folder.rmdir()
        os.close(self._lock)

    def abandon(self) -> None:
        """Forget the folder without touching it: in a forked child, it is the parent's."""
        for descriptor in (self._lock, self._writing, *self._ended):
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    os.close(descriptor)


def _held(folder: Path) -> int | None:
    """The lock of a folder, or None when somebody else holds it or it is gone."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        descriptor = os.open(folder / LOCK, flags, 0o600)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever deleted the folder meanwhile left us a lock on nothing.
        if os.fstat(descriptor).st_nlink:
            return descriptor
    os.close(descriptor)
    return None
