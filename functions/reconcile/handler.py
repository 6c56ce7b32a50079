"""Every night everything is proved: cells, cursors and alerts against the journals.

Every quarter of an hour long work that nobody is at any more is picked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.reconcile.picking_up import PickUpJobs
from functions.reconcile.schemas import Event, is_beginning, is_look, job_of
from functions.reconcile.service import ProveAll
from functions.reconcile.settings import Settings
from shared.adapters.clock import SystemClock
from shared.adapters.erasure_queue import SqsErasureQueue
from shared.adapters.export_queue import SqsExportQueue
from shared.adapters.folder import LambdaFolder, lambda_client
from shared.adapters.s3 import S3Files, s3_client
from shared.adapters.signer import kms_client
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.adapters.trusted_key import TrustedKey
from shared.domain.sketches import KEY_BYTES
from shared.ports.runtime import Clock
from shared.reconcile.anchors import Anchors, SignedCheckpoints
from shared.reconcile.rebuild import ClearRetired
from shared.reconcile.sources import Folder
from shared.reconcile.workspace import ProveWorkspace
from shared.store.archives import DynamoArchives
from shared.store.dynamo import DynamoTable
from shared.store.nights import DynamoNights
from shared.store.proofs import sources_of
from shared.store.system import DynamoSystem
from shared.store.table import StoreUnavailableError, Table
from shared.store.under_way import DynamoUnderWay
from shared.store.wire import dynamodb_wire
from shared.store.workspaces import DynamoWorkspaces

RESERVE_MS: Final = 300_000
"""Kept back of the function's time: for the account that is being proved, and the end of a workspace."""

logger = Logger()
metrics = Metrics()


def prove_all(
    table: Table, folder: Folder, queue: SqsQueue, clock: Clock, anchors: Anchors | None
) -> ProveAll:
    """The use case over a table. Without `anchors` every night begins with the first entries."""
    workspaces, sources = DynamoWorkspaces(table), sources_of(table, clock)
    key = clock.random_bytes(KEY_BYTES)
    return ProveAll(
        DynamoNights(table),
        workspaces,
        ProveWorkspace(sources, workspaces, key, folder=folder, anchors=anchors),
        ClearRetired(workspaces, sources.names, folder, clock),
        DynamoSystem(table),
        queue,
        clock,
        transient=(StoreUnavailableError,),
    )


def build(settings: Settings) -> Callable[[Event, Any], None]:
    """The function, put together."""
    clock = SystemClock()
    table = DynamoTable(dynamodb_wire(clock), settings.table_name)
    queue = SqsQueue(sqs_client, settings.queue_url)
    folder = LambdaFolder(lambda_client, settings.folding_function)
    prove = prove_all(table, folder, queue, clock, _anchors(table, settings))
    pick_up = PickUpJobs(
        DynamoUnderWay(table),
        {
            "erasure": SqsErasureQueue(SqsQueue(sqs_client, settings.erasure_queue_url)),
            "export": SqsExportQueue(SqsQueue(sqs_client, settings.export_queue_url)),
        },
        clock,
    )

    def handle(event: Event, context: Any) -> None:
        if is_beginning(event):
            logger.info("a night begins", run=prove.begin().run_id)
            return
        if is_look(event):
            for name, figure in pick_up().metrics().items():
                metrics.add_metric(name, MetricUnit.NoUnit, figure)
            metrics.flush_metrics()
            return
        seconds = max(0, context.get_remaining_time_in_millis() - RESERVE_MS) / 1000
        report = prove(job_of(event), seconds)
        if report is not None:
            metrics.add_metric("Drift", MetricUnit.Count, report.total)
            metrics.add_metric("AccountsBehind", MetricUnit.Count, report.behind)
            metrics.add_metric("NightsProved", MetricUnit.Count, 1)
            metrics.flush_metrics()
            logger.info("everything is proved", drift=report.total, accounts=report.accounts)

    return handle


def _anchors(table: Table, settings: Settings) -> Anchors | None:
    """The checkpoints; None where nothing signs them."""
    if not settings.checkpoint_key_id:
        return None
    return SignedCheckpoints(
        DynamoArchives(table, map),
        S3Files(s3_client, settings.checkpoint_bucket),
        TrustedKey(kms_client, settings.checkpoint_key_id),
    )


handler = build(Settings.read())
