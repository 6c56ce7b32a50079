"""Time and randomness of the machine."""

from __future__ import annotations

import os
import random
import time
from typing import Final

_jitter: Final = random.SystemRandom()


class SystemClock:
    """The machine's `Clock`."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds on a clock that never jumps."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def random_bytes(self, count: int) -> bytes:
        """Unpredictable bytes."""
        return os.urandom(count)

    def uniform(self, low: float, high: float) -> float:
        """A random number for jitter."""
        return _jitter.uniform(low, high)
