"""Who is who: the account directory, the one place that holds users' ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from heapq import merge
from typing import Final

from shared.domain.errors import ConflictRetryError
from shared.domain.ids import ACCOUNT_DIGITS, ACCOUNT_ID, ACCOUNT_PREFIX, account_id_of
from shared.domain.workspace import Workspace
from shared.ports.directory import Listed
from shared.store.schema import (
    DIRECTORY_SHARDS,
    JOURNAL,
    SCHEMA_VERSION,
    directory_key,
    directory_pk,
    directory_shard,
    head_key,
    users_index_pk,
)
from shared.store.table import (
    NEW_ITEM,
    Absent,
    ConditionFailedError,
    Item,
    Present,
    Put,
    Query,
    Table,
    Update,
    number,
    optional_text,
    rows,
    text,
)

LISTED_IN, LISTED_AS = JOURNAL.partition_key, JOURNAL.sort_key
ERASED: Final = "er"
"""Attribute of a user's entry once the user is erased: the account stays, the id is gone for good."""

NOT_ERASED: Final = Absent(ERASED)
ERASED_MEANWHILE: Final = "The user was erased meanwhile; please repeat the request."
AFTER_NAMES: Final = "~"
"""Sorts after every character of an id, so a prefix and this come after all ids that start so."""


def account_of(secret: bytes, user_id: str, generation: int = 0) -> str:
    """The account of a user id under a workspace's secret; an account's own id is taken as it is.

    `generation` 0 is the user's first. The head of an account whose user was erased says which one the
    same id goes on with.
    """
    return user_id if ACCOUNT_ID.fullmatch(user_id) else account_id_of(secret, user_id, generation)


def directory_put(workspace_id: str, account_id: str, user_id: str) -> Put:
    """The write that puts a user into the directory with their account's first movement.

    It puts the account into the list of accounts, too, which goes by users' ids. Erasure has to put the
    account's own id in the place of the user's there. Repeating the write changes nothing.
    """
    item: Item = {
        **directory_key(workspace_id, account_id),
        "v": SCHEMA_VERSION,
        "uid": user_id,
        LISTED_IN: users_index_pk(workspace_id),
        LISTED_AS: user_id,
    }
    return Put(item)


def directory_note(workspace_id: str, account_id: str, user_id: str) -> Update:
    """The write that puts a user into the directory who may have no account yet, and changes no list.

    Its condition fails where the user was erased.
    """
    return Update(
        directory_key(workspace_id, account_id),
        assign={"v": SCHEMA_VERSION, "uid": user_id},
        condition=NOT_ERASED,
    )


LISTED_PAGE: Final = 200
"""Accounts of a list read at once: a page of an answer and some more, in about 30 KB."""


class DynamoDirectory:
    """A `Directory` in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def account_of(self, workspace: Workspace, user_id: str) -> str:
        """The account of a user id; an account's own id is taken as it is.

        Costs reads only where users of the workspace were erased.
        """
        return self.generation_of(workspace, user_id)[0]

    def generation_of(self, workspace: Workspace, user_id: str) -> tuple[str, int]:
        """The account of a user id as in `account_of`, and how often users of that id were erased."""
        account_id, generation = account_of(workspace.secret, user_id), 0
        if not workspace.erasures or account_id == user_id:
            return account_id, generation
        while (found := self._next_generation(workspace.workspace_id, account_id)) > generation:
            account_id, generation = account_of(workspace.secret, user_id, found), found
        return account_id, generation

    def _next_generation(self, workspace_id: str, account_id: str) -> int:
        item = self._table.get(head_key(workspace_id, account_id))
        return 0 if item is None else number(item, "nx", 0)

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
        """Write down a user before their first movement.

        Raises:
            ConflictRetryError: the user was erased meanwhile.
        """
        try:
            self._table.write(directory_note(workspace_id, account_id, user_id))
        except ConditionFailedError as error:
            raise ConflictRetryError(ERASED_MEANWHILE) from error

    def introduce(self, workspace_id: str, account_id: str, user_id: str) -> None:
        """Write down a user whom the directory does not have; what it has stays as it is."""
        note = directory_note(workspace_id, account_id, user_id)
        with suppress(ConditionFailedError):
            self._table.write(replace(note, condition=NEW_ITEM))

    def walk(self, workspace_id: str) -> Iterator[tuple[str, str | None]]:
        """`(account_id, user_id)` of every account, shard by shard, in order within one."""
        for shard in range(DIRECTORY_SHARDS):
            for item in rows(self._table, Query(directory_pk(workspace_id, shard))):
                yield text(item, "sk"), optional_text(item, "uid")

    def accounts_after(self, workspace_id: str, after: str | None) -> Iterator[str]:
        """The accounts in the order of `walk`, from the one after `after` on."""
        first = 0 if after is None else directory_shard(after)
        for shard in range(first, DIRECTORY_SHARDS):
            low = after if after is not None and shard == first else None
            for item in rows(self._table, Query(directory_pk(workspace_id, shard), low=low)):
                if item["sk"] != after:
                    yield text(item, "sk")

    def listed(
        self, workspace_id: str, prefix: str, after: str | None, *, descending: bool
    ) -> Iterator[Listed]:
        """Accounts that have moved and whose user's id starts so, in its order, those after one.

        From an index that follows the accounts' first movements after a moment.
        """
        partition = users_index_pk(workspace_id)
        query = _named(Query(partition, JOURNAL), prefix, after, descending=descending)
        for item in rows(self._table, query):
            name = text(item, LISTED_AS)
            if name != after:
                yield Listed(name, text(item, "sk"))

    def listed_by_account(
        self, workspace_id: str, prefix: str, after: str | None, *, descending: bool
    ) -> Iterator[Listed]:
        """Accounts that have moved and whose own id starts so, in its order, those after one.

        Left out are those that `listed` has under the same prefix.
        """
        last_digit = prefix.removeprefix(ACCOUNT_PREFIX)[ACCOUNT_DIGITS - 1 :]
        shards = [int(last_digit, 16)] if last_digit else range(DIRECTORY_SHARDS)
        found = merge(
            *(self._shard(workspace_id, n, prefix, after, descending=descending) for n in shards),
            key=lambda row: row.account_id,
            reverse=descending,
        )
        return (row for row in found if not row.name.startswith(prefix))

    def _shard(
        self, workspace_id: str, shard: int, prefix: str, after: str | None, *, descending: bool
    ) -> Iterator[Listed]:
        moved = Query(directory_pk(workspace_id, shard), where=Present(LISTED_AS))
        query = _named(moved, prefix, after, descending=descending)
        for item in rows(self._table, query):
            account_id = text(item, "sk")
            if account_id != after:
                yield Listed(text(item, LISTED_AS), account_id)


def _named(query: Query, prefix: str, after: str | None, *, descending: bool) -> Query:
    """A query of the ids that start so, those after one."""
    low, high = prefix, prefix + AFTER_NAMES
    if after is not None and prefix <= after < high:
        low, high = (low, after) if descending else (after, high)
    return replace(query, low=low or None, high=high, descending=descending, limit=LISTED_PAGE)
