"""Time that passes only when told to, and randomness that a seed repeats."""

from __future__ import annotations

import time
from hashlib import shake_256
from threading import Lock
from typing import Final

START_MS: Final = 1_795_167_000_000
"""2026-11-20T09:30:00.000Z, a Friday."""


class FakeClock:
    """A `Clock`: `sleep` moves it on, the same seed gives the same bytes. Safe between threads."""

    def __init__(self, now_ms: int = START_MS, seed: int | str = 0) -> None:
        self._now_us = now_ms * 1000
        self._passed_us = 0
        self._seed = seed
        self._drawn = 0
        self._lock = Lock()
        self.slept: list[float] = []
        """Seconds of each sleep, in order."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        with self._lock:
            return self._now_us // 1000

    def monotonic(self) -> float:
        """Seconds that were slept or advanced; `set` does not touch them."""
        with self._lock:
            return self._passed_us / 1_000_000

    def sleep(self, seconds: float) -> None:
        """Move on, and let other threads run."""
        assert seconds >= 0
        with self._lock:
            self.slept.append(seconds)
        self._move(round(seconds * 1_000_000))
        time.sleep(0)

    def advance(self, *, days: int = 0, minutes: int = 0, seconds: int = 0, ms: int = 0) -> None:
        """Move on without anybody sleeping."""
        total_ms = ((days * 24 * 60 + minutes) * 60 + seconds) * 1000 + ms
        self._move(total_ms * 1000)

    def _move(self, passed_us: int) -> None:
        with self._lock:
            self._now_us += passed_us
            self._passed_us += passed_us

    def set(self, now_ms: int) -> None:
        """Put the clock to a time, which may be before the present one."""
        with self._lock:
            self._now_us = now_ms * 1000

    def random_bytes(self, count: int) -> bytes:
        """The next bytes of the seed's sequence."""
        with self._lock:
            self._drawn += 1
            label = f"{self._seed}:{self._drawn}"
        return shake_256(label.encode()).digest(count)

    def uniform(self, low: float, high: float) -> float:
        """The next number of the seed's sequence, in `[low, high)`."""
        share = int.from_bytes(self.random_bytes(6), "big") / 2**48
        return low + (high - low) * share
