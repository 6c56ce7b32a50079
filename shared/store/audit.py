"""The audit trail in the table: one write unit an entry, in order of time without an index.

A workspace's entries lie in a few partitions, each in order of their ids (UUIDv7), so a list merges as
many queries, whatever the range.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from shared.domain.audit import KEPT_MS, AuditEntry, AuditFilter
from shared.domain.errors import UnavailableError
from shared.ports.pages import Page
from shared.ports.runtime import Clock
from shared.store.schema import (
    AUDIT_SHARDS,
    SCHEMA_VERSION,
    TTL_ATTRIBUTE,
    audit_key,
    audit_pk,
)
from shared.store.table import (
    Item,
    Put,
    Query,
    StoreUnavailableError,
    Table,
    number,
    readable,
    rows,
    text,
)

MAX_READ: Final = 2_000
"""Entries read for one page, looked for or not: about half a megabyte. The cursor goes on from there."""

EXPORTED_AT_ONCE: Final = 500
"""Entries read ahead from each partition when all are wanted."""

END_OF_IDS_MS: Final = 1 << 48
"""No id holds a later time."""


def audit_item(entry: AuditEntry) -> Item:
    """An entry."""
    return {
        **audit_key(entry.workspace_id, entry.entry_id),
        "v": SCHEMA_VERSION,
        "w": entry.workspace_id,
        "ac": entry.actor,
        "ro": entry.role,
        "an": entry.action,
        "rs": entry.resource,
        "st": entry.status,
        "ip": entry.ip,
        "rq": entry.request_id,
        TTL_ATTRIBUTE: (entry.at_ms + KEPT_MS) // 1000,
    }


def audit_from(item: Item) -> AuditEntry:
    """The entry of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    return AuditEntry(
        workspace_id=text(item, "w"),
        entry_id=text(item, "sk"),
        actor=text(item, "ac"),
        role=text(item, "ro"),
        action=text(item, "an"),
        resource=text(item, "rs"),
        status=number(item, "st"),
        ip=text(item, "ip"),
        request_id=text(item, "rq"),
    )


class DynamoAuditLog:
    """An `AuditLog` in the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def record(self, entry: AuditEntry) -> None:
        """Write an entry down. Repeating it changes nothing.

        Raises:
            UnavailableError: the table did not take it, as far as can be told.
        """
        try:
            self._table.write(Put(audit_item(entry)))
        except StoreUnavailableError as error:
            raise UnavailableError("The access could not be written down.") from error

    def entries(self, workspace_id: str, where: AuditFilter) -> Iterator[AuditEntry]:
        """The entries that are looked for, read as they are taken."""
        return filter(where.takes, self._range(workspace_id, where, EXPORTED_AT_ONCE))

    def page(self, workspace_id: str, where: AuditFilter, limit: int) -> Page[AuditEntry]:
        """At most `limit` of them, and the id to go on after."""
        found: list[AuditEntry] = []
        last: str | None = None
        # A page that nothing is left out of takes its share from each partition, more or less.
        plain = not where.actors and where.action is None
        at_once = 1 + limit // AUDIT_SHARDS * 2 if plain else MAX_READ // AUDIT_SHARDS
        for read, entry in enumerate(self._range(workspace_id, where, at_once)):
            if read == MAX_READ or len(found) == limit:
                return Page(found, last)
            last = entry.entry_id
            if where.takes(entry):
                found.append(entry)
        return Page(found, None)

    def _range(self, workspace_id: str, where: AuditFilter, at_once: int) -> Iterator[AuditEntry]:
        """Every entry of the range in order, `at_once` read from a partition at a time."""
        low, high = self._bounds(where)
        if low > high:
            return iter(())
        queries = [
            Query(
                audit_pk(workspace_id, shard),
                low=low,
                high=high,
                descending=where.descending,
                limit=at_once,
            )
            for shard in range(AUDIT_SHARDS)
        ]
        partitions = [rows(self._table, query) for query in queries]
        items = heapq.merge(*partitions, key=_sort_key, reverse=where.descending)
        # The bounds of a query belong to it, the entry to go on after does not.
        return (audit_from(item) for item in items if item["sk"] != where.after)

    def _bounds(self, where: AuditFilter) -> tuple[str, str]:
        """The first and the last id of a range; what is past its time is not shown, gone or not."""
        start_ms = max(where.start_ms or 0, self._clock.now_ms() - KEPT_MS)
        end_ms = END_OF_IDS_MS if where.end_ms is None else min(where.end_ms, END_OF_IDS_MS)
        if start_ms >= end_ms:
            return "1", "0"
        low, high = _time_of_id(start_ms), f"{_time_of_id(end_ms - 1)}~"
        if where.after is None:
            return low, high
        return (low, min(high, where.after)) if where.descending else (max(low, where.after), high)


def _time_of_id(at_ms: int) -> str:
    """What a UUIDv7 of that millisecond begins with."""
    digits = f"{at_ms:012x}"
    return f"{digits[:8]}-{digits[8:]}"


def _sort_key(item: Item) -> str:
    return text(item, "sk")
