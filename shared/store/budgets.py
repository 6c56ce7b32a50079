"""What a workspace has used in the periods that its budgets watch: exact, whoever counts and whenever.

Totals of days and months hold all usage that is folded. A commit of a workspace with budgets counts its
usage in the same transaction, on one of some counters of its day and month, and its journal entry says so.
Folding such an entry notes on the total how much of it was counted that way. So

    used = total − counted part of the total + Σ counters

holds every log once: those that counted themselves by the counters, whether they are folded yet or not,
all others by the total. Nothing has to be set up when the first budget is made, or taken down with the last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.alerts import counters_of
from shared.domain.calendar import MS_PER_DAY, local_day, period_end_ms
from shared.domain.cells import DAY_TOTAL, MONTH_TOTAL, CellKey, Delta
from shared.domain.head import ZERO, Counters, Metric
from shared.domain.ledger import FUTURE_TOLERANCE_MS
from shared.domain.limits import Block, Use, kind_of
from shared.domain.workspace import Workspace
from shared.store.cell_items import delta_from, shared_key
from shared.store.schema import SCHEMA_VERSION, TTL_ATTRIBUTE, Key, budget_key
from shared.store.table import (
    Absent,
    Check,
    Condition,
    Equal,
    Item,
    Table,
    Update,
    Write,
    number,
    readable,
)

SHARDS: Final = 8
"""Counters of one period. A commit writes one of them, so this many run side by side without a conflict."""

AHEAD_MS: Final = FUTURE_TOLERANCE_MS + 60_000
"""How far ahead of the read a log can be dated: by the tolerance, and by the time until it is judged."""

KEPT_MS: Final = 62 * MS_PER_DAY
"""Counters stay for two months after their period: nothing reads them any more."""

FIGURES: Final[Mapping[Metric, str]] = {
    "requests": "rq",
    "tokens": "tt",
    "cost": "cs",
    "credits": "cr",
}
FAMILIES: Final = {"daily": DAY_TOTAL, "monthly": MONTH_TOTAL}


@dataclass(frozen=True, slots=True)
class Pool:
    """`used` by period; `seen`, how many requests each of its counters had when it was read."""

    used: Use
    seen: Mapping[str, Sequence[int]]

    @property
    def most_writes(self) -> int:
        """How many items of a transaction it can take."""
        return SHARDS * len(self.used)


NO_POOL: Final = Pool({}, {})


def watched(budgets: Iterable[Block], now_ms: int, zone: ZoneInfo) -> list[str]:
    """The days and months that budgets watch: the current ones, and those that are about to begin."""
    days = {local_day(now_ms, zone), local_day(now_ms + AHEAD_MS, zone)}
    return sorted({budget.period_of(day) for budget in budgets for day in days})


def read_pool(table: Table, workspace: Workspace, periods: Iterable[str]) -> Pool:
    """What was used in some days and months, read consistently."""
    totals = {period: _total_key(workspace, period) for period in periods}
    counters = {
        period: [budget_key(workspace.workspace_id, period, shard) for shard in range(SHARDS)]
        for period in totals
    }
    found = table.get_many([*totals.values(), *(key for keys in counters.values() for key in keys)])

    def item(key: Key) -> Item:
        return found.get((key["pk"], key["sk"]), {})

    used, seen = {}, {}
    for period, total in totals.items():
        parts = [_counters_from(item(key)) for key in counters[period]]
        used[period] = _sum([_uncounted(item(total)), *parts])
        seen[period] = [part.requests for part in parts]
    return Pool(used, seen)


def pool_writes(
    workspace: Workspace,
    pool: Pool,
    counted: Mapping[str, Counters],
    scarce: frozenset[str],
    lot: int,
) -> list[Write]:
    """The writes that count a commit, on a counter that a random number (the `lot`) chooses.

    In `scarce` periods they fail when anybody else counted since the pool was read.
    """
    shard = lot % SHARDS
    writes: list[Write] = []
    for period, figures in counted.items():
        unseen = [_as_seen(requests) for requests in pool.seen[period]]
        added = {name: figures.of(metric) for metric, name in FIGURES.items()}
        expires_ms = period_end_ms(period, workspace.zone) + KEPT_MS
        writes.append(
            Update(
                budget_key(workspace.workspace_id, period, shard),
                assign={"v": SCHEMA_VERSION, TTL_ATTRIBUTE: expires_ms // 1000},
                add={name: figure for name, figure in added.items() if figure},
                condition=unseen[shard] if period in scarce else None,
            )
        )
        if period in scarce:
            writes += [
                Check(budget_key(workspace.workspace_id, period, other), condition)
                for other, condition in enumerate(unseen)
                if other != shard
            ]
    return writes


def _as_seen(requests: int) -> Condition:
    return Equal("rq", requests) if requests else Absent("rq")


def _total_key(workspace: Workspace, period: str) -> Key:
    key = CellKey(FAMILIES[kind_of(period)], period, "")
    return shared_key(workspace.workspace_id, workspace.generation, key)


def _uncounted(total: Item) -> Counters:
    """What a total holds that no commit has counted."""
    delta: Delta = delta_from(total)
    return counters_of(delta.sums).minus(Counters(*delta.counted))


def _counters_from(item: Item) -> Counters:
    readable(item)
    return Counters(**{metric: number(item, name, 0) for metric, name in FIGURES.items()})


def _sum(parts: Iterable[Counters]) -> Counters:
    total = ZERO
    for part in parts:
        total = part.minus(ZERO.minus(total))
    return total
