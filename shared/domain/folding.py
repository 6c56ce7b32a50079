"""How journal entries get into cells: what of an entry is folded, and in which transactions. Pure.

An account's cursor says how far its journal is in the shared cells. It moves in the transaction that adds
to them and only from where it was read, so an entry counts once whoever folds it, and how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.calendar import DAY, local_day_hour, month_of
from shared.domain.cells import (
    TRANSACTIONS,
    CellKey,
    Delta,
    Deltas,
    fold_late,
    fold_private,
    fold_shared,
    merge,
)
from shared.domain.digests import DigestRow, Dimensions
from shared.domain.ids import NAME
from shared.domain.journal import KINDS, Entry, Kind
from shared.domain.sums import BUCKET_BOUNDS, Sums, figures_of

MAX_COMMIT_ITEMS: Final = 99
"""What one transaction takes, beside the version it counts up: cells, and the cursors of the accounts."""

PART_CELLS: Final = MAX_COMMIT_ITEMS - 1
"""Cells in one part of an entry that touches more cells than a transaction takes.

Cursors count parts: another size needs cells of another generation.
"""

OPEN_COMMITS: Final = 8
"""How many unfilled transactions are looked through for the one that shares most cells with an account."""

MAX_FIGURE: Final = 10**24
"""DynamoDB adds with 38 digits: 10¹² entries of figures below this stay exact."""

MAX_LABEL_BYTES: Final = 256
HOURS: Final = 24


class Place(NamedTuple):
    """One account's cells in one generation."""

    workspace_id: str
    generation: int
    account_id: str


class Cursor(NamedTuple):
    """How far a journal is in the shared cells: every entry to `seq`, and `part` parts of the next."""

    seq: int = 0
    part: int = 0


@dataclass(frozen=True, slots=True)
class Foldable:
    """What of a journal entry is folded. Entries that are not usage have an empty digest.

    `counted` are the days and months on whose budgets the commit has counted it.
    """

    seq: int
    created_ms: int
    kind: Kind
    amount: int
    digest: tuple[DigestRow, ...]
    counted: tuple[str, ...] = ()


def foldable_of(entry: Entry) -> Foldable:
    """What of a whole entry is folded."""
    kind = entry.reason, entry.type
    return Foldable(entry.seq, entry.created_ms, kind, entry.amount, entry.digest, entry.counted)


@dataclass(frozen=True, slots=True)
class Poison:
    """A journal entry that cannot be folded, and why."""

    seq: int
    reason: str


Step = Foldable | Poison


class Arrival(NamedTuple):
    """News of a journal entry. `step` is None when all that is known is that it is there."""

    workspace_id: str
    account_id: str
    seq: int
    step: Step | None


@dataclass(frozen=True, slots=True)
class Parked:
    """The mark of an account that waits at entry `seq`. `sent`: its message is in the queue."""

    seq: int
    reason: str
    at_ms: int
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an account stands."""

    cursor: Cursor
    parked: Parked | None


class Move(NamedTuple):
    """An account's cursor, from where it was read to where it goes."""

    account_id: str
    start: Cursor
    end: Cursor


class Committed(NamedTuple):
    """When the first and the last of some entries were committed."""

    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Piece:
    """What one account adds to shared cells together with one move of its cursor."""

    move: Move
    deltas: Deltas
    committed: Committed


@dataclass(slots=True)
class Commit:
    """One transaction: what is added to shared cells, and the moves of the cursors it comes from.

    `committed` is told to whoever watches totals: a limit is judged by when usage was committed.
    """

    committed: Committed
    deltas: Deltas = field(default_factory=dict)
    moves: dict[str, Move] = field(default_factory=dict)

    @property
    def items(self) -> int:
        """How many items it writes."""
        return len(self.deltas) + len(self.moves)


Touches = Sequence[tuple[int, Delta]]
"""What entries add to one private cell, with their numbers, in order."""


def check_digest(rows: Iterable[DigestRow]) -> None:
    """What a digest must be for its cells to have keys and to stay exact.

    Raises:
        ValueError: it is not.
    """
    for row in rows:
        of = row.dimensions
        if DAY.fullmatch(of.day) is None or type(of.hour) is not int or not 0 <= of.hour < HOURS:
            raise ValueError("a digest row is of no local hour")
        if not all(map(NAME.fullmatch, (of.service, of.provider, of.model or of.service))):
            raise ValueError("a digest row names no service, provider or model")
        for label in (of.country, of.platform):
            if label is not None and not 0 < len(label.encode()) <= MAX_LABEL_BYTES:
                raise ValueError("a digest row has an overlong or empty label")
        if max(map(abs, figures_of(row.sums))) > MAX_FIGURE:
            raise ValueError("a digest row holds a figure too large to add")
        for bucket, count in row.sums.buckets.items():
            if type(bucket) is not int or not 0 <= bucket < len(BUCKET_BOUNDS):
                raise ValueError("a digest row names no bucket")
            if type(count) is not int or abs(count) > MAX_FIGURE:
                raise ValueError("a digest row counts a bucket wrongly")


