"""How much a recorder holds, how long it waits, and what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

from tally._errors import ConfigurationError, TallyError
from tally._operations.usage import MAX_BATCH as MAX_ROWS

MAX_QUEUE: Final = 10_000
"""Events that wait unless told otherwise: some megabytes, and minutes of a busy service."""

MAX_BATCH: Final = 100
MAX_WAIT: Final = 1.0
"""Seconds an event waits for others to share its request."""

MAX_JOURNAL_BYTES: Final = 256 << 20
"""What a journal may take of the disk unless told otherwise: about half a million events."""

EXIT_SECONDS: Final = 5.0
"""How long the end of a program waits for what is still to be sent."""

SYNC_SECONDS: Final = 1.0
"""Rows are on the disk itself at most so long after `record`: what a power failure can cost. (The death of
the process costs nothing.)"""

ADOPT_SECONDS: Final = 30.0
"""How often journals of processes that are gone are looked for."""

LONGEST_WAIT: Final = 30.0
"""Seconds between tries when nothing helps."""

HURRIED_WAIT: Final = 0.5
"""Seconds between tries while somebody waits in `flush`."""

Policy = Literal["drop_oldest", "block", "spill"]


@dataclass(frozen=True, slots=True)
class Counters:
    """What became of events. `queued` and `retrying` are as of now, the others since the start.

    `recorded + adopted == queued + sent + replayed + dropped + refused`. `adopted` were left on disk by a
    process that is gone, `retrying` are those of `queued` whose last try failed, `damaged` could not
    be read back from the disk (and are none of the others).
    """

    recorded: int = 0
    queued: int = 0
    sent: int = 0
    replayed: int = 0
    dropped: int = 0
    refused: int = 0
    retrying: int = 0
    adopted: int = 0
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that will never be accepted: `usage` is what was to be sent, `error` why not."""

    id: str
    usage: Mapping[str, Any]
    error: TallyError


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings of a recorder, as `Recorder` describes them.

    Raises:
        ConfigurationError: they contradict each other.
    """

    max_queue: int = MAX_QUEUE
    max_batch: int = MAX_BATCH
    max_wait: float = MAX_WAIT
    policy: Policy = "drop_oldest"
    journal: Path | None = None
    max_journal_bytes: int = MAX_JOURNAL_BYTES

    def __post_init__(self) -> None:
        if self.policy not in get_args(Policy):
            raise ConfigurationError(f"there is no policy {self.policy!r}")
        if self.policy == "spill" and self.journal is None:
            raise ConfigurationError("the policy spill needs a journal")
        if not 0 < self.max_batch <= MAX_ROWS or self.max_queue < 1 or self.max_wait < 0:
            raise ConfigurationError(
                f"max_batch is 1 to {MAX_ROWS}, max_queue above 0, max_wait not below 0"
            )
