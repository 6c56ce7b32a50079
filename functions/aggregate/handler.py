"""The table's stream: new journal entries are folded into cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.aggregate.schemas import arrivals_of, redriven_of
from functions.aggregate.service import FoldEntries
from functions.aggregate.settings import Settings
from shared.adapters.clock import SystemClock
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.domain.folding import Foldable
from shared.ports import Clock
from shared.store.cell_writer import DynamoCellStore
from shared.store.dynamo import DynamoTable, dynamodb_client
from shared.store.workspaces import DynamoWorkspaces

PARALLEL_WRITES: Final = 8
"""Private cells written side by side: with more of them they would wait for the function's CPU."""

Handler = Callable[[Mapping[str, Any], Any], dict[str, int]]

logger = Logger()


def aggregate(fold: FoldEntries, clock: Clock, metrics: Metrics) -> Handler:
    """The handler around a service: `{"Records": …}` of the stream, or `{"redrive": […]}`."""

    def handle(event: Mapping[str, Any], context: Any) -> dict[str, int]:
        if "redrive" in event:
            report = fold.redrive(redriven_of(event["redrive"]))
        else:
            arrivals = arrivals_of(event["Records"])
            report = fold(arrivals)
            created = [a.step.created_ms for a in arrivals if isinstance(a.step, Foldable)]
            if created:
                lag_ms = max(0, clock.now_ms() - max(created))
                metrics.add_metric("FoldLagMs", MetricUnit.Milliseconds, lag_ms)
        metrics.add_metric("EntriesFolded", MetricUnit.Count, report.folded)
        metrics.add_metric("EntriesParked", MetricUnit.Count, report.parked)
        metrics.flush_metrics()
        figures = asdict(report)
        logger.info("folded", **figures, request_id=context.aws_request_id)
        return figures

    return handle


def build(settings: Settings) -> Handler:
    """The function, put together."""
    table = DynamoTable(dynamodb_client(), settings.table_name)
    clock = SystemClock()
    queue = SqsQueue(sqs_client(), settings.parked_queue_url)
    spread = ThreadPoolExecutor(PARALLEL_WRITES).map
    cells = DynamoCellStore(table, clock)
    fold = FoldEntries(cells, DynamoWorkspaces(table), queue, clock, spread)
    return aggregate(fold, clock, Metrics())


handler = build(Settings.read())
