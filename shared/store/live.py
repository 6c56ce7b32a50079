"""Connections that listen: two items each, under the workspace and by the connection's own name."""

from __future__ import annotations

from itertools import islice
from typing import Final

from shared.domain.live import MOST_OF_WORKSPACE, Listener
from shared.store.schema import (
    SCHEMA_VERSION,
    TTL_ATTRIBUTE,
    connection_key,
    listener_key,
    listeners_pk,
)
from shared.store.table import Delete, Item, Put, Query, Table, number, readable, rows, text

KEPT_S: Final = 3 * 3600
"""The gateway ends a connection after two hours; what it did not tell us of goes an hour later."""


class DynamoListeners:
    """Listeners in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, connection_id: str) -> Listener | None:
        """The listener behind a connection; None before its hello and after its end."""
        item = self._table.get(connection_key(connection_id))
        return None if item is None else _from(item)

    def of(self, workspace_id: str) -> list[Listener]:
        """Who listens for changes of a workspace, expired ones too; no more than there may be."""
        found = rows(self._table, Query(listeners_pk(workspace_id), limit=MOST_OF_WORKSPACE))
        return [_from(item) for item in islice(found, MOST_OF_WORKSPACE)]

    def put(self, listener: Listener) -> None:
        """Write one down. By its connection first: whoever is told of changes can always be let go."""
        item: Item = {
            "v": SCHEMA_VERSION,
            "w": listener.workspace_id,
            "who": listener.actor,
            "co": listener.connection_id,
            "si": listener.since_ms,
            "un": listener.until_ms,
            TTL_ATTRIBUTE: listener.until_ms // 1000 + KEPT_S,
        }
        self._table.write(Put({**connection_key(listener.connection_id), **item}))
        self._table.write(Put({**listener_key(*_place(listener)), **item}))

    def remove(self, listener: Listener) -> None:
        """Let one go."""
        self._table.write(Delete(listener_key(*_place(listener))))
        self._table.write(Delete(connection_key(listener.connection_id)))


def _place(listener: Listener) -> tuple[str, str]:
    return listener.workspace_id, listener.connection_id


def _from(item: Item) -> Listener:
    readable(item)
    return Listener(
        text(item, "w"), text(item, "who"), text(item, "co"), number(item, "si"), number(item, "un")
    )
