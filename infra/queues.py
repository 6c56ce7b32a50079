"""Queues: encrypted, TLS only, and every one that holds failures kept for a fortnight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs

from infra.nag import accept, accept_plain_http

if TYPE_CHECKING:
    from constructs import Construct

    from infra.config import Stage
    from infra.key import DataKey

MAX_RETENTION = Duration.days(14)


def build_queue(
    scope: Construct,
    name: str,
    stage: Stage,
    data_key: DataKey,
    *,
    visibility: Duration | None = None,
    retention: Duration = MAX_RETENTION,
    failures: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    """A queue; its messages live as long as SQS keeps any, unless told otherwise."""
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.KMS if data_key.key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=data_key.key,
        enforce_ssl=stage.tls_only,
        retention_period=retention,
        visibility_timeout=visibility,
        dead_letter_queue=failures,
    )
    accept_plain_http(queue, stage, "SQS4")
    return queue


def build_failure_queue(scope: Construct, name: str, stage: Stage, data_key: DataKey) -> sqs.Queue:
    """A queue where failures end: people are called when anything is in it."""
    queue = build_queue(scope, name, stage, data_key)
    accept(
        queue, "This is where failures end; an alarm watches it instead of another queue.", "SQS3"
    )
    return queue
