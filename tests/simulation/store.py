"""The table as one instance sees it: others go on before and after each call, and calls go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar

from shared.store.schema import ENTRY_PREFIX, HEAD_SK, Key
from shared.store.table import (
    Check,
    Delete,
    Item,
    Put,
    Query,
    QueryPage,
    StoreUnavailableError,
    TransactionCanceledError,
    Update,
    Write,
)
from shared.store.wire import ATTEMPTS
from tests.fakes.faults import Call, Fault, Step
from tests.fakes.table import FakeTable
from tests.simulation.scheduler import Scheduler
from tests.simulation.sights import Sights

T = TypeVar("T")

NAMES: Final = {
    Fault.CONFLICT: "conflict",
    Fault.THROTTLED: "throttled",
    Fault.TIMEOUT_BEFORE: "call lost",
    Fault.TIMEOUT_AFTER: "answer lost",
    Fault.SHORT_REASONS: "short reasons",
}

OUTAGE: Final = 60
LOST_IN_OUTAGES: Final = 0.8

HELD_UP: Final = 0.3
HELD_UP_SECONDS: Final = 4.0
"""How often who writes a part of a wide entry is held up just before, and how long: others overtake them."""

BETWEEN_PARTS: Final = 0.3
"""How likely a process dies right after it wrote a part of a wide entry that is not the last."""


@dataclass
class Weather:
    """How often a call meets each fault; `storm` times that.

    Now and then an outage begins: of the calls `left` in it, most get lost.
    """

    storm: float = 1.0
    conflict: float = 0.03
    before: float = 0.01
    after: float = 0.02
    throttled: float = 0.01
    short_reasons: float = 0.2
    outage: float = 0.0005
    left: int = 0
    calm: bool = False

    def step(self, random: Random, call: Call, sights: Sights) -> Step:
        """What a call meets."""
        sights.saw("budget scarce", any(map(_is_scarce, call.writes)))
        if self.calm:
            return None
        chances = {
            Fault.CONFLICT: self.conflict if call.verb in {"transact", "write"} else 0.0,
            Fault.TIMEOUT_BEFORE: self.before,
            Fault.TIMEOUT_AFTER: self.after if call.writes else 0.0,
            Fault.THROTTLED: self.throttled,
            Fault.SHORT_REASONS: self.short_reasons if call.verb == "transact" else 0.0,
        }
        if self.left:
            self.left -= 1
            if random.random() < LOST_IN_OUTAGES:
                return Fault.TIMEOUT_BEFORE
        drawn = random.random() / self.storm
        if drawn < self.outage:
            sights.saw("outage")
            self.left = OUTAGE
        for fault, chance in chances.items():
            if drawn < chance:
                sights.saw(NAMES[fault])
                return fault
            drawn -= chance
        return None


def _is_scarce(write: Write) -> bool:
    return isinstance(write, Check) and write.key["sk"].startswith("BUDGET#")


class SimTable:
    """A `Table`. Every call is two steps of the world: it may die on the way there or on the way back.

    `under_way` counts the commits of an account that are, by what they are about; `queried` names what a
    query of this instance shows.
    """

    def __init__(
        self,
        table: FakeTable,
        scheduler: Scheduler,
        sights: Sights,
        under_way: Counter[tuple[str, bool]],
        queried: str | None = None,
    ) -> None:
        self._table = table
        self._scheduler = scheduler
        self._sights = sights
        self._under_way = under_way
        self._queried = queried

    def _travel(self, call: Callable[[], T], danger: float = 0.0) -> T:
        """There and back; on the way back, who can die does so with a chance of `danger` at the least."""
        self._scheduler.pause()
        try:
            return call()
        finally:
            self._scheduler.pause(danger)

    def get(self, key: Key) -> Item | None:
        """One item."""
        return self._travel(lambda: self._table.get(key))

    def get_many(
        self, keys: Sequence[Key], *, eventual: bool = False
    ) -> dict[tuple[str, str], Item]:
        """Items by `(pk, sk)`."""
        found = self._travel(lambda: self._table.get_many(keys, eventual=eventual))
        self._sights.saw("part gone on with", any(map(_is_in_parts, found.values())))
        return found

    def query(self, query: Query) -> QueryPage:
        """One page of rows."""
        if self._queried is not None:
            self._sights.saw(self._queried)
        return self._travel(lambda: self._table.query(query))

    def write(self, write: Put | Update | Delete) -> None:
        """One write."""
        self._travel(lambda: self._table.write(write))

    def update(self, update: Update) -> Item:
        """One unconditional update, and the item right after it."""
        return self._travel(lambda: self._table.update(update))

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """All of the writes or none."""
        mine = _account_of(writes)
        if mine is not None:
            self._under_way[mine] += 1
            self._sights.saw("spent and bought", bool(self._under_way[mine[0], not mine[1]]))
        try:
            parts = any(isinstance(w, Put) and _is_in_parts(w.item) for w in writes)
            danger = BETWEEN_PARTS if parts else 0.0
            if parts:
                self._scheduler.hold_up(HELD_UP, HELD_UP_SECONDS)
            self._travel(lambda: self._table.transact(writes, token), danger)
        except TransactionCanceledError as error:
            moved = any(
                reason.condition_failed and isinstance(write, Put) and write.item["sk"] == HEAD_SK
                for write, reason in zip(writes, error.reasons, strict=True)
            )
            self._sights.saw("race lost", moved)
            raise
        finally:
            if mine is not None:
                self._under_way[mine] -= 1


class PatientTable(SimTable):
    """A table for whoever makes many calls: its client asks again, as the product's does.

    Each call is one step of the world.
    """

    def _travel(self, call: Callable[[], T], danger: float = 0.0) -> T:
        for _ in range(ATTEMPTS - 1):
            self._scheduler.pause(danger)
            with suppress(StoreUnavailableError):
                return call()
        self._scheduler.pause(danger)
        return call()


def _is_in_parts(item: Item) -> bool:
    """Whether an item is a cursor that stands between the parts of a wide entry."""
    return str(item["sk"]).startswith("CURSOR#") and item["part"] != 0


def _account_of(writes: Sequence[Write]) -> tuple[str, bool] | None:
    """The account that a commit writes an entry of, and whether that is a movement of credits."""
    for write in writes:
        if isinstance(write, Put) and str(write.item["sk"]).startswith(ENTRY_PREFIX):
            return str(write.item["pk"]), write.item["rs"] != "usage"
    return None
