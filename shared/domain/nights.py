"""A night's proof of everything, and how far it is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Night:
    """A run over all workspaces, put away between two of its steps.

    `after` is the last workspace that is done, `walk` the proof of the next as far as it is (None: not
    begun), `report` what there is so far.
    """

    run_id: str
    step: int
    started_ms: int
    after: str | None
    walk: dict[str, Any] | None
    report: dict[str, Any]
    done: bool = False
