"""What accounts used in a day or month, entry by entry: from digests, not from heads or cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from shared.domain.calendar import local_day_hour, month_of
from shared.domain.digests import DigestRow
from shared.domain.head import Metric, Period
from shared.domain.journal import Entry
from shared.domain.workspace import Workspace


class Used(NamedTuple):
    """What one entry used of one day or month; `committed` is the one it was committed in."""

    entry: Entry
    committed: str
    period: str
    amount: int

    @property
    def in_time(self) -> bool:
        """Whether its period was not over when it was committed."""
        return self.committed <= self.period


def used(
    workspace: Workspace, entries: list[Entry], kind: Period, metric: Metric
) -> Iterator[Used]:
    """What entries used, in their order. An entry without usage has a row of zero, of its own period."""
    for entry in entries:
        day = local_day_hour(entry.created_ms, workspace.zone)[0]
        committed = day if kind == "daily" else month_of(day)
        amounts: Counter[str] = Counter({committed: 0})
        for row in entry.digest:
            own = row.dimensions.day
            amounts[own if kind == "daily" else month_of(own)] += _amount(row, metric)
        for period, amount in amounts.items():
            yield Used(entry, committed, period, amount)


def _amount(row: DigestRow, metric: Metric) -> int:
    return int(getattr(row.sums, {"tokens": "total"}.get(metric, metric)))
