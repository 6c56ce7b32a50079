"""Races for one account: how long to stand back after losing one, and when to give up."""

from __future__ import annotations

from typing import Final

from shared.domain.errors import ConflictRetryError
from shared.ports.runtime import Clock

PATIENCE_SECONDS: Final = 12.0
"""Well under the gateway's 30 s, so that the caller still gets an answer that says what to do."""

LONGEST_WAIT_SECONDS: Final = 1.0
SHORTEST_WINDOW_SECONDS: Final = 0.005
LOSSES_PER_STEP: Final = 3


class Race:
    """One request's attempts to commit on one account.

    The window to wait in grows with the number of commits that overtook the last attempt (a measure of how
    many others there are) and shrinks with the number of races lost, so those who wait longest come first.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started = clock.monotonic()
        self._attempt_started = self._started
        self._losses = 0

    def begin(self) -> None:
        """An attempt begins."""
        self._attempt_started = self._clock.monotonic()

    def lost(self, overtaken_by: int = 1) -> None:
        """The attempt failed because of others; wait before the next.

        Raises:
            ConflictRetryError: it has taken too long already.
        """
        now = self._clock.monotonic()
        if now - self._started > PATIENCE_SECONDS:
            raise ConflictRetryError("Too many others wrote to this account; please repeat.")
        self._losses += 1
        took = max(now - self._attempt_started, SHORTEST_WINDOW_SECONDS)
        window = took * max(overtaken_by, 1) / (1 + self._losses // LOSSES_PER_STEP)
        self._clock.sleep(self._clock.uniform(0.0, min(window, LONGEST_WAIT_SECONDS)))
