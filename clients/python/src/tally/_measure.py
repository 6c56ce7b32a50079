"""Measuring a block of code: how long it took and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from time import perf_counter_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal

from tally._context import current_usage
from tally._outcome import outcome_of
from tally._quiet import quiet
from tally._sink import deliver
from tally._usage import Money, Sink, Tokens

if TYPE_CHECKING:
    from typing_extensions import Self

NS_PER_MS: Final = 1_000_000


@dataclass(slots=True)
class Measurement:
    """What one request uses, while it runs: set what becomes known, the end of the block records it.

    The members are those of `record_usage`. An exception makes it an error and goes on as it was. After
    the block, `id` names the usage log; it is None when nothing was recorded (no user, or `skip`).
    """

    service: str | None = None
    user_id: str | None = None
    provider: str | None = None
    model: str | None = None
    tokens: Tokens | Mapping[str, int | None] | int | None = None
    credits: int | None = None
    cost: Money | None = None
    status: Literal["success", "error"] | None = None
    error_code: str | None = None
    response_bytes: int | None = None
    country: str | None = None
    platform: str | None = None
    request_id: str | None = None
    occurred_at: datetime | None = None
    id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    recorder: Sink | None = None
    _started_ns: int = field(default=0, init=False, repr=False)
    _context: Mapping[str, Any] = field(default_factory=dict, init=False, repr=False)
    _skipped: bool = field(default=False, init=False, repr=False)

    def fail(self, error_code: str) -> None:
        """It failed, though nothing is raised."""
        self.status, self.error_code = "error", error_code

    def size(self, answer: str | bytes) -> None:
        """The answer's size: `response_bytes` of it, text as UTF-8."""
        self.response_bytes = len(answer.encode() if isinstance(answer, str) else answer)

    def skip(self) -> None:
        """Do not record it."""
        self._skipped = True

    def __enter__(self) -> Self:
        # The context of the beginning counts: a generator may be ended in somebody else's.
        self._context = current_usage()
        self._started_ns = perf_counter_ns()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        elapsed_ms = (perf_counter_ns() - self._started_ns) / NS_PER_MS
        if not self._skipped:
            with quiet("record a measurement"):
                seen = {"response_time_ms": elapsed_ms, **outcome_of(error)}
                self.id = deliver(self.recorder, self._context, seen, self._said())

    def _said(self) -> dict[str, Any]:
        return {member.name: getattr(self, member.name) for member in fields(self)[:MEMBERS]}


MEMBERS: Final = [member.name for member in fields(Measurement)].index("recorder")
"""The members of a usage log come first."""


def measure(service: str | None = None, **usage: Any) -> Measurement:
    """Record what a block of code uses: time, outcome, and what you set.

        with tally.measure("search", user_id="alice") as use:
            answer = search(query)
            use.size(answer)

    Takes the members of `record_usage` and `recorder` (default: the one of `tally.configure`). What is
    not given comes from `tally.context`. Without a user nothing is recorded. Never raises anything of its
    own.

    Raises:
        TypeError: there is no such member.
    """
    usage["metadata"] = dict(usage.get("metadata") or {})
    return Measurement(service, **usage)
