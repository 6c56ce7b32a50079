"""The archive: files of logs and journals, signed checkpoints of the ledger, and what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from infra.archive_tables import TABLES, ArchiveTable
from infra.nag import accept, accept_plain_http
from infra.schedule import build_schedule

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey

READ: Final = ("s3:GetObject",)
WRITE: Final = ("s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject")
RESULTS: Final = "query_results/"
SET_ASIDE: Final = "set_aside/"
SET_ASIDE_DAYS: Final = 30
"""What a restore left of the archive: time for an inquiry, and gone within the month that the law gives for
erasures, which do not reach it."""

PLAN: Final = {"plan": True}
JOBS_AT_ONCE: Final = 8
"""A job lets some 1,100 logs a second go, at two write units each: eight leave callers more than half of the
40,000 units a second that a table takes by default. What waits is taken in turn."""


class Archive:
    """`bucket` keeps files for ever, `checkpoints` unchanged; `key` signs them, where there is one."""

    def __init__(
        self, scope: Construct, stage: Stage, data_key: DataKey, access_log: s3.Bucket
    ) -> None:
        self._stage = stage
        self._data_key = data_key
        self._access_log = access_log
        self.bucket = self._bucket(
            scope,
            "ArchiveBucket",
            # An erasure has to reach everything, so there are no versions it would leave behind.
            versioned=False,
            lifecycle_rules=[
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
                # What queries found holds what an erasure has to reach as well.
                s3.LifecycleRule(prefix=RESULTS, expiration=Duration.days(1)),
                s3.LifecycleRule(prefix=SET_ASIDE, expiration=Duration.days(SET_ASIDE_DAYS)),
            ],
        )
        lock = stage.checkpoint_lock_days
        self.checkpoints = self._bucket(
            scope,
            "CheckpointBucket",
            versioned=lock is not None,
            object_lock_enabled=lock is not None,
            object_lock_default_retention=(
                None if lock is None else s3.ObjectLockRetention.compliance(Duration.days(lock))
            ),
        )
        self.key = self._signing_key(scope) if stage.own_key else None
        self._tables(scope)

    @property
    def key_id(self) -> str:
        """The signing key's id; empty where nothing is signed."""
        return "" if self.key is None else self.key.key_id

    def schedule(self, scope: Construct, function: lambda_.Function) -> None:
        """Every hour: a workspace's night is at an hour of its own."""
        build_schedule(
            scope,
            "Archiving",
            "Archives days that are over",
            expression="rate(1 hour)",
            function=function,
            event=PLAN,
        )

    def allow(self, writer: iam.Role, eraser: iam.Role, reader: iam.Role) -> None:
        """Let one role write the archive, one take texts out of it, one read it."""
        files = self.bucket.arn_for_objects("*")
        reason = "Files of the archive have generated names; the role reaches this one bucket only."
        for role in (writer, eraser, reader):
            actions = READ if role is reader else (*READ, *WRITE)
            _grant(role, actions, files)
            self._accept_objects(role, self.bucket, reason)
            # Who may not list is told of a file that is not there that it is forbidden.
            _grant(role, ("s3:ListBucket",), self.bucket.bucket_arn)
        _grant(writer, ("s3:GetObject", "s3:PutObject"), self.checkpoints.arn_for_objects("*"))
        # It never writes over what is there, also when the table it has knows of nothing.
        _grant(writer, ("s3:ListBucket",), self.checkpoints.bucket_arn)
        self._accept_objects(writer, self.checkpoints, reason)
        if self.key is not None:
            _grant(writer, ("kms:Sign",), self.key.key_arn)

    def allow_proving(self, role: iam.Role) -> None:
        """Let a role begin its proofs at checkpoints, and tell whether these were signed."""
        _grant(role, READ, self.checkpoints.arn_for_objects("*"))
        _grant(role, ("s3:ListBucket",), self.checkpoints.bucket_arn)
        reason = "Checkpoints have generated names; the role reaches this one bucket only."
        self._accept_objects(role, self.checkpoints, reason)
        if self.key is not None:
            _grant(role, ("kms:GetPublicKey",), self.key.key_arn)

    @staticmethod
    def _accept_objects(role: iam.Role, bucket: s3.Bucket, reason: str) -> None:
        logical = Stack.of(role).resolve(bucket.bucket_arn)["Fn::GetAtt"][0]
        accept(role, reason, f"IAM5[Resource::<{logical}.Arn>/*]")

    def _bucket(self, scope: Construct, name: str, **properties: object) -> s3.Bucket:
        stage, key = self._stage, self._data_key.key
        bucket = s3.Bucket(
            scope,
            name,
            server_access_logs_bucket=self._access_log,
            server_access_logs_prefix=f"{name}/",
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=stage.tls_only,
            minimum_tls_version=1.2 if stage.tls_only else None,
            removal_policy=stage.removal,
            **properties,  # type: ignore[arg-type]
        )
        accept_plain_http(bucket, stage, "S10")
        return bucket

    def _signing_key(self, scope: Construct) -> kms.Key:
        return kms.Key(
            scope,
            "CheckpointKey",
            description="Signs checkpoints of the ledger",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=self._stage.removal,
        )

    def _tables(self, scope: Construct) -> None:
        """A database for Athena, and a workgroup whose results are encrypted and soon gone."""
        stack = Stack.of(scope)
        name = f"tally_{self._stage.name}"
        database = glue.CfnDatabase(
            scope,
            "ArchiveDatabase",
            catalog_id=stack.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=name, description="Archived usage logs and journals"
            ),
        )
        for table in TABLES:
            made = glue.CfnTable(
                scope,
                f"Archive{table.construct_id}",
                catalog_id=stack.account,
                database_name=name,
                table_input=_table_input(table, f"s3://{self.bucket.bucket_name}/{table.name}/"),
            )
            made.add_dependency(database)
        key = self._data_key.key
        encryption = athena.CfnWorkGroup.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS" if key else "SSE_S3",
            kms_key=key.key_arn if key else None,
        )
        athena.CfnWorkGroup(
            scope,
            "ArchiveWorkGroup",
            name=f"tally-{self._stage.name}",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                bytes_scanned_cutoff_per_query=self._stage.query_limit_bytes,
                result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
                    output_location=f"s3://{self.bucket.bucket_name}/{RESULTS}",
                    encryption_configuration=encryption,
                ),
            ),
        )


def _grant(role: iam.Role, actions: tuple[str, ...], resource: str) -> None:
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))


def _table_input(table: ArchiveTable, location: str) -> glue.CfnTable.TableInputProperty:
    """A table whose partitions are reckoned from the query: there is no crawler and nothing to add."""
    column = glue.CfnTable.ColumnProperty
    template = f"{location}workspace=${{workspace}}/{table.by}=${{{table.by}}}/"
    return glue.CfnTable.TableInputProperty(
        name=table.name,
        table_type="EXTERNAL_TABLE",
        partition_keys=[column(name=name, type="string") for name in ("workspace", table.by)],
        parameters={
            "classification": "parquet",
            "projection.enabled": "true",
            "projection.workspace.type": "injected",
            f"projection.{table.by}.type": "date",
            f"projection.{table.by}.format": table.format,
            f"projection.{table.by}.range": f"{table.first},NOW",
            f"projection.{table.by}.interval": "1",
            f"projection.{table.by}.interval.unit": table.unit,
            "storage.location.template": template,
        },
        storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
            location=location,
            columns=[column(name=name, type=type_) for name, type_ in table.columns],
            input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            serde_info=glue.CfnTable.SerdeInfoProperty(
                serialization_library=(
                    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                )
            ),
        ),
    )
