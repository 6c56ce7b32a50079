"""The function's two halves, put together."""

from __future__ import annotations

from functions.export.estimates import Estimates
from functions.export.jobs import RunExports
from functions.export.service import Exports
from functions.export.settings import Settings
from functions.export.sources import Rows
from functions.export.writing import WriteExport
from shared.adapters.downloads import SignedDownloads, sts_client
from shared.adapters.export_queue import SqsExportQueue
from shared.adapters.s3 import S3Files, s3_client
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.compose import Deps
from shared.store.accounts import DynamoAccounts
from shared.store.cells import DynamoCells
from shared.store.exports import DynamoExports
from shared.store.logs import DynamoUsageLogs


def parts_of(deps: Deps, settings: Settings) -> tuple[Exports, RunExports]:
    """What answers requests and what runs jobs, on the real S3, SQS and STS."""
    table, clock, directory = deps.table, deps.clock, deps.directory
    accounts, store = DynamoAccounts(table), DynamoExports(table)
    queue = SqsExportQueue(SqsQueue(sqs_client(), settings.queue_url))
    rows = Rows(directory, accounts, DynamoUsageLogs(table))
    write = WriteExport(rows, S3Files(s3_client(), settings.bucket), directory, clock)
    downloads = SignedDownloads(sts_client(), settings.download_role_arn, settings.bucket)
    estimates = Estimates(DynamoCells(table), accounts)
    return (
        Exports(store, write, estimates, queue, downloads, directory, clock),
        RunExports(store, write, queue, deps.workspaces, clock),
    )
