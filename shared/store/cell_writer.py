"""The writing side of cells.

Private cells are written before their account's cursor moves, each by an update guarded with the number of
the last entry in it, so repeating one is harmless. Shared cells are written in one transaction with the
cursors of the accounts they come from, and each cursor only moves from where it was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

from shared.domain.cells import CellKey
from shared.domain.folding import (
    Commit,
    Cursor,
    Move,
    Parked,
    Place,
    Progress,
    Step,
    Touches,
)
from shared.ports.runtime import Clock
from shared.store.cell_items import private_update, shared_update, up_to
from shared.store.fold_items import cursor_item, parked_item, read_progress, read_steps
from shared.store.race import Race
from shared.store.schema import Key, cursor_key, head_key, parked_key
from shared.store.seals import seal_entry
from shared.store.table import (
    NEW_ITEM,
    AllOf,
    Check,
    Condition,
    ConditionFailedError,
    Delete,
    Equal,
    Put,
    StoreUnavailableError,
    Table,
    TransactionCanceledError,
    Update,
    Write,
    number,
)
from shared.store.versions import bumped

MAX_ATTEMPTS: Final = 30
"""Tries of one write that others or the store are in the way of. The stream brings the batch again."""

PASSING_CODES: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)
"""Why a transaction can fail although nothing is wrong with it."""

R = TypeVar("R")


class DynamoCellStore:
    """Cells, cursors and marks of parked accounts, as the folding writes them."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def progress(self, places: Sequence[Place]) -> dict[Place, Progress]:
        """Where accounts stand, read consistently."""
        return read_progress(self._table, places)

    def journal(self, place: Place, first: int, count: int) -> Iterator[Step]:
        """An account's journal from entry `first`, at most `count` entries."""
        return read_steps(self._table, place.workspace_id, place.account_id, first, count)

    def head_seq(self, place: Place) -> int:
        """The number of the last entry of an account; 0 before the first."""
        head = self._table.get(head_key(place.workspace_id, place.account_id))
        return 0 if head is None else number(head, "seq")

    def add_private(self, place: Place, key: CellKey, touches: Touches) -> None:
        """Add entries to a private cell, those left out that are in it already.

        The entries have to be all those of a contiguous run that touch the cell, and what is before the
        run has to be in the cell.

        Raises:
            StoreUnavailableError: the store did not answer; repeating the call is safe.
        """
        while touches:
            refused = self._write(private_update(place, key, touches))
            if refused is None:
                return
            assert refused.item is not None
            folded = up_to(refused.item)
            touches = [(seq, delta) for seq, delta in touches if seq > folded]

    def seal(self, place: Place, seq: int, secret: bytes) -> None:
        """Sign the account's state after an entry, unless that was done.

        Raises:
            StoreUnavailableError: the store did not answer; repeating the call is safe.
        """
        seal_entry(self._table, place.workspace_id, place.account_id, seq, secret)

    def commit(self, workspace_id: str, generation: int, commit: Commit) -> bool:
        """Add to shared cells and move the cursors, all or nothing; the workspace's version goes up.

        False when a cursor is not where it was read: others folded some of the entries meanwhile.

        Raises:
            StoreUnavailableError: the store did not answer; what happened is seen from the cursors.
        """
        writes: list[Write] = [
            shared_update(workspace_id, generation, key, commit.deltas[key], commit.committed)
            for key in sorted(commit.deltas)
        ]
        writes += [
            _cursor_put(Place(workspace_id, generation, account_id), move)
            for account_id, move in commit.moves.items()
        ]
        writes.append(bumped(workspace_id, self._clock.now_ms()))
        return self._transact(writes)

    def park(self, place: Place, cursor: Cursor, parked: Parked) -> bool:
        """Mark an account as waiting at the entry after its cursor.

        False when the cursor is elsewhere by now or the account is marked already.
        """
        writes: list[Write] = [
            Check(_cursor_key(place), _cursor_at(cursor)),
            Put(parked_item(place, parked), NEW_ITEM),
        ]
        return self._transact(writes)

    def mark_sent(self, place: Place, parked: Parked) -> None:
        """Note that the message about a parked account is in the queue."""
        update = Update(
            _parked_key(place), assign={"sent": True}, condition=Equal("seq", parked.seq)
        )
        self._write(update)

    def unpark(self, place: Place) -> None:
        """Take the mark off an account."""
        self._write(Delete(_parked_key(place)))

    def _write(self, write: Put | Update | Delete) -> ConditionFailedError | None:
        """One write; what stands in its way, where its condition does not hold."""

        def attempt() -> ConditionFailedError | None:
            try:
                self._table.write(write)
            except ConditionFailedError as error:
                return error
            return None

        return self._patiently(attempt)

    def _transact(self, writes: Sequence[Write]) -> bool:
        """All writes or none; False where a condition does not hold."""
        token = self._clock.random_bytes(16).hex()

        def attempt() -> bool:
            nonlocal token
            try:
                self._table.transact(writes, token)
            except TransactionCanceledError as error:
                if any(reason.condition_failed for reason in error.reasons):
                    return False
                if not any(reason.code in PASSING_CODES for reason in error.reasons):
                    raise
                token = self._clock.random_bytes(16).hex()
                raise StoreUnavailableError(str(error)) from error
            return True

        return self._patiently(attempt)

    def _patiently(self, attempt: Callable[[], R]) -> R:
        """Repeat what others or the store are in the way of.

        An attempt whose fate is unknown is repeated with the same token, so it counts once; where it did
        count and the repeat is refused, the caller reads again and finds it done.
        """
        race = Race(self._clock)
        for tries in range(1, MAX_ATTEMPTS + 1):
            race.begin()
            try:
                return attempt()
            except StoreUnavailableError:
                if tries == MAX_ATTEMPTS:
                    raise
            race.lost()
        raise AssertionError("the last attempt raises")


def _cursor_key(place: Place) -> Key:
    return cursor_key(place.workspace_id, place.account_id, place.generation)


def _parked_key(place: Place) -> Key:
    return parked_key(place.workspace_id, place.account_id, place.generation)


def _cursor_at(cursor: Cursor) -> Condition:
    """The cursor's item is still as it was read."""
    if cursor == Cursor():
        return NEW_ITEM
    return AllOf((Equal("seq", cursor.seq), Equal("part", cursor.part)))


def _cursor_put(place: Place, move: Move) -> Put:
    return Put(cursor_item(place, move.end), _cursor_at(move.start))
