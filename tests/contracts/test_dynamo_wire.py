"""What only the wire shows: answers of DynamoDB that moto never gives, as its API reference has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from shared.store.dynamo import (
    BATCH_GET_KEYS,
    TRANSIENT_CODES,
    UNPROCESSED_ATTEMPTS,
    DynamoTable,
)
from shared.store.schema import HISTORY, Key
from shared.store.table import (
    NEW_ITEM,
    Check,
    Delete,
    Put,
    Query,
    Reason,
    StoreUnavailableError,
    TransactionCanceledError,
    Update,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

A: Key = {"pk": "P", "sk": "a"}
WIRE_A = {"pk": {"S": "P"}, "sk": {"S": "a"}}


@pytest.fixture
def stub(dynamodb: DynamoDBClient) -> Iterator[Stubber]:
    with Stubber(dynamodb) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def table(dynamodb: DynamoDBClient, stub: Stubber) -> DynamoTable:
    return DynamoTable(dynamodb, "t")


CALLS: dict[str, Callable[[DynamoTable], object]] = {
    "get_item": lambda table: table.get(A),
    "batch_get_item": lambda table: table.get_many([A]),
    "query": lambda table: table.query(Query("P")),
    "put_item": lambda table: table.write(Put({**A})),
    "update_item": lambda table: table.write(Update(A, add={"n": 1})),
    "delete_item": lambda table: table.write(Delete(A)),
    "transact_write_items": lambda table: table.transact([Put({**A})], "token"),
}


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
@pytest.mark.parametrize("operation", CALLS)
def test_a_passing_fault_is_told_as_unavailable(
    stub: Stubber, table: DynamoTable, operation: str, code: str
) -> None:
    stub.add_client_error(operation, code, http_status_code=400)
    with pytest.raises(StoreUnavailableError):
        CALLS[operation](table)


def test_a_write_that_meets_a_transaction_is_told_as_unavailable(
    stub: Stubber, table: DynamoTable
) -> None:
    """One item's write under somebody's transaction has an error of its own; the retries don't know it."""
    stub.add_client_error("put_item", "TransactionConflictException", http_status_code=400)
    with pytest.raises(StoreUnavailableError):
        table.write(Put({**A}))


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
@pytest.mark.parametrize("operation", CALLS)
def test_a_mistake_of_ours_is_told_as_it_is(
    stub: Stubber, table: DynamoTable, operation: str, code: str
) -> None:
    stub.add_client_error(operation, code, http_status_code=400)
    with pytest.raises(ClientError) as error:
        CALLS[operation](table)
    assert error.value.response["Error"]["Code"] == code


@pytest.mark.parametrize("error", [ReadTimeoutError, ConnectTimeoutError])
@pytest.mark.parametrize("operation", CALLS)
def test_an_answer_that_does_not_come_is_told_as_unavailable(
    monkeypatch: pytest.MonkeyPatch, table: DynamoTable, operation: str, error: type[Exception]
) -> None:
    def fail(**members: Any) -> None:
        raise error(endpoint_url="https://dynamodb")  # type: ignore[call-arg]

    monkeypatch.setattr(table._client, operation, fail)
    with pytest.raises(StoreUnavailableError):
        CALLS[operation](table)


def test_reasons_of_every_kind_come_in_the_order_of_the_writes(
    stub: Stubber, table: DynamoTable
) -> None:
    raw = [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "no", "Item": {**WIRE_A, "n": {"N": "5"}}},
        {"Code": "TransactionConflict", "Message": "no"},
        {"Code": "ThrottlingError", "Message": "no"},
    ]
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": raw},
    )
    with pytest.raises(TransactionCanceledError) as error:
        table.transact([Put({"pk": "P", "sk": f"{n}"}) for n in range(4)], "token")
    assert error.value.reasons == (
        Reason(None),
        Reason("ConditionalCheckFailed", {**A, "n": 5}),
        Reason("TransactionConflict"),
        Reason("ThrottlingError"),
    )


def test_a_transaction_carries_its_token_and_asks_for_the_items_that_stood_there(
    stub: Stubber, table: DynamoTable
) -> None:
    """What makes a repeat count once, and a lost race cheap."""
    old = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    new = {
        "ConditionExpression": "attribute_not_exists(#pk)",
        "ExpressionAttributeNames": {"#pk": "pk"},
    }
    stub.add_response(
        "transact_write_items",
        {},
        {
            "ClientRequestToken": "token",
            "TransactItems": [
                {"Put": {"TableName": "t", "Item": WIRE_A, **new, **old}},
                {"ConditionCheck": {"TableName": "t", "Key": ANY, **new, **old}},
            ],
        },
    )
    table.transact([Put({**A}, NEW_ITEM), Check({"pk": "P", "sk": "b"}, NEW_ITEM)], "token")


def test_keys_left_unprocessed_are_asked_for_again(stub: Stubber, table: DynamoTable) -> None:
    wire_b = {"pk": {"S": "P"}, "sk": {"S": "b"}}
    rest = {"t": {"Keys": [wire_b], "ConsistentRead": True}}
    stub.add_response("batch_get_item", {"Responses": {"t": [WIRE_A]}, "UnprocessedKeys": rest})
    stub.add_response("batch_get_item", {"Responses": {"t": [wire_b]}}, {"RequestItems": rest})
    assert set(table.get_many([A, {"pk": "P", "sk": "b"}])) == {("P", "a"), ("P", "b")}


def test_keys_that_stay_unprocessed_are_told_as_unavailable(
    stub: Stubber, table: DynamoTable
) -> None:
    """Never as items that are not there."""
    rest = {"t": {"Keys": [WIRE_A]}}
    for _ in range(UNPROCESSED_ATTEMPTS):
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": rest})
    with pytest.raises(StoreUnavailableError):
        table.get_many([A])


def test_many_keys_are_read_a_hundred_at_a_time(stub: Stubber, table: DynamoTable) -> None:
    for _ in range(3):
        stub.add_response("batch_get_item", {"Responses": {"t": []}})
    assert table.get_many([{"pk": "P", "sk": f"{n}"} for n in range(2 * BATCH_GET_KEYS + 1)]) == {}


@pytest.mark.parametrize(
    ("query", "consistent"), [(Query("P"), True), (Query("P", HISTORY), False)]
)
def test_reads_are_consistent_wherever_they_can_be(
    monkeypatch: pytest.MonkeyPatch, table: DynamoTable, query: Query, consistent: bool
) -> None:
    """Never refuse from a stale head, setting or sum."""
    asked: list[dict[str, Any]] = []

    def answer(**members: Any) -> dict[str, Any]:
        asked.append(members)
        return {"Items": []}

    monkeypatch.setattr(table._client, "query", answer)
    monkeypatch.setattr(table._client, "get_item", answer)
    table.query(query)
    table.get(A)
    assert [members["ConsistentRead"] for members in asked] == [consistent, True]
