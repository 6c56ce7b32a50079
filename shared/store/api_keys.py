"""API keys in the table. Of a secret, only its SHA-256 is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Final

from shared.domain.calendar import MS_PER_DAY
from shared.domain.errors import NotFoundError
from shared.domain.ids import RandomBytes
from shared.domain.workspace import ApiKey
from shared.store.idempotency import Once, commit_once, made_before
from shared.store.rate_counters import last_asked_ms
from shared.store.schema import SCHEMA_VERSION, TTL_ATTRIBUTE, api_key_key
from shared.store.table import (
    NEW_ITEM,
    ConditionFailedError,
    Item,
    Present,
    Put,
    Query,
    Table,
    Update,
    binary,
    number,
    optional_number,
    readable,
    rows,
    text,
    texts,
)

CREATE_SCOPE: Final = "api-keys"
DEAD_KEPT_DAYS: Final = 90
"""Revoked and expired keys stay in the list so long, and then go: the list has to end somewhere."""


def api_key_item(key: ApiKey) -> Item:
    """An API key."""
    item: Item = {
        **api_key_key(key.workspace_id, key.key_id),
        "v": SCHEMA_VERSION,
        "w": key.workspace_id,
        "nm": key.name,
        "sp": list(key.scopes),
        "sh": key.secret_hash,
        "ca": key.created_ms,
    }
    optional = {"rm": key.rate_per_minute, "ex": key.expires_ms, "rv": key.revoked_ms}
    item |= {name: value for name, value in optional.items() if value is not None}
    if key.expires_ms is not None:
        item[TTL_ATTRIBUTE] = _gone_at(key.expires_ms)
    return item


def api_key_from(item: Item) -> ApiKey:
    """The API key of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    return ApiKey(
        workspace_id=text(item, "w"),
        key_id=text(item, "sk"),
        name=text(item, "nm"),
        scopes=texts(item, "sp"),
        secret_hash=binary(item, "sh"),
        created_ms=number(item, "ca"),
        rate_per_minute=optional_number(item, "rm"),
        expires_ms=optional_number(item, "ex"),
        revoked_ms=optional_number(item, "rv"),
    )


def _gone_at(dead_ms: int) -> int:
    """Seconds since 1970 at which the table lets a dead key go."""
    return (dead_ms + DEAD_KEPT_DAYS * MS_PER_DAY) // 1000


class DynamoApiKeys:
    """`ApiKeys` in the table."""

    def __init__(self, table: Table, random_bytes: RandomBytes = os.urandom) -> None:
        self._table = table
        self._random_bytes = random_bytes

    def get(self, workspace_id: str, key_id: str) -> ApiKey | None:
        """Read a key, consistently."""
        item = self._table.get(api_key_key(workspace_id, key_id))
        return None if item is None else api_key_from(item)

    def made_under(self, workspace_id: str, key: str, body: Mapping[str, str]) -> ApiKey | None:
        """The key that was made under an idempotency key; None when there is none.

        Raises:
            IdempotencyConflictError: the idempotency key was used with another body.
            NotFoundError: the key made under the idempotency key is long dead and gone.
        """
        key_id = made_before(self._table, Once(workspace_id, CREATE_SCOPE, key, body))
        return None if key_id is None else self._first(workspace_id, key_id)

    def create(self, key: ApiKey, idempotency_key: str | None, body: Mapping[str, str]) -> ApiKey:
        """Write a new key; a repeat under the same idempotency key gives the first one back.

        Raises:
            IdempotencyConflictError: the idempotency key was used with another body.
            NotFoundError: the key made under the idempotency key is long dead and gone.
        """
        put = Put(api_key_item(key), NEW_ITEM)
        if idempotency_key is None:
            self._table.write(put)
            return key
        once = Once(key.workspace_id, CREATE_SCOPE, idempotency_key, body)
        earlier = commit_once(self._table, once, key.key_id, [put], self._random_bytes)
        return key if earlier is None else self._first(key.workspace_id, earlier)

    def _first(self, workspace_id: str, key_id: str) -> ApiKey:
        first = self.get(workspace_id, key_id)
        if first is None:
            raise NotFoundError("The API key made under this Idempotency-Key is gone.")
        return first

    def revoke(self, workspace_id: str, key_id: str, at_ms: int) -> bool:
        """Revoke a key; False when there is none. Repeating it changes nothing."""
        key = self.get(workspace_id, key_id)
        if key is None:
            return False
        if key.revoked_ms is None:
            changes: Item = {"rv": at_ms, TTL_ATTRIBUTE: _gone_at(at_ms)}
            update = Update(
                api_key_key(workspace_id, key_id), assign=changes, condition=Present("pk")
            )
            try:
                self._table.write(update)
            except ConditionFailedError:
                return False
        return True

    def last_used_ms(self, workspace_id: str, key_ids: Sequence[str]) -> dict[str, int]:
        """By key, when it was last let through, to three seconds; those never used are left out.

        From the counters of its rate limit, which have to be written anyway.
        """
        callers = {f"key:{key_id}": key_id for key_id in key_ids}
        asked = last_asked_ms(self._table, workspace_id, list(callers))
        return {callers[caller]: at_ms for caller, at_ms in asked.items()}

    def list(self, workspace_id: str) -> list[ApiKey]:
        """All keys of a workspace, those revoked of late included."""
        partition = api_key_key(workspace_id, "")["pk"]
        return [api_key_from(item) for item in rows(self._table, Query(partition))]
