"""Once a day: the backup of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.backup.service import DailyBackup
from functions.backup.settings import Settings
from shared.adapters.clock import SystemClock
from shared.store.backups import DynamoBackups
from shared.store.wire import dynamodb_wire

Handler = Callable[[Mapping[str, Any], Any], dict[str, object]]

logger = Logger()


def build(settings: Settings) -> Handler:
    """The function, put together. It answers with what it did."""
    clock, metrics = SystemClock(), Metrics()
    backups = DynamoBackups(dynamodb_wire(clock), settings.table_name)
    make = DailyBackup(backups, clock, settings.days)

    def handle(_: Mapping[str, Any], context: Any) -> dict[str, object]:
        report = make()
        # Also where it was there already: the alarm asks whether the day has its backup.
        metrics.add_metric("DailyBackups", MetricUnit.Count, 1)
        metrics.add_metric("BackupsKept", MetricUnit.Count, report.kept)
        metrics.flush_metrics()
        figures = asdict(report)
        logger.info("backup", extra={"report": figures, "request_id": context.aws_request_id})
        return figures

    return handle


handler = build(Settings.read())
