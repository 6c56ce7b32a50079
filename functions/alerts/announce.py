"""New versions of workspaces go on to the pages that are open, by a queue: telling them takes its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from aws_lambda_powertools import Logger

logger = Logger()


class Queue(Protocol):
    """Takes messages to whoever tells the pages."""

    def send(self, message: Mapping[str, object]) -> None:
        """Put a message into the queue."""


class Announce:
    """Passes versions on. It never fails: alerts must not wait for pages, and those look by themselves."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def __call__(self, versions: Mapping[str, int]) -> None:
        """Pass on what changed, `{workspace: version}`, in one message."""
        if not versions:
            return
        try:
            self._queue.send({"changed": dict(versions)})
        except Exception:
            logger.exception("nobody is told of changes", workspaces=len(versions))
