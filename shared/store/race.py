"""Races for one account: how long to stand back after losing one, and when to give up."""

from __future__ import annotations

from typing import Final

from shared.domain.errors import ConflictRetryError
from shared.ports.runtime import Clock

PATIENCE_SECONDS: Final = 12.0
"""Well under the gateway's 30 s, so that the caller still gets an answer that says what to do."""

LONGEST_WAIT_SECONDS: Final = 1.5
SHORTEST_ATTEMPT_SECONDS: Final = 0.005

GROWTH: Final = 3
"""How much longer each loss makes the next wait. Nobody knows how many others there are, and of two
transactions that meet one fails at once, so who comes back soon meets the same others again
(`benchmarks/contention.py` has what that costs)."""

MOST_GROWTH: Final = GROWTH**6


class Race:
    """One request's attempts to commit on one account."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._attempt_started = self._started
        self._losses = 0

    def begin(self) -> None:
        """An attempt begins."""
        self._attempt_started = self._clock.monotonic()

    def lost(self, crowd: int = 1) -> None:
        """The attempt failed because of others, at least so many; wait before the next.

        Raises:
            ConflictRetryError: it has taken too long already.
        """
        now = self._clock.monotonic()
        if now - self._started > PATIENCE_SECONDS:
            raise ConflictRetryError("Too many others wrote to this account; please repeat.")
        self._losses += 1
        took = max(now - self._attempt_started, SHORTEST_ATTEMPT_SECONDS)
        longest = took * max(crowd, min(GROWTH**self._losses, MOST_GROWTH))
        window = min(longest, LONGEST_WAIT_SECONDS)
        self._clock.sleep(self._clock.uniform(window / GROWTH, window))
