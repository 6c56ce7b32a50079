"""The table's stream: new journal entries are folded into cells. Operators may ask for more of it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.aggregate.clearing import ClearCells
from functions.aggregate.schemas import (
    Event,
    Handler,
    arrivals_of,
    newest_ms,
    probe_of,
    redriven_of,
    retired_of,
)
from functions.aggregate.service import FoldEntries
from functions.aggregate.settings import Settings
from shared.adapters.clock import SystemClock
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.store.cell_writer import DynamoCellStore
from shared.store.dynamo import DynamoTable
from shared.store.generations import DynamoGenerations
from shared.store.retired_cells import DynamoRetiredCells
from shared.store.system import DynamoSystem
from shared.store.wire import dynamodb_wire
from shared.store.workspaces import DynamoWorkspaces

PARALLEL_WRITES: Final = 8
"""Private cells written side by side: with more of them they would wait for the function's CPU."""

BUDGET_SECONDS: Final = 60.0
"""Half of the function's time: what is left is said, and asked for again."""

logger = Logger()
metrics = Metrics()


def build(settings: Settings) -> Handler:
    """The function, put together. Its answer never asks the stream for single records again."""
    clock = SystemClock()
    table = DynamoTable(dynamodb_wire(clock), settings.table_name)
    queue = SqsQueue(sqs_client, settings.parked_queue_url)
    spread = ThreadPoolExecutor(PARALLEL_WRITES).map
    cells, system = DynamoCellStore(table, clock), DynamoSystem(table)
    fold = FoldEntries(cells, DynamoWorkspaces(table), queue, clock, spread)

    retired, generations = DynamoRetiredCells(table), DynamoGenerations(table, clock)
    clear = ClearCells(retired, DynamoWorkspaces(table), generations, clock, spread)

    def handle(event: Event, context: Any) -> Mapping[str, Any]:
        if "clear" in event:
            done = clear(*retired_of(event["clear"]), BUDGET_SECONDS)
            logger.info("cleared", done=done, request_id=context.aws_request_id)
            return {"unfinished": int(not done), "batchItemFailures": []}
        if "redrive" in event:
            report = fold.redrive(redriven_of(event["redrive"]), BUDGET_SECONDS)
        else:
            arrivals = arrivals_of(event["Records"])
            report = fold(arrivals)
            probe_ms = probe_of(event["Records"])
            if probe_ms is not None:
                system.answer(probe_ms)
            lag_ms = max(0, clock.now_ms() - newest_ms(arrivals, default=clock.now_ms()))
            metrics.add_metric("FoldLagMs", MetricUnit.Milliseconds, lag_ms)
        metrics.add_metric("EntriesFolded", MetricUnit.Count, report.folded)
        metrics.add_metric("EntriesParked", MetricUnit.Count, report.parked)
        metrics.flush_metrics()
        logger.info("folded", **asdict(report), request_id=context.aws_request_id)
        return {**asdict(report), "batchItemFailures": []}

    return handle


handler = build(Settings.read())
