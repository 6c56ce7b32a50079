"""Actors that take turns, and a clock that only this moves. One seed gives one history.

An actor is a thread, but only one runs at any time: each hands over wherever the product waits for
something (a call of the table, a sleep). There it can also be killed.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from threading import Lock, Thread
from typing import Final

LONGEST_STEP_US: Final = 30_000
"""Time that passes between two steps of the world, at most."""

MAX_STEPS: Final = 100_000
"""More than any seed needs: a world that goes on is stuck."""


class Crash(BaseException):
    """The process is gone. No error that anything in it could catch."""


class StuckError(Exception):
    """The world does not come to its end."""


class Actor:
    """Somebody who takes turns. `crash_rate` is the chance to be killed at a step.

    `lingers` says after how many steps it stands still, and for how many seconds.
    """

    def __init__(self, name: str, job: Callable[[], object]) -> None:
        self.name = name
        self.job = job
        self.crash_rate = 0.0
        self.wakes_us = 0
        self.lingers: tuple[int, float] | None = None
        self.turn = _taken()


def _taken() -> Lock:
    """A lock that whoever acquires it waits for: a hand-over, and much cheaper than a semaphore."""
    lock = Lock()
    lock.acquire()
    return lock


class Scheduler:
    """Lets actors take turns until all have ended."""

    def __init__(self, random: Random, start_ms: int) -> None:
        self._random = random
        self._actors: list[Actor] = []
        self._back = _taken()
        self._current: Actor | None = None
        self._error: BaseException | None = None
        self.now_us = start_ms * 1000
        self.steps = 0
        self.calm = False
        """Whether nobody is killed any more."""

    def spawn(self, name: str, job: Callable[[], object]) -> None:
        """Let an actor begin."""
        actor = Actor(name, job)
        self._actors.append(actor)
        Thread(target=self._live, args=(actor,), daemon=True, name=name).start()

    def run(self) -> None:
        """Go on until no actor is left.

        Raises:
            StuckError: it never ends.
            BaseException: what an actor raised.
        """
        while self._actors:
            self.steps += 1
            if self.steps > MAX_STEPS:
                names = ", ".join(actor.name for actor in self._actors)
                raise StuckError(f"after {MAX_STEPS} steps there are still {names}")
            self.now_us += self._random.randrange(LONGEST_STEP_US)
            awake = [actor for actor in self._actors if actor.wakes_us <= self.now_us]
            if not awake:
                self.now_us = min(actor.wakes_us for actor in self._actors)
                continue
            actor = self._random.choice(awake)
            self._current = actor
            actor.turn.release()
            self._back.acquire()
            self._current = None
            if self._error is not None:
                raise self._error

    def pause(self, danger: float = 0.0) -> None:
        """Let others go on (called by the actor whose turn it is; before and after the run, nobody's).

        Whoever can be killed at all is killed here with a chance of `danger` at the least.

        Raises:
            Crash: this actor's process dies here.
        """
        actor = self._current
        if actor is None:
            return
        self._back.release()
        actor.turn.acquire()
        rate = max(actor.crash_rate, danger) if actor.crash_rate else 0.0
        if not self.calm and rate and self._random.random() < rate:
            raise Crash
        if actor.lingers is not None:
            steps, seconds = actor.lingers
            actor.lingers = (steps - 1, seconds) if steps else None
            if not steps and not self.calm:
                self.sleep(seconds)

    def sleep(self, seconds: float) -> None:
        """Let others go on for so long."""
        wakes_us = self.now_us + round(seconds * 1_000_000)
        if self._current is None:
            self.now_us = wakes_us
            return
        self._current.wakes_us = wakes_us
        self.pause()

    def hold_up(self, chance: float, seconds: float) -> None:
        """Let others go on for a while, now and then."""
        if not self.calm and self._random.random() < chance:
            self.sleep(seconds)

    def may_crash(self, rate: float) -> None:
        """How likely the current actor is to be killed at each of its steps from now on."""
        assert self._current is not None
        self._current.crash_rate = rate

    def linger(self, steps: int, seconds: float) -> None:
        """Have the current actor stand still for a while, some steps from now."""
        assert self._current is not None
        self._current.lingers = steps, seconds

    def _live(self, actor: Actor) -> None:
        actor.turn.acquire()
        try:
            actor.job()
        except BaseException as error:  # noqa: BLE001 - handed to whoever runs the world
            self._error = error
        self._actors.remove(actor)
        self._back.release()


class SimClock:
    """An instance's `Clock`: the world's time, ahead or behind by its skew."""

    def __init__(self, scheduler: Scheduler, random: Random, skew_ms: int = 0) -> None:
        self._scheduler = scheduler
        self._random = random
        self._skew_ms = skew_ms

    def now_ms(self) -> int:
        """Milliseconds since 1970, as this instance believes."""
        return self._scheduler.now_us // 1000 + self._skew_ms

    def monotonic(self) -> float:
        """Seconds of the world's time."""
        return self._scheduler.now_us / 1_000_000

    def sleep(self, seconds: float) -> None:
        """Let others go on meanwhile."""
        self._scheduler.sleep(seconds)

    def random_bytes(self, count: int) -> bytes:
        """The next bytes of the instance's own sequence."""
        return self._random.randbytes(count)

    def uniform(self, low: float, high: float) -> float:
        """The next number of the instance's own sequence."""
        return self._random.uniform(low, high)
