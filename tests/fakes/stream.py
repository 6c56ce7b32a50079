"""Records of a table's stream, in the shape in which Lambda hands them to a function."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from shared.store.dynamo import encode_item
from shared.store.table import Item, Value
from tests.fakes.limits import item_bytes

STREAM_ARN: Final = (
    "arn:aws:dynamodb:eu-central-1:123456789012:table/tally-test/stream/2026-11-20T00:00:00.000"
)
TTL_IDENTITY: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def image(item: Item) -> dict[str, dict[str, Any]]:
    """An item in the wire format of an event: as in the API, but bytes are base64 text."""
    wire = encode_item(item)
    for attribute in wire.values():
        if "B" in attribute:
            attribute["B"] = base64.b64encode(attribute["B"]).decode()
    return wire


def stream_record(
    new: Item | None, old: Item | None = None, *, number: int = 1, at_ms: int = 0, ttl: bool = False
) -> dict[str, Any]:
    """The record of one change: `old` None for an insert, `new` None for a removal.

    `number` gives the sequence number; `ttl` marks a removal by the table's own expiry.
    """
    item = new if new is not None else old
    assert item is not None
    keys: dict[str, Value] = {"pk": item["pk"], "sk": item["sk"]}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": at_ms / 1000,
        "Keys": image(keys),
        "SequenceNumber": f"{number:021d}",
        "SizeBytes": item_bytes(new or {}) + item_bytes(old or {}) + item_bytes(keys),
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if new is not None:
        change["NewImage"] = image(new)
    if old is not None:
        change["OldImage"] = image(old)
    record: dict[str, Any] = {
        "eventID": f"{number:032x}",
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1",
        "dynamodb": change,
        "eventSourceARN": STREAM_ARN,
    }
    if ttl:
        record["userIdentity"] = TTL_IDENTITY
    return record


@dataclass
class ItemChange:
    """One change of an item, and its record, which is made when somebody asks for it."""

    new: Item | None
    old: Item | None
    number: int
    at_ms: int
    ttl: bool

    @property
    def key(self) -> tuple[str, str]:
        """`(pk, sk)` of the item."""
        item = self.new or self.old or {}
        return str(item["pk"]), str(item["sk"])

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record that Lambda would bring."""
        return stream_record(self.new, self.old, number=self.number, at_ms=self.at_ms, ttl=self.ttl)