def private_of(entry: Foldable, zone: ZoneInfo) -> Deltas:
    """What an entry adds to its account's private cells."""
    committed = month_of(local_day_hour(entry.created_ms, zone)[0])
    return fold_private(entry.digest) | fold_late(entry.digest, committed, entry.kind[0])


def shared_of(entries: Iterable[Foldable], zone: ZoneInfo) -> Deltas:
    """What entries add to their workspace's shared cells: their usage, and that they are there."""
    deltas: Deltas = {}
    usage: dict[tuple[str, ...], dict[Dimensions, Sums]] = {}
    for entry in entries:
        # Most entries of a busy account are of the same hour and model: they are added up first.
        rows = usage.setdefault(entry.counted, {})
        for row in entry.digest:
            rows.setdefault(row.dimensions, Sums()).add(row.sums)
        day, hour = local_day_hour(entry.created_ms, zone)
        delta = deltas.setdefault(CellKey(TRANSACTIONS, day, ""), Delta())
        delta.moves.note(KINDS.index(entry.kind), hour, entry.amount, opens=entry.seq == 1)
    for counted, rows in usage.items():
        merge(deltas, fold_shared((DigestRow(of, sums) for of, sums in rows.items()), counted))
    return deltas


def touches_of(
    entries: Iterable[Foldable], zone: ZoneInfo
) -> dict[CellKey, list[tuple[int, Delta]]]:
    """What entries add to each of their account's private cells."""
    touched: dict[CellKey, list[tuple[int, Delta]]] = {}
    for entry in entries:
        for key, delta in private_of(entry, zone).items():
            touched.setdefault(key, []).append((entry.seq, delta))
    return touched


def added_by(touches: Touches) -> Delta:
    """All that entries add to a cell."""
    if len(touches) == 1:
        return touches[0][1]
    total = Delta()
    for _, delta in touches:
        total.add(delta)
    return total


def pieces_of(
    account_id: str, cursor: Cursor, entries: Sequence[Foldable], zone: ZoneInfo
) -> Iterator[Piece]:
    """The entries after a cursor in as few pieces as fit into transactions, in order.

    An entry wider than a transaction goes in fixed parts of its cells in the order of their keys.
    """
    if not entries:
        return
    deltas = shared_of(entries, zone)
    committed = Committed(entries[0].created_ms, entries[-1].created_ms)
    if cursor.part == 0 and len(deltas) <= PART_CELLS:
        yield Piece(Move(account_id, cursor, Cursor(entries[-1].seq)), deltas, committed)
    elif len(entries) == 1:
        yield from _parts(account_id, cursor, deltas, committed)
    else:
        middle = len(entries) // 2
        yield from pieces_of(account_id, cursor, entries[:middle], zone)
        yield from pieces_of(account_id, Cursor(entries[middle - 1].seq), entries[middle:], zone)


def _parts(
    account_id: str, cursor: Cursor, deltas: Mapping[CellKey, Delta], committed: Committed
) -> Iterator[Piece]:
    ordered = sorted(deltas)
    parts = -(-len(ordered) // PART_CELLS)
    assert cursor.part < parts
    for part in range(cursor.part, parts):
        start = Cursor(cursor.seq, part)
        end = Cursor(cursor.seq, part + 1) if part + 1 < parts else Cursor(cursor.seq + 1)
        keys = ordered[part * PART_CELLS : (part + 1) * PART_CELLS]
        yield Piece(Move(account_id, start, end), {key: deltas[key] for key in keys}, committed)


def commits_of(pieces: Iterable[Piece]) -> list[Commit]:
    """Pieces of a workspace's accounts in few transactions, to be written in this order.

    Each piece goes where it brings the fewest new cells. An account's pieces stay in their order.
    """
    commits: list[Commit] = []
    unfilled: list[int] = []
    earliest: dict[str, int] = {}
    for piece in pieces:
        account_id = piece.move.account_id
        room = [
            (new, at)
            for at in unfilled
            if at >= earliest.get(account_id, 0)
            for new in (_new_cells(commits[at], piece),)
            if commits[at].items + new < MAX_COMMIT_ITEMS
        ]
        if room:
            at = min(room)[1]
        else:
            at = len(commits)
            commits.append(Commit(piece.committed))
            unfilled = [*unfilled, at][-OPEN_COMMITS:]
        merge(commits[at].deltas, piece.deltas)
        commits[at].committed = Committed(
            min(commits[at].committed.first_ms, piece.committed.first_ms),
            max(commits[at].committed.last_ms, piece.committed.last_ms),
        )
        commits[at].moves[account_id] = piece.move
        assert commits[at].items <= MAX_COMMIT_ITEMS
        if commits[at].items == MAX_COMMIT_ITEMS:
            unfilled.remove(at)
        earliest[account_id] = at + 1
    return commits


def _new_cells(commit: Commit, piece: Piece) -> int:
    return sum(key not in commit.deltas for key in piece.deltas)
