"""Versions of a workspace's statistics: one small item counts what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.ports.versions import Version
from shared.store.dynamo import decode_item
from shared.store.schema import (
    SCHEMA_VERSION,
    VERSION_SK,
    head_key,
    split_workspace_pk,
    version_key,
)
from shared.store.table import Item, Table, Update, number, text


def bumped(workspace_id: str, at_ms: int) -> Update:
    """The write that counts a change of what statistics are answered from."""
    return Update(
        version_key(workspace_id), assign={"v": SCHEMA_VERSION, "at": at_ms}, add={"n": 1}
    )


def is_of_version(record: Mapping[str, Any]) -> bool:
    """Whether a record of the stream is of a workspace's version."""
    key = record.get("dynamodb", {}).get("Keys", {})
    return bool(key.get("sk", {}).get("S") == VERSION_SK)


def version_from(record: Mapping[str, Any]) -> tuple[str, int]:
    """The workspace and its version that a record of the stream shows.

    Raises:
        ValueError: it can't be decoded.
    """
    try:
        item = decode_item(record["dynamodb"]["NewImage"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a record of a version: {error!r}") from error
    return split_workspace_pk(text(item, "pk")), number(item, "n")


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
