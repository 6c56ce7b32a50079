"""Reads of usage logs: one by its id, an account's by time of occurrence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from shared.domain.calendar import utc_text
from shared.domain.usage import Repriced, UsageLog
from shared.ports.logs import LogFilter
from shared.store.log_items import is_repriced, log_from, repriced_from
from shared.store.schema import HISTORY, beside_sk, log_key, logs_history, repriced_key
from shared.store.table import AllOf, Condition, Equal, Item, Query, Table, rows, text

PAGE_ROWS: Final = 250
"""Logs read at once, some 150 KB: a page of a list costs no more than that, an export few more calls."""


class DynamoUsageLogs:
    """`UsageLogs` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, workspace_id: str, log_id: str) -> UsageLog | None:
        """One log, consistently, with what was made of it since."""
        page = self._table.query(Query(log_key(workspace_id, log_id)["pk"]))
        joined = dict(_joined(page.items, descending=False))
        return next(iter(joined.values()), None)

    def get_many(self, workspace_id: str, log_ids: Sequence[str]) -> dict[str, UsageLog]:
        """Logs by their ids as they were recorded, consistently; those not there are left out."""
        found = self._table.get_many([log_key(workspace_id, log_id) for log_id in log_ids])
        logs = map(log_from, found.values())
        return {log.log_id: log for log in logs}

    def history(
        self,
        workspace_id: str,
        account_id: str,
        where: LogFilter,
        *,
        descending: bool = True,
        after: str | None = None,
    ) -> Iterator[tuple[str, UsageLog]]:
        """`(key to go on from, log)` of an account's logs by time of occurrence, as in `get`."""
        low = "" if where.start_ms is None else utc_text(where.start_ms)
        high = "~" if where.end_ms is None else utc_text(where.end_ms)
        if after is not None and descending:
            high = min(high, after)
        elif after is not None:
            low = max(low, after)
        if low >= high:
            return
        query = Query(
            logs_history(workspace_id, account_id),
            HISTORY,
            low=low or " ",
            high=high,
            descending=descending,
            limit=PAGE_ROWS,
            where=_condition(where),
        )
        for key, log in _joined(rows(self._table, query), descending=descending):
            if key != after:
                yield key, log

    def repriced(self, workspace_id: str, log_ids: Sequence[str]) -> dict[str, Repriced]:
        """What repricings made of logs, by the logs' ids, consistently."""
        found = self._table.get_many([repriced_key(workspace_id, log_id) for log_id in log_ids])
        return {pk.rpartition("#")[2]: repriced_from(item) for (pk, _), item in found.items()}


def _joined(items: Iterable[Item], *, descending: bool) -> Iterator[tuple[str, UsageLog]]:
    """`(history key, log)` of items in order of history, where what stands beside a log comes next to it.

    In ascending order that is after the log, else before. What stands beside a log that is not among the
    items is left out.
    """
    if not descending:
        items = _turned(items)
    beside: Item | None = None
    for item in items:
        if is_repriced(item):
            beside = item
            continue
        key, log = text(item, "hs"), log_from(item)
        if beside is not None and text(beside, "hs") == beside_sk(key):
            log = replace(log, repriced=repriced_from(beside))
        beside = None
        yield key, log


def _turned(items: Iterable[Item]) -> Iterator[Item]:
    """Items in ascending order with what stands beside a log put before it."""
    waiting: Item | None = None
    for item in items:
        if is_repriced(item):
            yield item
            continue
        if waiting is not None:
            yield waiting
        waiting = item
    if waiting is not None:
        yield waiting


def _condition(where: LogFilter) -> Condition | None:
    parts: list[Condition] = []
    if where.service is not None:
        parts.append(Equal("sv", where.service))
    if where.model is not None:
        parts.append(Equal("mo", where.model))
    if where.failed is not None:
        parts.append(Equal("fl", where.failed))
    return AllOf(tuple(parts)) if parts else None
