"""The table in DynamoDB: the only module that spells the form its items and requests have there."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

from shared.store.schema import Key
from shared.store.table import (
    Absent,
    AllOf,
    Below,
    Check,
    Condition,
    ConditionFailedError,
    Delete,
    Equal,
    Item,
    Present,
    Put,
    Query,
    QueryPage,
    Reason,
    StoreUnavailableError,
    TransactionCanceledError,
    Update,
    Value,
    Write,
)
from shared.store.wire import RefusedError, Wire

BATCH_GET_KEYS: Final = 100
UNPROCESSED_ATTEMPTS: Final = 8
REFUSED_CONDITION: Final = "ConditionalCheckFailedException"
CANCELED: Final = "TransactionCanceledException"

DECODERS: Final[Mapping[str, Callable[[Any], Value]]] = {
    "S": str,
    "BOOL": bool,
    "B": b64decode,
    "N": int,
    "L": lambda value: [member["S"] for member in value],
    "SS": set,
}
"""What makes native values of the wire format's, by type."""


def encode_value(value: Value) -> dict[str, Any]:
    """A native value in the wire format.

    A batch has two thousand of them: the commonest types come first, told by identity.
    """
    if type(value) is str:
        return {"S": value}
    if type(value) is int:
        return {"N": str(value)}
    if type(value) is bytes:
        return {"B": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, list):
        return {"L": [{"S": member} for member in value]}
    assert isinstance(value, set)
    return {"SS": sorted(value)}


def encode_item(item: Mapping[str, Value]) -> dict[str, dict[str, Any]]:
    """An item in the wire format."""
    return {name: encode_value(value) for name, value in item.items()}


def decode_item(wire: Mapping[str, Mapping[str, Any]]) -> Item:
    """An item of the wire format, as it stands in answers and stream records.

    Raises:
        ValueError: an attribute is of a type the store never writes.
    """
    try:
        return {
            name: DECODERS[kind](value)
            for name, attribute in wire.items()
            for kind, value in attribute.items()
        }
    except KeyError as kind:
        raise ValueError(f"an attribute of type {kind} is not ours") from None


class _Expression:
    """Collects the names and values of one request's expressions."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, dict[str, Any]] = {}
        self._counter = count()

    def name(self, name: str) -> str:
        """A placeholder of an attribute's name."""
        placeholder = f"#{name}"
        self.names[placeholder] = name
        return placeholder

    def value(self, value: Value) -> str:
        """A placeholder of a value."""
        placeholder = f":{next(self._counter)}"
        self.values[placeholder] = encode_value(value)
        return placeholder

    def condition(self, condition: Condition) -> str:
        """A condition in DynamoDB's words."""
        if isinstance(condition, Absent):
            return f"attribute_not_exists({self.name(condition.name)})"
        if isinstance(condition, Present):
            return f"attribute_exists({self.name(condition.name)})"
        if isinstance(condition, Equal):
            return f"{self.name(condition.name)} = {self.value(condition.value)}"
        if isinstance(condition, Below):
            return f"{self.name(condition.name)} < {self.value(condition.value)}"
        word = " AND " if isinstance(condition, AllOf) else " OR "
        return "(" + word.join(map(self.condition, condition.conditions)) + ")"

    def update(self, update: Update) -> str:
        """An update in DynamoDB's words."""
        clauses = []
        if update.assign:
            pairs = (f"{self.name(n)} = {self.value(v)}" for n, v in update.assign.items())
            clauses.append("SET " + ", ".join(pairs))
        if update.add:
            pairs = (f"{self.name(n)} {self.value(v)}" for n, v in update.add.items())
            clauses.append("ADD " + ", ".join(pairs))
        if update.remove:
            clauses.append("REMOVE " + ", ".join(map(self.name, update.remove)))
        return " ".join(clauses)

    def members(self) -> dict[str, Any]:
        """The request members that hold the names and values."""
        members: dict[str, Any] = {}
        if self.names:
            members["ExpressionAttributeNames"] = self.names
        if self.values:
            members["ExpressionAttributeValues"] = self.values
        return members


