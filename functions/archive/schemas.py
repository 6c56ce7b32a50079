"""Messages of the queue into exact types."""

from __future__ import annotations

from typing import Literal

import msgspec

from shared.domain.archive import Kind, Unit
from shared.http.messages import Event

Task = Literal["write", "renew"]


class Job(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    """A message of the queue: a unit to go on with, or (`renew`) to take what was repriced into."""

    workspace_id: str
    kind: Kind
    period: str
    task: Task = "write"

    @property
    def unit(self) -> Unit:
        """The unit."""
        return Unit(self.workspace_id, self.kind, self.period)


def is_jobs(event: Event) -> bool:
    """Whether an event comes from the queue, not from the schedule."""
    return "Records" in event


def jobs_of(event: Event) -> list[Job]:
    """The messages of a queue's event.

    Raises:
        ValueError: a body is none of ours.
    """
    return [msgspec.json.decode(record["body"], type=Job) for record in event["Records"]]
