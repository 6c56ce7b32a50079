"""Where exports are written, and the role that downloads are signed with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from infra.nag import accept_plain_http

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey

DOWNLOAD_SESSION = Duration.hours(1)


class Exports:
    """The bucket: its files expire."""

    def __init__(
        self, scope: Construct, stage: Stage, data_key: DataKey, access_log: s3.Bucket
    ) -> None:
        self.bucket = s3.Bucket(
            scope,
            "ExportBucket",
            server_access_logs_bucket=access_log,
            server_access_logs_prefix="exports/",
            encryption=s3.BucketEncryption.KMS if data_key.key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=data_key.key,
            bucket_key_enabled=True if data_key.key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=stage.tls_only,
            minimum_tls_version=1.2 if stage.tls_only else None,
            # Files are written once under a name of their own and can be made again from the
            # ledger, so versions would only keep what was meant to expire.
            versioned=False,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(stage.export_days),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                )
            ],
            removal_policy=stage.removal,
        )
        accept_plain_http(self.bucket, stage, "S10")

    def build_download_role(self, scope: Construct, exporter: iam.IRole, key: DataKey) -> iam.Role:
        """A role that may read finished files, which only the export function may take on.

        A link signed with it lives as long as its session, whatever becomes of the function's own
        credentials, and can do nothing but that one thing.
        """
        role = iam.Role(
            scope,
            "DownloadRole",
            assumed_by=iam.ArnPrincipal(exporter.role_arn),
            description="Signs links to export files",
            max_session_duration=DOWNLOAD_SESSION,
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject"], resources=[self.bucket.arn_for_objects("*")]
            )
        )
        key.allow(role, "s3")
        return role
