"""The events: the schedule's word to begin, or a message of the queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from functions.reconcile.service import Job

Event = Mapping[str, Any]
"""`{"nightly": true}`, or `{"Records": [{"body": {runId, step}}]}`."""


def is_beginning(event: Event) -> bool:
    """Whether an event is the schedule's."""
    return event.get("nightly") is True


def job_of(event: Event) -> Job:
    """The one job of a queue's event.

    Raises:
        ValueError: it is none of ours.
    """
    (record,) = event["Records"]
    said = json.loads(record["body"])
    if not isinstance(said.get("runId"), str) or type(said.get("step")) is not int:
        raise ValueError("a job has a runId and a step")
    return Job(said["runId"], said["step"])
