"""What everybody in a world stands on: time, luck, the table, and what is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

from shared.domain.errors import ConflictRetryError, TallyError, UnavailableError
from shared.store.table import StoreUnavailableError
from tests.fakes.export_ports import MemoryFile, MemoryFiles
from tests.fakes.table import FakeTable
from tests.simulation.scheduler import Crash, Scheduler, SimClock
from tests.simulation.sights import Sights
from tests.simulation.store import PatientTable, SimTable, Weather

T = TypeVar("T")

LARGEST_SKEW_MS: Final = 2_000
"""How far an instance's clock is off."""

RETRY_SECONDS: Final = 0.3
LEAVES: Final = 0.7
"""How often who died in the middle of a request never asks again, where things get lost."""

PASSING: Final = (ConflictRetryError, UnavailableError, StoreUnavailableError)
"""What a caller repeats."""


@dataclass
class Stage:
    """One world's. `busy` are those whose end the rest of the world waits for.

    Where it is `lossy`, messages get lost, and who asked for something may die and never ask again.
    """

    random: Random
    scheduler: Scheduler
    table: FakeTable
    weather: Weather
    sights: Sights
    workspaces: tuple[str, ...]
    lossy: bool = False
    busy: int = 0
    under_way: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def view(self, queried: str | None = None) -> SimTable:
        """The table as an instance sees it; `queried` is what a query of it shows."""
        return SimTable(self.table, self.scheduler, self.sights, self.under_way, queried)

    def patient_view(self) -> PatientTable:
        """The table as an instance sees it that asks again."""
        return PatientTable(self.table, self.scheduler, self.sights, self.under_way)

    def instance_clock(self) -> SimClock:
        """The clock of an instance, ahead or behind."""
        skew_ms = self.random.randint(-LARGEST_SKEW_MS, LARGEST_SKEW_MS)
        return SimClock(self.scheduler, self.random, skew_ms)

    def chance(self, share: float) -> bool:
        """Whether something happens that happens so often."""
        return self.random.random() < share

    @contextmanager
    def call(self, failing: str, danger: float = 0.0) -> Iterator[None]:
        """A call of something besides the table: two steps, and it fails now and then, done or not.

        Who can die does so right before with a chance of `danger` at the least.

        Raises:
            UnavailableError: it failed.
        """
        self.scheduler.pause(danger)
        if not self.weather.calm and self.chance(0.02):
            raise UnavailableError(failing)
        yield
        self.scheduler.pause()
        if not self.weather.calm and self.chance(0.02):
            raise UnavailableError(failing)

    def insist(
        self,
        born: Callable[[], None],
        ask: Callable[[], None],
        again: float = 0.0,
        *,
        leaves: bool = False,
    ) -> None:
        """Repeat a request until it is answered for good, and now and then (`again`) once more.

        After a death another instance is asked, which is `born` first; who `leaves` may let it be.
        """
        while True:
            try:
                ask()
            except Crash:
                self.sights.saw("death")
                born()
                if leaves and self.lossy and self.chance(LEAVES):
                    self.sights.saw("left")
                    return
            except PASSING:
                self._rest(born)
            except TallyError:
                return
            else:
                if not self.chance(again):
                    return

    def _rest(self, born: Callable[[], None]) -> None:
        try:
            self.scheduler.sleep(self.random.random() * RETRY_SECONDS)
        except Crash:
            self.sights.saw("death")
            born()


class Bucket(MemoryFiles):
    """Files that take their time: a file is there once it is closed, and who closes it may not hear of it."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage = stage

    def create(self, key: str, media_type: str) -> MemoryFile:
        """A new file."""
        return _Slow(self, key, media_type, self._stage)


class _Slow(MemoryFile):
    def __init__(self, files: MemoryFiles, key: str, media_type: str, stage: Stage) -> None:
        super().__init__(files, key, media_type)
        self._stage = stage

    def write(self, chunk: bytes) -> None:
        with self._stage.call("The file could not be written."):
            super().write(chunk)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        super().__exit__(kind, *rest)
        if kind is None:
            self._stage.scheduler.pause()


class InTurn(Executor):
    """Does at once whatever is handed to it: the order is the seed's."""

    def submit(self, job: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Do it."""
        future: Future[T] = Future()
        try:
            future.set_result(job(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - a death, too, is the business of who waits
            future.set_exception(error)
        return future
