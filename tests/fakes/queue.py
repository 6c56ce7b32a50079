"""A queue that keeps what it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.errors import UnavailableError


@dataclass
class Queue:
    """Messages with their delays in seconds; one that is `down` takes none."""

    messages: list[tuple[Mapping[str, object], int]] = field(default_factory=list)
    down: bool = False

    def send(self, message: Mapping[str, object], delay_s: int = 0) -> None:
        if self.down:
            raise UnavailableError("The queue did not take the message.")
        self.messages.append((message, delay_s))
