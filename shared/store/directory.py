"""Who is who: the account directory, the one place that holds users' ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shared.domain.ids import ACCOUNT_ID, account_id_of
from shared.domain.workspace import Workspace
from shared.store.schema import DIRECTORY_SHARDS, SCHEMA_VERSION, directory_key, directory_pk
from shared.store.table import Item, Put, Query, Table, optional_text, rows, text


def account_of(secret: bytes, user_id: str) -> str:
    """The account of a user id under a workspace's secret; an account's own id is taken as it is."""
    return user_id if ACCOUNT_ID.fullmatch(user_id) else account_id_of(secret, user_id)


def directory_put(workspace_id: str, account_id: str, user_id: str) -> Put:
    """The write that puts a user into the directory. Repeating it changes nothing."""
    item: Item = {
        **directory_key(workspace_id, account_id),
        "v": SCHEMA_VERSION,
        "uid": user_id,
    }
    return Put(item)


class DynamoDirectory:
    """A `Directory` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def account_of(self, workspace: Workspace, user_id: str) -> str:
        """The account of a user id; an account's own id is taken as it is."""
        return account_of(workspace.secret, user_id)

    def user_of(self, workspace_id: str, account_id: str) -> str | None:
        """The user behind an account; None when unknown or erased."""
        item = self._table.get(directory_key(workspace_id, account_id))
        return None if item is None else optional_text(item, "uid")

    def users_of(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, str]:
        """The users behind several accounts; the unknown are left out."""
        keys = [directory_key(workspace_id, account_id) for account_id in account_ids]
        found = self._table.get_many(keys)
        return {str(sk): text(item, "uid") for (_, sk), item in found.items() if "uid" in item}

    def put(self, workspace_id: str, account_id: str, user_id: str) -> None:
        """Write down a user before their first movement."""
        self._table.write(directory_put(workspace_id, account_id, user_id))

    def walk(self, workspace_id: str) -> Iterator[tuple[str, str | None]]:
        """`(account_id, user_id)` of every account, shard by shard, in order within one."""
        for shard in range(DIRECTORY_SHARDS):
            for item in rows(self._table, Query(directory_pk(workspace_id, shard))):
                yield text(item, "sk"), optional_text(item, "uid")
