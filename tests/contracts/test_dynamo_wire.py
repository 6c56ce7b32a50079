"""What only the wire shows: answers of DynamoDB that moto never gives, as its API reference has them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.store.dynamo import BATCH_GET_KEYS, UNPROCESSED_ATTEMPTS, DynamoTable
from shared.store.schema import HISTORY, Key
from shared.store.table import (
    NEW_ITEM,
    Check,
    ConditionFailedError,
    Delete,
    Put,
    Query,
    Reason,
    StoreUnavailableError,
    TransactionCanceledError,
    Update,
)
from shared.store.wire import RefusedError

A: Key = {"pk": "P", "sk": "a"}
WIRE_A = {"pk": {"S": "P"}, "sk": {"S": "a"}}

Answer = dict[str, Any]


class ScriptedWire:
    """A `Wire` that gives the answers lined up, in their order, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: deque[Answer | Exception] = deque()
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def call(self, operation: str, members: Mapping[str, Any]) -> Answer:
        self.asked.append((operation, members))
        answer = self.answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def wire() -> ScriptedWire:
    return ScriptedWire()


@pytest.fixture
def table(wire: ScriptedWire) -> DynamoTable:
    return DynamoTable(wire, "t")


CALLS: dict[str, Callable[[DynamoTable], object]] = {
    "GetItem": lambda table: table.get(A),
    "BatchGetItem": lambda table: table.get_many([A]),
    "Query": lambda table: table.query(Query("P")),
    "PutItem": lambda table: table.write(Put({**A})),
    "UpdateItem": lambda table: table.write(Update(A, add={"n": 1})),
    "DeleteItem": lambda table: table.write(Delete(A)),
    "TransactWriteItems": lambda table: table.transact([Put({**A})], "token"),
}


@pytest.mark.parametrize(
    "error", [RefusedError("ValidationException", {}), StoreUnavailableError("x")]
)
@pytest.mark.parametrize("operation", CALLS)
def test_a_mistake_of_ours_and_a_fault_that_passes_are_told_as_they_are(
    wire: ScriptedWire, table: DynamoTable, operation: str, error: Exception
) -> None:
    wire.answers.append(error)
    with pytest.raises(type(error)):
        CALLS[operation](table)
    assert [asked for asked, _ in wire.asked] == [operation]


def test_a_condition_that_does_not_hold_hands_back_what_stands_there(
    wire: ScriptedWire, table: DynamoTable
) -> None:
    code = "ConditionalCheckFailedException"
    wire.answers += [
        RefusedError(code, {"Item": {**WIRE_A, "b": {"B": "AQI="}}}),
        RefusedError(code, {}),
    ]
    with pytest.raises(ConditionFailedError) as there:
        table.write(Put({**A}, NEW_ITEM))
    assert there.value.item == {**A, "b": b"\x01\x02"}
    with pytest.raises(ConditionFailedError) as nothing:
        table.write(Delete(A, NEW_ITEM))
    assert nothing.value.item is None


def test_reasons_of_every_kind_come_in_the_order_of_the_writes(
    wire: ScriptedWire, table: DynamoTable
) -> None:
    raw = [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "no", "Item": {**WIRE_A, "n": {"N": "5"}}},
        {"Code": "TransactionConflict", "Message": "no"},
        {"Code": "ThrottlingError", "Message": "no"},
    ]
    wire.answers.append(RefusedError("TransactionCanceledException", {"CancellationReasons": raw}))
    with pytest.raises(TransactionCanceledError) as error:
        table.transact([Put({"pk": "P", "sk": f"{n}"}) for n in range(4)], "token")
    assert error.value.reasons == (
        Reason(None),
        Reason("ConditionalCheckFailed", {**A, "n": 5}),
        Reason("TransactionConflict"),
        Reason("ThrottlingError"),
    )


def test_a_transaction_carries_its_token_and_asks_for_the_items_that_stood_there(
    wire: ScriptedWire, table: DynamoTable
) -> None:
    """What makes a repeat count once, and a lost race cheap."""
    wire.answers.append({})
    table.transact([Put({**A}, NEW_ITEM), Check({"pk": "P", "sk": "b"}, NEW_ITEM)], "token")
    new = {
        "TableName": "t",
        "ConditionExpression": "attribute_not_exists(#pk)",
        "ExpressionAttributeNames": {"#pk": "pk"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    wire_b = {"pk": {"S": "P"}, "sk": {"S": "b"}}
    expected = {
        "ClientRequestToken": "token",
        "TransactItems": [
            {"Put": {"Item": WIRE_A, **new}},
            {"ConditionCheck": {"Key": wire_b, **new}},
        ],
    }
    assert wire.asked == [("TransactWriteItems", expected)]


def test_keys_left_unprocessed_are_asked_for_again(wire: ScriptedWire, table: DynamoTable) -> None:
    wire_b = {"pk": {"S": "P"}, "sk": {"S": "b"}}
    rest = {"t": {"Keys": [wire_b], "ConsistentRead": True}}
    wire.answers += [
        {"Responses": {"t": [WIRE_A]}, "UnprocessedKeys": rest},
        {"Responses": {"t": [wire_b]}, "UnprocessedKeys": {}},
    ]
    assert set(table.get_many([A, {"pk": "P", "sk": "b"}])) == {("P", "a"), ("P", "b")}
    assert wire.asked[1] == ("BatchGetItem", {"RequestItems": rest})


def test_keys_that_stay_unprocessed_are_told_as_unavailable(
    wire: ScriptedWire, table: DynamoTable
) -> None:
    """Never as items that are not there."""
    rest = {"t": {"Keys": [WIRE_A]}}
    wire.answers += [
        {"Responses": {}, "UnprocessedKeys": rest} for _ in range(UNPROCESSED_ATTEMPTS)
    ]
    with pytest.raises(StoreUnavailableError):
        table.get_many([A])


def test_many_keys_are_read_a_hundred_at_a_time(wire: ScriptedWire, table: DynamoTable) -> None:
    wire.answers += [{"Responses": {"t": []}} for _ in range(3)]
    assert table.get_many([{"pk": "P", "sk": f"{n}"} for n in range(2 * BATCH_GET_KEYS + 1)]) == {}
    sizes = [len(members["RequestItems"]["t"]["Keys"]) for _, members in wire.asked]
    assert sizes == [BATCH_GET_KEYS, BATCH_GET_KEYS, 1]


@pytest.mark.parametrize(
    ("query", "consistent"), [(Query("P"), True), (Query("P", HISTORY), False)]
)
def test_reads_are_consistent_wherever_they_can_be(
    wire: ScriptedWire, table: DynamoTable, query: Query, consistent: bool
) -> None:
    """Never refuse from a stale head, setting or sum."""
    wire.answers += [{"Items": []}, {}]
    table.query(query)
    table.get(A)
    assert [members["ConsistentRead"] for _, members in wire.asked] == [consistent, True]
