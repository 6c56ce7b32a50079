"""Reads of usage logs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from shared.domain.usage import UsageLog


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs of an account: half-open range of `occurred_ms`, and equal members."""

    start_ms: int | None = None
    end_ms: int | None = None
    service: str | None = None
    model: str | None = None
    failed: bool | None = None


class UsageLogs(Protocol):
    """Reads of usage logs."""

    def get(self, workspace_id: str, log_id: str) -> UsageLog | None:
        """One log, consistently."""

    def history(
        self,
        workspace_id: str,
        account_id: str,
        where: LogFilter,
        *,
        descending: bool = True,
        after: str | None = None,
    ) -> Iterator[tuple[str, UsageLog]]:
        """`(key to go on from, log)` of an account's logs by time of occurrence."""
