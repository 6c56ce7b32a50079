"""What is known of the system as a whole."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Echo:
    """Of probes sent into the stream: the oldest without an answer (None: all have one), the newest with."""

    waiting_since_ms: int | None = None
    answered_ms: int = 0


@dataclass(frozen=True, slots=True)
class Nightly:
    """What the nightly jobs said last; None: they have not run yet. `drift` counts wrong figures."""

    drift: int | None = None
    reconciled_ms: int | None = None
    archived_ms: int | None = None
