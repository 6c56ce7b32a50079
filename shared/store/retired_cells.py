"""Cells of a generation that nobody reads any more, found to be deleted."""

from __future__ import annotations

from collections.abc import Iterator

from shared.domain.cells import SHARED_FAMILIES, TRANSACTIONS, UNPRICED
from shared.domain.folding import Place
from shared.store.schema import (
    Key,
    account_pk,
    cursor_key,
    parked_key,
    private_prefix,
    shared_pk,
)
from shared.store.table import Delete, Query, Table, rows, text


class DynamoRetiredCells:
    """Everything of one generation, and nothing else."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def private(self, place: Place) -> Iterator[Key]:
        """An account's cells, then its cursor and its mark."""
        pk = account_pk(place.workspace_id, place.account_id)
        yield from self._keys(Query(pk, prefix=private_prefix(place.generation), only=("pk", "sk")))
        of = place.workspace_id, place.account_id, place.generation
        yield cursor_key(*of)
        yield parked_key(*of)

    def shared(self, workspace_id: str, generation: int) -> Iterator[Key]:
        """A workspace's shared cells."""
        for family in (*SHARED_FAMILIES, TRANSACTIONS, UNPRICED):
            pk = shared_pk(workspace_id, generation, family)
            yield from self._keys(Query(pk, only=("pk", "sk")))

    def delete(self, key: Key) -> None:
        """Delete one; it may be gone already."""
        self._table.write(Delete(key))

    def _keys(self, query: Query) -> Iterator[Key]:
        for item in rows(self._table, query):
            yield {"pk": text(item, "pk"), "sk": text(item, "sk")}
