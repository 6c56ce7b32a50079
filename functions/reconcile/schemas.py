"""The events: the schedules' words to begin, or a message of the queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from functions.reconcile.service import Job

Event = Mapping[str, Any]
"""`{"nightly": true}`, `{"pickUp": true}`, or `{"Records": [{"body": {runId, step}}]}`."""


def is_beginning(event: Event) -> bool:
    """Whether an event is the word to begin a night."""
    return event.get("nightly") is True


def is_look(event: Event) -> bool:
    """Whether an event is the word to look for work that nobody is at."""
    return event.get("pickUp") is True


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
