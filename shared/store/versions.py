"""Versions of a workspace's statistics: one small item counts what changed."""

from __future__ import annotations

from shared.ports.versions import Version
from shared.store.schema import SCHEMA_VERSION, head_key, version_key
from shared.store.table import Item, Table, Update, number


def bumped(workspace_id: str, at_ms: int) -> Update:
    """The write that counts a change of what statistics are answered from."""
    return Update(
        version_key(workspace_id), assign={"v": SCHEMA_VERSION, "at": at_ms}, add={"n": 1}
    )


class DynamoVersions:
    """`Versions` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, workspace_id: str, account_id: str | None) -> Version:
        """The version of the workspace's statistics, or of one account's.

        Two eventual reads take as much as one consistent one.
        """
        key = version_key(workspace_id)
        if account_id is None:
            return _version(self._table.get(key), None)
        head = head_key(workspace_id, account_id)
        found = self._table.get_many([key, head], eventual=True)
        return _version(found.get((key["pk"], key["sk"])), found.get((head["pk"], head["sk"])))

    def bump(self, workspace_id: str, at_ms: int) -> None:
        """Count a change that is not a journal entry."""
        self._table.write(bumped(workspace_id, at_ms))


def _version(item: Item | None, head: Item | None) -> Version:
    return Version(
        0 if item is None else number(item, "n"),
        0 if item is None else number(item, "at"),
        0 if head is None else number(head, "seq"),
    )
