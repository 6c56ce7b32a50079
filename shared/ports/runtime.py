"""What the machine gives: time, randomness, things done side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Spread(Protocol):
    """Does the same with several things, side by side or (like `map`) in turn."""

    def __call__(self, do: Callable[[T], R], things: Iterable[T], /) -> Iterable[R]:
        """What came of each thing, in their order. An error of one is raised."""


class Clock(Protocol):
    """Time and randomness."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def random_bytes(self, count: int) -> bytes:
        """Unpredictable bytes."""

    def uniform(self, low: float, high: float) -> float:
        """A random number for jitter."""
