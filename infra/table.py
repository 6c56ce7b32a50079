"""The table. Its keys and indexes are those of `shared.store.schema`.

The stack makes one of its own. After a restore it uses the restored one instead: a parameter of the
stack names that one's stream, and so the table, and is remembered from one deployment to the next.
Whoever needs the table asks `DataTable`, so roles, functions and stream mappings all follow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from aws_cdk import CfnCondition, CfnParameter, CfnResource, Fn, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb

from shared.store import schema

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey

RESTORED_STREAM: Final = "RestoredTableStream"
OWN_TABLE: Final = "OwnTable"
NONE_RESTORED: Final = "arn:aws:dynamodb:::table/none/stream/none"
STREAM_ADDRESS: Final = "^arn:[a-z-]+:dynamodb:[^:/]*:[0-9]*:table/[a-zA-Z0-9_.-]+/stream/.+$"


@dataclass(frozen=True, slots=True)
class DataTable:
    """The table in use, whoever made it."""

    table_name: str
    table_arn: str
    table_stream_arn: str


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


def build_table(scope: Construct, stage: Stage, data_key: DataKey) -> DataTable:
    """One on-demand table with its indexes, expiry, recovery and the stream both consumers read."""
    own = _own_table(scope, stage, data_key)
    stream = CfnParameter(
        scope,
        RESTORED_STREAM,
        default=NONE_RESTORED,
        allowed_pattern=STREAM_ADDRESS,
        description="Address of the stream of the restored table to use in place of the stack's own",
    ).value_as_string
    parts = Fn.split("/", stream)
    name = Fn.select(1, parts)
    arn = Fn.join("/", [Fn.select(0, parts), name])
    condition = CfnCondition(
        scope, OWN_TABLE, expression=Fn.condition_equals(stream, NONE_RESTORED)
    )
    resource = own.node.default_child
    assert isinstance(resource, CfnResource)
    resource.cfn_options.condition = condition
    assert own.table_stream_arn is not None

    def of(made: str, given: str) -> str:
        return Fn.condition_if(condition.logical_id, made, given).to_string()

    return DataTable(
        of(own.table_name, name), of(own.table_arn, arn), of(own.table_stream_arn, stream)
    )


def _encryption(stage: Stage, data_key: DataKey) -> dynamodb.TableEncryptionV2:
    """The operator's key here and where the copy is, or DynamoDB's own.

    Raises:
        ValueError: the stage has a key of its own, but none where the copy is.
    """
    if data_key.key is None:
        return dynamodb.TableEncryptionV2.dynamo_owned_key()
    if stage.replica is None:
        return dynamodb.TableEncryptionV2.customer_managed_key(data_key.key)
    if stage.replica.key_arn is None:
        raise ValueError("replicaRegion needs replicaKeyArn, a key over there (or ownKey=false)")
    keys = {stage.replica.region: stage.replica.key_arn}
    return dynamodb.TableEncryptionV2.customer_managed_key(data_key.key, keys)


def _own_table(scope: Construct, stage: Stage, data_key: DataKey) -> dynamodb.TableV2:
    copies = [dynamodb.ReplicaTableProps(region=stage.replica.region)] if stage.replica else None
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
            point_in_time_recovery_enabled=True,
            recovery_period_in_days=stage.backups.continuous_days,
        ),
        encryption=_encryption(stage, data_key),
        replicas=copies,
        deletion_protection=stage.retain_data,
        # Once another table is used in its place, this one is the operator's to keep or drop.
        removal_policy=RemovalPolicy.RETAIN,
    )