class DynamoTable:
    """A `Table` in DynamoDB."""

    def __init__(self, wire: Wire, name: str) -> None:
        self._wire = wire
        self._name = name

    def get(self, key: Key) -> Item | None:
        """One item."""
        members = {"TableName": self._name, "Key": encode_item(key), "ConsistentRead": True}
        found = self._wire.call("GetItem", members).get("Item")
        return None if found is None else decode_item(found)

    def get_many(
        self, keys: Sequence[Key], *, eventual: bool = False
    ) -> dict[tuple[str, str], Item]:
        """Items by `(pk, sk)`."""
        found: dict[tuple[str, str], Item] = {}
        unique = list({(key["pk"], key["sk"]): key for key in keys}.values())
        for start in range(0, len(unique), BATCH_GET_KEYS):
            for wire in self._batch(unique[start : start + BATCH_GET_KEYS], eventual=eventual):
                item = decode_item(wire)
                found[str(item["pk"]), str(item["sk"])] = item
        return found

    def _batch(self, keys: Sequence[Key], *, eventual: bool) -> Iterator[Mapping[str, Any]]:
        wanted: Any = {
            self._name: {
                "Keys": [encode_item(key) for key in keys],
                "ConsistentRead": not eventual,
            }
        }
        for _ in range(UNPROCESSED_ATTEMPTS):
            answer = self._wire.call("BatchGetItem", {"RequestItems": wanted})
            yield from answer["Responses"].get(self._name, ())
            wanted = answer.get("UnprocessedKeys")
            if not wanted:
                return
        raise StoreUnavailableError("keys stayed unprocessed")

    def query(self, query: Query) -> QueryPage:
        """One page of rows."""
        answer = self._wire.call("Query", self._query_members(query))
        next_key = answer.get("LastEvaluatedKey")
        return QueryPage(
            [decode_item(wire) for wire in answer["Items"]],
            None if next_key is None else decode_item(next_key),
        )

    def _query_members(self, query: Query) -> dict[str, Any]:
        words = _Expression()
        pk, sk = ("pk", "sk")
        members: dict[str, Any] = {"TableName": self._name, "ConsistentRead": query.index is None}
        if query.index is not None:
            pk, sk = query.index.partition_key, query.index.sort_key
            members["IndexName"] = query.index.name
        members["KeyConditionExpression"] = " AND ".join(_key_parts(query, pk, sk, words))
        if query.where is not None:
            members["FilterExpression"] = words.condition(query.where)
        if query.only:
            members["ProjectionExpression"] = ", ".join(words.name(name) for name in query.only)
        if query.limit is not None:
            members["Limit"] = query.limit
        if query.after is not None:
            members["ExclusiveStartKey"] = encode_item(query.after)
        if query.descending:
            members["ScanIndexForward"] = False
        return members | words.members()

    def write(self, write: Put | Update | Delete) -> None:
        """One write."""
        operations = {Put: "PutItem", Update: "UpdateItem", Delete: "DeleteItem"}
        try:
            self._wire.call(operations[type(write)], self._write_members(write))
        except RefusedError as error:
            if error.code != REFUSED_CONDITION:
                raise
            old = error.answer.get("Item")
            raise ConditionFailedError(decode_item(old) if old else None) from error

    def update(self, update: Update) -> Item:
        """One unconditional update, and the item right after it."""
        assert update.condition is None
        members = self._write_members(update)
        answer = self._wire.call("UpdateItem", members | {"ReturnValues": "ALL_NEW"})
        return decode_item(answer["Attributes"])

    def _write_members(self, write: Write) -> dict[str, Any]:
        words = _Expression()
        members: dict[str, Any] = {"TableName": self._name}
        if isinstance(write, Put):
            members["Item"] = encode_item(write.item)
        else:
            members["Key"] = encode_item(write.key)
        if isinstance(write, Update):
            members["UpdateExpression"] = words.update(write)
        if write.condition is not None:
            members["ConditionExpression"] = words.condition(write.condition)
            members["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return members | words.members()

    def transact(self, writes: Sequence[Write], token: str) -> None:
        """All of the writes or none."""
        kinds = {Put: "Put", Update: "Update", Delete: "Delete", Check: "ConditionCheck"}
        items = [{kinds[type(write)]: self._write_members(write)} for write in writes]
        members = {"TransactItems": items, "ClientRequestToken": token}
        try:
            self._wire.call("TransactWriteItems", members)
        except RefusedError as error:
            if error.code != CANCELED:
                raise
            reasons = error.answer.get("CancellationReasons", [])
            raise TransactionCanceledError([_reason(raw) for raw in reasons]) from error


def _key_parts(query: Query, pk: str, sk: str, words: _Expression) -> Iterator[str]:
    """Conditions on partition and sort key."""
    yield f"{words.name(pk)} = {words.value(query.partition)}"
    if query.prefix is not None:
        yield f"begins_with({words.name(sk)}, {words.value(query.prefix)})"
    elif query.low is not None and query.high is not None:
        low, high = words.value(query.low), words.value(query.high)
        yield f"{words.name(sk)} BETWEEN {low} AND {high}"
    elif query.low is not None:
        yield f"{words.name(sk)} >= {words.value(query.low)}"
    elif query.high is not None:
        yield f"{words.name(sk)} <= {words.value(query.high)}"


def _reason(raw: Mapping[str, Any]) -> Reason:
    code, item = raw.get("Code"), raw.get("Item")
    return Reason(
        None if code in {None, "None"} else str(code), decode_item(item) if item else None
    )
