"""The archive: every hour what is over is found, and jobs of a queue write it to S3."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.archive.composition import Bucket, parts_of
from functions.archive.planning import PlanArchive
from functions.archive.queueing import ArchiveQueue
from functions.archive.schemas import is_jobs, jobs_of
from functions.archive.service import RunJobs
from functions.archive.settings import Settings
from shared.adapters.clock import SystemClock
from shared.adapters.s3 import S3Files, s3_client
from shared.adapters.signer import KmsSigner, kms_client
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.http.messages import Event
from shared.store.dynamo import DynamoTable
from shared.store.wire import dynamodb_wire

SIDE_BY_SIDE: Final = 16
"""Reads and writes under way at once: they wait for the table, and a table on demand takes that much."""

logger = Logger()


def archive(plan: PlanArchive, run: RunJobs, metrics: Metrics) -> Callable[[Event, Any], None]:
    """The handler around the services."""

    def handle(event: Event, context: Any) -> None:
        if is_jobs(event):
            refused = run.all(jobs_of(event), context.get_remaining_time_in_millis())
            metrics.add_metric("ArchiveMismatches", MetricUnit.Count, refused)
        else:
            figures = plan().metrics()
            for name, figure in figures.items():
                metrics.add_metric(name, MetricUnit.NoUnit, figure)
            logger.info("archive planned", extra=figures)
        metrics.flush_metrics()

    return handle


def build(settings: Settings) -> Callable[[Event, Any], None]:
    """The function, put together."""
    clock = SystemClock()
    table = DynamoTable(dynamodb_wire(clock), settings.table_name)
    bucket = Bucket(
        S3Files(s3_client, settings.bucket),
        S3Files(s3_client, settings.checkpoint_bucket),
        KmsSigner(kms_client, settings.key_id),
    )
    queue = ArchiveQueue(SqsQueue(sqs_client, settings.queue_url))
    plan, run = parts_of(table, bucket, queue, clock, ThreadPoolExecutor(SIDE_BY_SIDE).map)
    return archive(plan, run, Metrics())


handler = build(Settings.read())
