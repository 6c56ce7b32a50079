"""What waits to be sent: in memory, or on disk."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from pathlib import Path
from typing import Protocol

from tally.recorder._journal import Journal

logger = logging.getLogger("tally")


class Backlog(Protocol):
    """Rows in the order they came. One thread puts while another takes and settles."""

    def __len__(self) -> int:
        """How many wait, those taken and not settled included."""
        ...

    @property
    def full(self) -> bool:
        """Whether `put` would have to forget something."""
        ...

    def put(self, row: bytes) -> int:
        """Add a row; returns how many old ones were forgotten for it."""
        ...

    def take(self, count: int) -> list[bytes]:
        """The next rows; the same ones until they are settled."""
        ...

    def settle(self) -> None:
        """What was taken last is done with."""
        ...

    def trim(self) -> int:
        """Forget what is too much already; returns how many rows."""
        ...

    def adopt(self) -> int:
        """Take over what processes that are gone left behind; returns how many rows."""
        ...

    def sync(self) -> None:
        """Bring it to the disk, where there is one."""
        ...

    @property
    def damaged(self) -> int:
        """Rows that could not be read back."""
        ...

    def close(self) -> int:
        """Let go; returns how many rows are lost by that."""
        ...

    def abandon(self) -> None:
        """Forget everything: in a forked child, it is the parent's."""
        ...


class MemoryBacklog:
    """At most `max_rows` rows, gone with the process."""

    damaged = 0

    def __init__(self, max_rows: int) -> None:
        self._max_rows = max_rows
        self._rows: deque[bytes] = deque()
        self._taken: list[bytes] = []

    def __len__(self) -> int:
        return len(self._rows) + len(self._taken)

    @property
    def full(self) -> bool:
        """Whether the next row pushes the oldest out."""
        return len(self) >= self._max_rows

    def put(self, row: bytes) -> int:
        """Add a row, in place of the oldest that is not on its way where there are too many."""
        self._rows.append(row)
        if len(self) <= self._max_rows:
            return 0
        with contextlib.suppress(IndexError):
            self._rows.popleft()
            return 1
        return 0

    def take(self, count: int) -> list[bytes]:
        """The next rows."""
        while self._rows and len(self._taken) < count:
            self._taken.append(self._rows.popleft())
        return self._taken

    def settle(self) -> None:
        """Those are done with."""
        self._taken = []

    def trim(self) -> int:
        """There is never too much."""
        return 0

    def adopt(self) -> int:
        """There is nothing of others."""
        return 0

    def sync(self) -> None:
        """There is no disk."""

    def close(self) -> int:
        """What is still there is lost."""
        lost = len(self)
        self._rows.clear()
        self._taken = []
        return lost

    def abandon(self) -> None:
        """It is a copy."""


class JournalBacklog:
    """Rows on disk; in memory only when the disk refuses them.

    Up to `max_rows` (None: as many as fit) and `max_bytes`.
    """

    def __init__(self, root: Path, max_rows: int | None, max_bytes: int, spare: int) -> None:
        self._root = root
        self._max_rows = max_rows
        self._max_bytes = max_bytes
        self._own = Journal.create(root, max_bytes)
        self._adopted: deque[Journal] = deque()
        self._spare = MemoryBacklog(spare)
        self._taken: list[bytes] = []
        self._source: Journal | MemoryBacklog = self._own
        self._damaged = 0

    def __len__(self) -> int:
        waiting = sum(map(len, tuple(self._adopted))) + len(self._own)
        taken = 0 if self._source is self._spare else len(self._taken)
        return waiting + len(self._spare) + taken

    @property
    def full(self) -> bool:
        """Whether the bound of rows or of bytes is reached."""
        return self._own.full or (self._max_rows is not None and len(self) >= self._max_rows)

    @property
    def damaged(self) -> int:
        """Rows whose checksum was wrong."""
        return self._damaged + sum(each.damaged for each in (self._own, *self._adopted))

    def put(self, row: bytes) -> int:
        """Write a row; forget an old segment when the disk has its share."""
        forgotten = self._own.forget_oldest() if self._own.full else 0
        try:
            self._own.append(row)
        except OSError as error:
            logger.warning("the journal can't be written (%s); usage is kept in memory", error)
            return forgotten + self._spare.put(row)
        return forgotten

    def take(self, count: int) -> list[bytes]:
        """The next rows: those of processes that are gone first, for they are the oldest."""
        if self._taken:
            return self._taken
        while self._adopted:
            self._source = self._adopted[0]
            self._taken = self._source.take(count)
            if self._taken:
                return self._taken
            self._damaged += self._source.damaged
            self._source.close(keep=False)
            self._adopted.popleft()
        self._source = self._spare
        self._taken = self._spare.take(count)
        if not self._taken:
            self._source = self._own
            self._taken = self._own.take(count)
        return self._taken

    def settle(self) -> None:
        """Those are done with."""
        self._taken = []
        self._source.settle()

    def trim(self) -> int:
        """Forget the oldest beyond `max_rows`."""
        if self._max_rows is None or self._taken:
            return 0
        excess = min(len(self) - self._max_rows, len(self._own))
        if excess <= 0:
            return 0
        lost = len(self._own.take(excess))
        self._own.settle()
        return lost

    def adopt(self) -> int:
        """Hold the journals whose process is gone."""
        found = 0
        for orphan in Journal.orphans(self._root, self._max_bytes):
            found += len(orphan)
            self._adopted.append(orphan)
        return found

    def sync(self) -> None:
        """Bring it to the disk."""
        self._own.sync()

    def close(self) -> int:
        """Keep on disk what is not settled, for whoever comes next."""
        lost = self._spare.close()
        if self._source is self._spare:
            self._taken = []
        for journal in (*self._adopted, self._own):
            taken = self._taken if journal is self._source else []
            journal.close(keep=bool(taken) or len(journal) > 0)
        self._adopted.clear()
        return lost

    def abandon(self) -> None:
        """The files are the parent's."""
        for journal in (*self._adopted, self._own):
            journal.abandon()
