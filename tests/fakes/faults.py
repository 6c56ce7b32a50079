"""Faults that a table meets on demand: deterministic, one call at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

from shared.store.table import Write

Verb = Literal["get", "get_many", "query", "write", "transact"]


class Fault(Enum):
    """What a call meets instead of a plain answer."""

    CONFLICT = auto()
    """Another transaction touches the same items now. Nothing is written, nothing is told of them."""
    TIMEOUT_BEFORE = auto()
    """The call gets lost on the way there: nothing is written."""
    TIMEOUT_AFTER = auto()
    """The answer gets lost on the way back: it is written."""
    THROTTLED = auto()
    """An item's partition takes no more: a transaction is cancelled, anything else fails."""
    SHORT_REASONS = auto()
    """No fault of its own: if a transaction is cancelled, only the first reason is told."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the table: the how-manieth of all, its verb, and what it would write."""

    number: int
    verb: Verb
    writes: Sequence[Write] = ()


Step = Fault | Callable[[], object] | None
"""What happens at a call: a fault, something done by somebody else just before it, or nothing."""

Chaos = Callable[[Call], Step]


class Script:
    """Which step each call meets: those lined up for its verb first, then what `chaos` says."""

    def __init__(self) -> None:
        self._steps: dict[Verb, deque[Step]] = {}
        self.chaos: Chaos | None = None

    def line_up(self, verb: Verb, steps: Sequence[Step]) -> None:
        """The next calls of a verb meet these steps, one each."""
        self._steps.setdefault(verb, deque()).extend(steps)

    def next(self, call: Call) -> Step:
        """The step of a call."""
        steps = self._steps.get(call.verb)
        if steps:
            return steps.popleft()
        return self.chaos(call) if self.chaos is not None else None
