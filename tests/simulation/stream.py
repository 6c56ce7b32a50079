"""The table's stream: shards, and the ways in which Lambda brings their records to a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from zlib import crc32

from shared.store.schema import ENTRY_PREFIX
from tests.fakes.table import FakeTable
from tests.simulation.scheduler import Crash
from tests.simulation.stage import Stage

Record = dict[str, Any]
Deliver = Callable[[Sequence[Record]], object]

SHARDS: Final = 2
LARGEST_BATCH: Final = 40
RETRY_SECONDS: Final = 1.0
POLL_SECONDS: Final = 0.25

TAKEN: Final = (ENTRY_PREFIX, "HEAD", "DAY#", "MONTH#", "al_t")
"""Sort keys that the filters of the two functions let through, taken together."""


class Stream:
    """Records by shard. All records of one partition key are in one shard, in order."""

    def __init__(self, table: FakeTable) -> None:
        self._table = table
        self._seen = 0
        self._shards: list[list[Record]] = [[] for _ in range(SHARDS)]

    def shard(self, number: int) -> list[Record]:
        """The records of a shard so far."""
        new = self._table.changes(self._seen)
        self._seen += len(new)
        for change in new:
            pk, sk = change.key
            if sk.startswith(TAKEN):
                self._shards[crc32(pk.encode()) % SHARDS].append(change.record)
        return self._shards[number]


@dataclass(frozen=True, slots=True)
class Habits:
    """How often a shard is not read for a while, a batch is brought to two instances at once, an instance
    dies at a step, and a journal entry arrives spoilt or not at all."""

    late: float = 0.2
    twins: float = 0.1
    death: float = 0.004
    harm: float = 0.0


IN_PARTS: Final = Habits(late=0.6, twins=0.3, death=0.001)
"""Where entries are wide: one takes some hundred steps, and what counts is what happens between its parts."""


class Consumer:
    """Reads one shard for one function, as badly as an event source mapping may.

    Batches are cut anywhere, brought again, brought to two instances at once, split in halves after a
    failure, and now and then an entry arrives spoilt or not at all.
    """

    def __init__(
        self,
        stage: Stage,
        records: Callable[[], list[Record]],
        deliver: Callable[[], Deliver],
        ended: Callable[[], bool],
        habits: Habits,
    ) -> None:
        self._stage = stage
        self._scheduler = stage.scheduler
        self._random = stage.random
        self._saw = stage.sights.saw
        self._records = records
        self._new_instance = deliver
        self._ended = ended
        self._habits = habits
        self._position = 0
        self._late_until_us = 0
        self.done = False

    def run(self) -> None:
        """Consume until nothing can come any more."""
        self._scheduler.may_crash(self._habits.death)
        if self._random.random() < self._habits.late:
            self._late_until_us = self._scheduler.now_us + 20_000_000
            self._saw("late shard")
        instance = self._new_instance()
        while True:
            try:
                if self._scheduler.now_us < self._late_until_us and not self._ended():
                    self._scheduler.sleep(1.0)
                    continue
                batch = self._next()
                if batch:
                    self._deliver(instance, batch)
                elif self._ended():
                    break
                else:
                    self._scheduler.sleep(POLL_SECONDS)
            except Crash:
                self._saw("death")
                instance = self._new_instance()
        self.done = True

    def _next(self) -> list[Record]:
        records = self._records()
        end = self._position + self._random.randint(1, LARGEST_BATCH)
        self._saw("batch cut", end < len(records))
        return records[self._position : end]

    def _deliver(self, instance: Deliver, batch: list[Record]) -> None:
        brought = [record for record in map(self._spoilt, batch) if record is not None]
        if self._random.random() < 0.1:
            again = self._random.randrange(self._position + 1)
            brought = self._records()[again : again + 10] + brought
            self._saw("batch again")
        if self._random.random() < 0.1:
            brought = _shuffled(brought, self._random)
            self._saw("out of order", len(brought) > 1)
        if self._random.random() < self._habits.twins:
            twin = self._new_instance()
            self._scheduler.spawn("twin", lambda: self._try(twin, list(brought)))
            self._saw("twin")
        if self._try(instance, brought):
            if self._random.random() > 0.05:
                self._position += len(batch)
            else:
                self._saw("batch again")
            return
        self._scheduler.sleep(RETRY_SECONDS)
        half = brought[: len(brought) // 2]
        if half:
            self._saw("halves")
            if self._try(instance, half):
                self._try(instance, brought[len(half) :])

    def _try(self, instance: Deliver, batch: Sequence[Record]) -> bool:
        try:
            instance(batch)
        except Crash:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, the mapping brings the batch again
            return False
        return True

    def _spoilt(self, record: Record) -> Record | None:
        if self._scheduler.calm or self._random.random() >= self._habits.harm:
            return record
        change = record["dynamodb"]
        if not change["Keys"]["sk"]["S"].startswith(ENTRY_PREFIX):
            return record
        if self._random.random() < 0.5:
            self._saw("record lost")
            return None
        self._saw("record spoilt")
        spoilt = deepcopy(record)
        spoilt["dynamodb"]["NewImage"]["dg"] = {"S": "[[1,2"}
        return spoilt


def _shuffled(records: list[Record], random: Random) -> list[Record]:
    """The records in another order; those of one item stay in theirs."""
    queues: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        keys = record["dynamodb"]["Keys"]
        queues.setdefault((keys["pk"]["S"], keys["sk"]["S"]), []).append(record)
    order = []
    while queues:
        key = random.choice(list(queues))
        order.append(queues[key].pop(0))
        if not queues[key]:
            del queues[key]
    return order
