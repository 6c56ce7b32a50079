"""The table as one instance sees it: others go on before and after each call, and calls go wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from shared.store.schema import Key
from shared.store.table import Delete, Item, Put, Query, QueryPage, Update, Write
from tests.fakes.faults import Call, Fault, Step
from tests.fakes.table import FakeTable
from tests.simulation.scheduler import Scheduler

T = TypeVar("T")


@dataclass
class Weather:
    """How often a call meets each fault."""

    conflict: float = 0.03
    before: float = 0.01
    after: float = 0.02
    throttled: float = 0.01
    short_reasons: float = 0.2
    calm: bool = False

    def step(self, random: Random, call: Call) -> Step:
        """What a call meets."""
        if self.calm:
            return None
        chances = {
            Fault.CONFLICT: self.conflict if call.verb in {"transact", "write"} else 0.0,
            Fault.TIMEOUT_BEFORE: self.before,
            Fault.TIMEOUT_AFTER: self.after if call.writes else 0.0,
            Fault.THROTTLED: self.throttled,
            Fault.SHORT_REASONS: self.short_reasons if call.verb == "transact" else 0.0,
        }
        drawn = random.random()
        for fault, chance in chances.items():
            if drawn < chance:
                return fault
            drawn -= chance
        return None


class SimTable:
    """A `Table`. Every call is two steps of the world: it may die on the way there or on the way back."""

    def __init__(self, table: FakeTable, scheduler: Scheduler) -> None:
        self._table = table
        self._scheduler = scheduler

    def _travel(self, call: Callable[[], T]) -> T:
        self._scheduler.pause()
        try:
            return call()
        finally:
            self._scheduler.pause()

    def get(self, key: Key) -> Item | None:
        """One item."""
        return self._travel(lambda: self._table.get(key))

    def get_many(
        self, keys: Sequence[Key], *, eventual: bool = False
    ) -> dict[tuple[str, str], Item]:
        """Items by `(pk, sk)`."""
        return self._travel(lambda: self._table.get_many(keys, eventual=eventual))

    def query(self, query: Query) -> QueryPage:
        """One page of rows."""
        return self._travel(lambda: self._table.query(query))

    def write(self, write: Put | Update | Delete) -> None:
        """One write."""
        self._travel(lambda: self._table.write(write))

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """All of the writes or none."""
        self._travel(lambda: self._table.transact(writes, token))
