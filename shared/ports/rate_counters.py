"""Counters of requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RateCounter:
    """Whose requests are counted: a caller of a workspace, or a network address (of no workspace)."""

    workspace_id: str | None
    name: str


class RateCounters(Protocol):
    """Counters of requests by slot of time (`shared.domain.throttle`), shared by all instances."""

    def add(self, counter: RateCounter, changes: Mapping[int, int]) -> Mapping[int, int]:
        """Add to some slots, and see all of them as they are right after.

        Raises:
            UnavailableError: it may or may not have been added.
        """
