"""The function's two halves, put together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from functions.export.archived import Archived, UsageOfAnyAge
from functions.export.by_account import ByAccount
from functions.export.estimates import Estimates
from functions.export.jobs import RunExports
from functions.export.service import Exports
from functions.export.settings import Settings
from functions.export.sources import Rows
from functions.export.summaries import SummaryRows
from functions.export.trail import AuditRows
from functions.export.writing import WriteExport
from shared.adapters.downloads import SignedDownloads, sts_client
from shared.adapters.export_queue import SqsExportQueue
from shared.adapters.s3 import S3Files, s3_client
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.analytics.query import AnswerQuestion
from shared.compose import Deps
from shared.domain.exports import AUDIT, SUMMARY, TRANSACTIONS, USAGE_LOGS
from shared.store.accounts import DynamoAccounts
from shared.store.archives import DynamoArchives
from shared.store.audit import DynamoAuditLog
from shared.store.cells import DynamoCells
from shared.store.exports import DynamoExports
from shared.store.logs import DynamoUsageLogs

READERS: Final = 8
"""Reads of one summary that are under way at once."""


def parts_of(deps: Deps, settings: Settings) -> tuple[Exports, RunExports]:
    """What answers requests and what runs jobs, on the real S3, SQS and STS."""
    table, clock, directory = deps.table, deps.clock, deps.directory
    accounts, store = DynamoAccounts(table), DynamoExports(table)
    queue = SqsExportQueue(SqsQueue(sqs_client, settings.queue_url))
    cells = DynamoCells(table)
    answer = AnswerQuestion(cells, clock, ThreadPoolExecutor(READERS).map)
    by_account = ByAccount(directory, accounts, DynamoUsageLogs(table))

    @cache
    def archived() -> Archived:
        # What reads files is in a layer of its own, and only usage logs should wait for it to load.
        from shared.archive.reading import ArchivedLogs  # noqa: PLC0415

        files = S3Files(s3_client, settings.archive_bucket)
        return ArchivedLogs(DynamoArchives(table, map), files)

    rows = Rows(
        {
            USAGE_LOGS: UsageOfAnyAge(by_account, archived, directory, clock),
            TRANSACTIONS: by_account.transactions,
            AUDIT: AuditRows(DynamoAuditLog(table, clock), directory),
            SUMMARY: SummaryRows(answer, directory),
        }
    )
    write = WriteExport(rows, S3Files(s3_client, settings.bucket), directory, clock)
    downloads = SignedDownloads(sts_client, settings.download_role_arn, settings.bucket)
    estimates = Estimates(cells, accounts)
    return (
        Exports(store, write, estimates, queue, downloads, directory, clock),
        RunExports(store, write, queue, deps.workspaces, clock),
    )
