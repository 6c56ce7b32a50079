"""The state of the system: what waits, what failed, how far behind the stream's consumer is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from shared.domain.system import Echo, Nightly
from shared.ports.runtime import Clock

PATIENCE_MS: Final = 3_000
"""How long a probe is waited for. Beyond, the lag is the age of the oldest one without an answer."""

LOOK_SECONDS: Final = 0.05
MAX_PENDING: Final = 10_000
"""Alerts counted at most; so many that wait are an outage, whatever their number."""


@dataclass(frozen=True, slots=True)
class System:
    """Everything an operator wants to see first."""

    stream_lag_ms: int
    dead_letters: int
    pending_alerts: int
    drift: int | None
    reconciled_ms: int | None
    archived_ms: int | None


class Kept(Protocol):
    """What the table keeps about the system."""

    def probe(self, at_ms: int) -> None:
        """Send a probe into the stream: its consumer answers when it comes by."""

    def echo(self) -> Echo:
        """How probes have been answered."""

    def nightly(self) -> Nightly:
        """What the nightly jobs said."""


class Outbox(Protocol):
    """Alerts that wait."""

    def pending(self, limit: int) -> Iterator[object]:
        """Alerts that wait, of all workspaces."""


class Depths(Protocol):
    """The queues where failures end."""

    def total(self) -> int:
        """Messages in them, all together.

        Raises:
            UnavailableError: a queue does not answer.
        """


class ReadSystem:
    """The use case."""

    def __init__(self, kept: Kept, outbox: Outbox, depths: Depths, clock: Clock) -> None:
        self._kept = kept
        self._outbox = outbox
        self._depths = depths
        self._clock = clock

    def __call__(self) -> System:
        """Look at everything; takes up to `PATIENCE_MS` when the stream is slow."""
        sent_ms = self._clock.now_ms()
        self._kept.probe(sent_ms)
        nightly = self._kept.nightly()
        dead_letters = self._depths.total()
        pending = sum(1 for _ in islice(self._outbox.pending(MAX_PENDING), MAX_PENDING))
        return System(
            self._lag_ms(sent_ms),
            dead_letters,
            pending,
            nightly.drift,
            nightly.reconciled_ms,
            nightly.archived_ms,
        )

    def _lag_ms(self, sent_ms: int) -> int:
        while True:
            echo, now_ms = self._kept.echo(), self._clock.now_ms()
            if echo.answered_ms >= sent_ms:
                return max(0, now_ms - sent_ms)
            if now_ms - sent_ms >= PATIENCE_MS:
                since_ms = sent_ms if echo.waiting_since_ms is None else echo.waiting_since_ms
                return now_ms - since_ms
            self._clock.sleep(LOOK_SECONDS)
