"""The state of the system, with the stream's lag measured by a probe (OPS-2, OPS-4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from functions.aggregate.schemas import probe_of
from functions.system.service import PATIENCE_MS, ReadSystem, System
from shared.domain.system import Echo
from shared.store.alerts import DynamoAlerts
from shared.store.schema import NIGHTLY_SK, system_key
from shared.store.system import DynamoSystem
from shared.store.table import Put
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable


class Depths:
    """Queues with some messages."""

    def total(self) -> int:
        return 3


class Ticking(FakeClock):
    """A clock on which something happens at each sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] = lambda: None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.meanwhile()


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def table(ticking: Ticking) -> FakeTable:
    return FakeTable(ticking)


def read(table: FakeTable, clock: Ticking) -> System:
    return ReadSystem(DynamoSystem(table), DynamoAlerts(table), Depths(), clock)()


def consume(table: FakeTable) -> None:
    """What the function that folds does with probes."""
    sent = probe_of(table.stream_records())
    if sent is not None:
        DynamoSystem(table).answer(sent)


def test_the_lag_is_the_time_from_probe_to_answer(table: FakeTable, ticking: Ticking) -> None:
    def third_time() -> None:
        if len(ticking.slept) == 3:
            consume(table)

    ticking.meanwhile = third_time
    assert read(table, ticking) == System(150, 3, 0, None, None, None)
    assert DynamoSystem(table).echo().waiting_since_ms is None


def test_a_stream_that_stands_still_lags_since_the_first_probe_without_an_answer(
    table: FakeTable, ticking: Ticking
) -> None:
    assert read(table, ticking).stream_lag_ms == PATIENCE_MS
    ticking.advance(minutes=10)
    lag = read(table, ticking).stream_lag_ms
    assert lag == PATIENCE_MS + 600_000 + PATIENCE_MS
    consume(table)
    ticking.meanwhile = lambda: consume(table)
    assert read(table, ticking).stream_lag_ms == 50


def test_an_answer_to_an_earlier_probe_does_not_undo_a_later_one(table: FakeTable) -> None:
    kept = DynamoSystem(table)
    kept.probe(10)
    kept.probe(20)
    assert kept.echo() == Echo(10, 0)
    kept.answer(20)
    kept.answer(10)
    assert kept.echo() == Echo(None, 20)


def test_what_the_nightly_jobs_said_is_shown(table: FakeTable, ticking: Ticking) -> None:
    table.write(Put({**system_key(NIGHTLY_SK), "v": 1, "dr": 0, "re": 5, "ar": 6}))
    ticking.meanwhile = lambda: consume(table)
    found = read(table, ticking)
    assert (found.drift, found.reconciled_ms, found.archived_ms) == (0, 5, 6)
