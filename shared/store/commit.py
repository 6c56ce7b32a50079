"""One commit: what `apply` decided, written in one transaction, or not at all.

Knows conditions, cancellation reasons and tokens; knows no rule of money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.head import Head
from shared.domain.ledger import Applied
from shared.ports.runtime import Clock
from shared.store.items import counters_item, entry_item, head_from, head_item
from shared.store.log_items import log_item
from shared.store.table import (
    MAX_TRANSACTION_ITEMS,
    NEW_ITEM,
    Absent,
    AllOf,
    Condition,
    Equal,
    Put,
    Reason,
    StoreUnavailableError,
    Table,
    TransactionCanceledError,
    Write,
)

AMBIGUOUS_ATTEMPTS = 3
"""Tries of a transaction whose fate is unknown; each with the same token, so it counts once."""


@dataclass(frozen=True, slots=True)
class Committed:
    """It is written."""


@dataclass(frozen=True, slots=True)
class LostRace:
    """Somebody else committed first. `head` is the account's head then, None when not told."""

    head: Head | None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An id or key of the command is there already. `head` as in `LostRace`."""

    head: Head | None


Result = Committed | LostRace | Duplicate


@dataclass(frozen=True, slots=True)
class Extras:
    """Writes that go with a commit: `claims` fail as duplicates, `others` as lost races.

    `key` is the idempotency key that the entry was posted under, kept with it so that an erasure finds
    what is remembered of the request.
    """

    claims: tuple[Write, ...] = ()
    others: tuple[Write, ...] = ()
    key: str | None = None

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.claims) + len(self.others)


def commit(table: Table, clock: Clock, applied: Applied, expected: Head, extras: Extras) -> Result:
    """Write the logs, the entry, the head over the one expected, and the extras.

    Raises:
        StoreUnavailableError: the table did not answer; it may or may not be written.
    """
    assert applied.entry is not None
    assert applied.head.seq == expected.seq + 1 == applied.entry.seq
    claims: list[Write] = [Put(log_item(log), NEW_ITEM) for log in applied.logs]
    claims += extras.claims
    head: Write = Put(head_item(applied.head), _as_read(expected))
    entry = entry_item(applied.entry) | counters_item(applied.head)
    if extras.key is not None:
        entry["ik"] = extras.key
    writes = [*claims, head, Put(entry, NEW_ITEM), *extras.others]
    assert len(writes) <= MAX_TRANSACTION_ITEMS
    token = clock.random_bytes(16).hex()
    for attempt in range(1, AMBIGUOUS_ATTEMPTS + 1):
        try:
            table.transact(writes, token)
        except TransactionCanceledError as error:
            return _result(error, len(claims))
        except StoreUnavailableError:
            if attempt == AMBIGUOUS_ATTEMPTS:
                raise
        else:
            return Committed()
    raise AssertionError("unreachable")


def _as_read(expected: Head) -> Condition:
    """The head is the one that was read, and its user has not been erased meanwhile."""
    if expected.seq == 0:
        return NEW_ITEM
    mark = Equal("nx", expected.next_generation) if expected.erased else Absent("nx")
    return AllOf((Equal("seq", expected.seq), mark))


def _result(error: TransactionCanceledError, claims: int) -> Result:
    reasons = error.reasons
    head = _head_of(reasons, claims)
    if any(reason.condition_failed for reason in reasons[:claims]):
        return Duplicate(head)
    return LostRace(head)


def _head_of(reasons: Sequence[Reason], position: int) -> Head | None:
    item = reasons[position].item if position < len(reasons) else None
    return None if item is None else head_from(item)
