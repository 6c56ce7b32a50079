"""The register of mail addresses. It knows an address by its SHA-256 only."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from shared.domain.subscriber import Subscriber
from shared.store.schema import SCHEMA_VERSION, Key, address_key
from shared.store.table import (
    NEW_ITEM,
    ConditionFailedError,
    Delete,
    Equal,
    Item,
    Put,
    Table,
    number,
    optional_text,
    readable,
    texts,
)


def _key(address: str) -> Key:
    return address_key(sha256(address.encode()).hexdigest())


def _subscriber_from(item: Item | None) -> Subscriber:
    if item is None:
        return Subscriber()
    readable(item)
    return Subscriber(
        arn=optional_text(item, "ar"),
        workspace_ids=texts(item, "ws"),
        confirmed=item["cf"] is True,
        version=number(item, "ve"),
    )


class DynamoAddresses:
    """The register in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, address: str) -> Subscriber:
        """An address; version 0 when it is not in the register."""
        return _subscriber_from(self._table.get(_key(address)))

    def get_many(self, addresses: Sequence[str]) -> dict[str, Subscriber]:
        """Several addresses."""
        keys = {address: _key(address) for address in addresses}
        found = self._table.get_many(list(keys.values()))
        return {
            address: _subscriber_from(found.get((key["pk"], key["sk"])))
            for address, key in keys.items()
        }

    def put(self, address: str, subscriber: Subscriber) -> bool:
        """Write an address over its version `subscriber.version`; False when it is not that any more."""
        item: Item = {
            **_key(address),
            "v": SCHEMA_VERSION,
            "ve": subscriber.version + 1,
            "ws": sorted(subscriber.workspace_ids),
            "cf": subscriber.confirmed,
        }
        if subscriber.arn is not None:
            item["ar"] = subscriber.arn
        unread = Equal("ve", subscriber.version) if subscriber.version else NEW_ITEM
        return self._write(Put(item, unread))

    def delete(self, address: str, subscriber: Subscriber) -> bool:
        """Take an address out at version `subscriber.version`; False when it is not that any more."""
        return self._write(Delete(_key(address), Equal("ve", subscriber.version)))

    def _write(self, write: Put | Delete) -> bool:
        try:
            self._table.write(write)
        except ConditionFailedError:
            return False
        return True
