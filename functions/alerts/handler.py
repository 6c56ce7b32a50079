"""The table's stream: heads and totals fire alerts, new versions are passed on to pages that are open.

Once a minute: what stayed pending is swept up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.alerts.announce import Announce
from functions.alerts.delivery import Deliver
from functions.alerts.schemas import batch_of, is_sweep
from functions.alerts.service import FireAlerts, Fired
from functions.alerts.settings import Settings
from functions.alerts.sweep import SweepAlerts
from shared.adapters.clock import SystemClock
from shared.adapters.sns import SnsTopic, sns_client
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.store.alerts import DynamoAlerts
from shared.store.directory import DynamoDirectory
from shared.store.dynamo import DynamoTable
from shared.store.thresholds import DynamoThresholds
from shared.store.wire import dynamodb_wire
from shared.store.workspaces import DynamoWorkspaces

Handler = Callable[[Mapping[str, Any], Any], dict[str, list[object]]]

logger = Logger()


def alerts(fire: FireAlerts, sweep: SweepAlerts, announce: Announce, metrics: Metrics) -> Handler:
    """The handler around the services. What it raises, the stream or the next minute brings again."""

    def handle(event: Mapping[str, Any], context: Any) -> dict[str, list[object]]:
        batch = None if is_sweep(event) else batch_of(event["Records"])
        if batch is not None:
            announce(batch.versions)
        report = sweep() if batch is None else fire(batch)
        figures = report.metrics()
        for name, count in figures.items():
            metrics.add_metric(name, MetricUnit.Count, count)
        metrics.flush_metrics()
        logger.info("alerts", extra=figures | {"request_id": context.aws_request_id})
        return {"batchItemFailures": []}

    return handle


def build(settings: Settings) -> Handler:
    """The function, put together."""
    clock = SystemClock()
    table = DynamoTable(dynamodb_wire(clock), settings.table_name)
    kept, workspaces = DynamoAlerts(table), DynamoWorkspaces(table)
    topic = SnsTopic(sns_client(), settings.topic_arn)
    deliver = Deliver(topic, kept, DynamoDirectory(table), clock, settings.dashboard_url)
    thresholds = DynamoThresholds(table, clock)
    fire = FireAlerts(thresholds, kept, workspaces, deliver, clock, Fired())
    announce = Announce(SqsQueue(sqs_client, settings.live_queue_url))
    return alerts(fire, SweepAlerts(kept, workspaces, deliver, clock), announce, Metrics())


handler = build(Settings.read())
