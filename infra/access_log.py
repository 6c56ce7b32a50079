"""Who read which object of the stack's buckets when, as S3 saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_s3 as s3

from infra.nag import accept, accept_plain_http

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage


def build_access_log(scope: Construct, stage: Stage) -> s3.Bucket:
    """The bucket of such logs: the audit trail of export links once handed out.

    S3 delivers them to buckets with its own encryption only, not with a key of the operator's. They
    name files and addresses, never a row of them.
    """
    bucket = s3.Bucket(
        scope,
        "ObjectAccessLog",
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=stage.tls_only,
        minimum_tls_version=1.2 if stage.tls_only else None,
        versioned=False,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(stage.download_log_days))],
        removal_policy=stage.removal,
    )
    accept(bucket, "It is the log; logging its own deliveries would never end.", "S1")
    accept_plain_http(bucket, stage, "S10")
    return bucket
