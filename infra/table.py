"""The table. Its keys and indexes are those of `shared.store.schema`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_dynamodb as dynamodb

from shared.store import schema

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _index(index: schema.Index) -> dynamodb.GlobalSecondaryIndexPropsV2:
    some = dynamodb.ProjectionType.INCLUDE if index.include else dynamodb.ProjectionType.ALL
    return dynamodb.GlobalSecondaryIndexPropsV2(
        index_name=index.name,
        partition_key=_text(index.partition_key),
        sort_key=_text(index.sort_key),
        projection_type=some,
        non_key_attributes=list(index.include) or None,
    )


def build_table(scope: Construct, stage: Stage, data_key: DataKey) -> dynamodb.TableV2:
    """One on-demand table with its indexes, expiry, recovery and the stream both consumers read."""
    encryption = (
        dynamodb.TableEncryptionV2.customer_managed_key(data_key.key)
        if data_key.key
        else dynamodb.TableEncryptionV2.dynamo_owned_key()
    )
    return dynamodb.TableV2(
        scope,
        "Table",
        partition_key=_text(schema.PK),
        sort_key=_text(schema.SK),
        billing=dynamodb.Billing.on_demand(),
        global_secondary_indexes=[_index(index) for index in schema.TABLE_INDEXES],
        time_to_live_attribute=schema.TTL_ATTRIBUTE,
        dynamo_stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=stage.point_in_time_recovery
        ),
        encryption=encryption,
        deletion_protection=stage.retain_data,
        removal_policy=stage.removal,
    )
