"""The table of the schema, made by a bare client: in moto, or beside the deployed one in a local cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.store.schema import PK, SK, TABLE_INDEXES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def create_table(client: DynamoDBClient, name: str) -> None:
    """Create the table of the schema."""
    attributes = [PK, SK]
    indexes: Any = []
    for index in TABLE_INDEXES:
        attributes += [index.partition_key, index.sort_key]
        projection: dict[str, Any] = {"ProjectionType": "ALL"}
        if index.include:
            projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.include)}
        keys = [(index.partition_key, "HASH"), (index.sort_key, "RANGE")]
        indexes.append(
            {"IndexName": index.name, "KeySchema": _key_schema(keys), "Projection": projection}
        )
    client.create_table(
        TableName=name,
        KeySchema=_key_schema([(PK, "HASH"), (SK, "RANGE")]),
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in attributes],
        GlobalSecondaryIndexes=indexes,
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )


def _key_schema(keys: list[tuple[str, str]]) -> Any:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys]
