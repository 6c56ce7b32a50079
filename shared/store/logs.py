"""Reads of usage logs: one by its id, an account's by time of occurrence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from shared.domain.calendar import utc_text
from shared.domain.usage import UsageLog
from shared.ports import LogFilter
from shared.store.log_items import log_from
from shared.store.schema import HISTORY, log_key, logs_history
from shared.store.table import AllOf, Condition, Equal, Query, Table, rows, text

PAGE_ROWS: Final = 250
"""Logs read at once, some 150 KB: a page of a list costs no more than that, an export few more calls."""


class DynamoUsageLogs:
    """`UsageLogs` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, workspace_id: str, log_id: str) -> UsageLog | None:
        """One log, consistently."""
        item = self._table.get(log_key(workspace_id, log_id))
        return None if item is None else log_from(item)

    def get_many(self, workspace_id: str, log_ids: Sequence[str]) -> dict[str, UsageLog]:
        """Logs by their ids, consistently; those that are not there are left out."""
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
        """`(key to go on from, log)` of an account's logs by time of occurrence."""
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
        for item in rows(self._table, query):
            key = text(item, "hs")
            if key != after:
                yield key, log_from(item)


def _condition(where: LogFilter) -> Condition | None:
    parts: list[Condition] = []
    if where.service is not None:
        parts.append(Equal("sv", where.service))
    if where.model is not None:
        parts.append(Equal("mo", where.model))
    if where.failed is not None:
        parts.append(Equal("fl", where.failed))
    return AllOf(tuple(parts)) if parts else None
