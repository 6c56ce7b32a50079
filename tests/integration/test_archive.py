"""OPS-3 through the handlers, on moto: files that another engine reads, and answers that outlive the logs."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import duckdb
import pytest
from moto.athena.models import QueryResults, athena_backends

from functions.archive import handler as archive
from functions.archive.settings import Settings
from functions.query_stats.handler import handler as query_stats
from infra.bundling import ROOT
from operations.archive import query
from operations.errors import CommandError
from shared.adapters.s3 import S3Files, s3_client
from shared.adapters.signer import kms_client
from shared.archive.manifests import units_of
from shared.domain.archive import USAGE_LOGS
from shared.domain.calendar import MS_PER_DAY, local_day, month_of
from shared.domain.journal import Entry
from shared.store.accounts import DynamoAccounts
from shared.store.directory import account_of
from shared.store.dynamo import DynamoTable
from shared.store.items import entry_item
from shared.store.ledger import DynamoLedger
from shared.store.schema import TTL_ATTRIBUTE, log_key, workspace_key
from shared.store.system import DynamoSystem
from shared.store.table import Delete, Update
from tests.factories import LambdaContext, a_usage
from tests.fakes.clock import FakeClock
from tests.fakes.stream import stream_record
from tests.folding import fold
from tests.integration.backend import Backend

ACCOUNT = "123456789012"
"""Whose clouds moto plays."""

PORTABLE = {"count", "sum", "avg", "min", "max", "round", "coalesce", "date_trunc"}
"""Functions that DuckDB and Athena have with the same meaning."""

PLACE: Any = {"LocationConstraint": "eu-central-1"}


class Archivist:
    """The function over moto's S3, SQS and KMS, and books of some days ago."""

    def __init__(self, table: DynamoTable, days_ago: int = 3) -> None:
        for name in ("ARCHIVE_BUCKET", "CHECKPOINT_BUCKET"):
            s3_client().create_bucket(Bucket=os.environ[name], CreateBucketConfiguration=PLACE)
        self.sqs = boto3.client("sqs")
        self.queue_url = self.sqs.create_queue(QueueName="tally-test-archive")["QueueUrl"]
        key = kms_client().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        settings = replace(
            Settings.read(), queue_url=self.queue_url, key_id=key["KeyMetadata"]["KeyId"]
        )
        self.handler = archive.build(settings)
        self.table = table
        self.then_ms = time.time_ns() // 1_000_000 - days_ago * MS_PER_DAY
        self.backend = Backend(table, enforce_credits=False)
        table.write(Update(workspace_key("acme"), assign={"ca": self.then_ms}))
        self.day = local_day(self.then_ms, self.backend.workspace.zone)

    def record(self, rows: int) -> None:
        """Record logs of two users in two services, and fold them."""
        ledger = DynamoLedger(self.table, FakeClock(self.then_ms))
        usage = [
            a_usage(
                f"log-{n}",
                user_id="alice" if n % 3 else "bob",
                service="chat" if n % 2 else "voice",
                cost_picos=123_456_789 * n,
                metadata=json.dumps({"n": n}),
            )
            for n in range(rows)
        ]
        ledger.record("acme", usage)
        entries = [
            entry
            for user in ("alice", "bob")
            for entry in ledger_entries(self.table, self.backend, user)
        ]
        fold(
            self.table,
            [
                stream_record(entry_item(e), None, number=i, at_ms=e.created_ms)
                for i, e in enumerate(entries)
            ],
        )

    def night(self) -> int:
        """Plan, and do every job; how many there were."""
        self.handler({"plan": True}, LambdaContext())
        jobs = 0
        while messages := self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                context = LambdaContext(remaining_ms=900_000)
                self.handler({"Records": [{"body": message["Body"]}]}, context)
                self.sqs.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
                jobs += 1
        return jobs

    def statistics(self) -> Any:
        """What the API says of the day."""
        query = {"startDate": self.day, "endDate": self.day}
        answer = self.backend.call(query_stats, "GET", "/api/usage-logs/stats", query=query)
        assert answer.status == 200
        return answer.body["statistics"]


def ledger_entries(table: DynamoTable, backend: Backend, user: str) -> list[Entry]:
    """A user's journal."""
    account_id = account_of(backend.workspace.secret, user)
    accounts = DynamoAccounts(table)
    head = accounts.head("acme", account_id)
    return [] if head is None else list(accounts.entries("acme", account_id, 1, head.seq))


@pytest.fixture
def archivist(moto_table: DynamoTable) -> Archivist:
    return Archivist(moto_table)


def test_another_engine_finds_in_the_files_what_the_api_says(
    archivist: Archivist, tmp_path: Path
) -> None:
    archivist.record(60)

    jobs = archivist.night()

    assert jobs >= 3
    assert archivist.night() == 0
    files = S3Files(s3_client, os.environ["ARCHIVE_BUCKET"])
    (unit,) = units_of(files, USAGE_LOGS)
    assert unit.unit.period == archivist.day
    for part in unit.parts:
        path = tmp_path / unit.key_of(part)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.read(unit.key_of(part)) or b"")
    found = duckdb.execute(
        "SELECT service, count(*), sum(cost), sum(credits), count(DISTINCT account_id), "
        "min(workspace), min(json_extract(metadata, '$.n')::int) "
        "FROM read_parquet(?, hive_partitioning = true) GROUP BY service ORDER BY service",
        [f"{tmp_path}/**/*.parquet"],
    ).fetchall()
    told = {each["service"]: each for each in archivist.statistics()["byService"]}
    assert [row[0] for row in found] == ["chat", "voice"]
    for service, count, cost, credits, users, workspace, first in found:
        assert (count, credits) == (told[service]["requests"], told[service]["credits"])
        assert Decimal(cost) == Decimal(str(told[service]["cost"]))
        assert (users, workspace, first) == (2, "acme", 1 if service == "chat" else 0)


def test_statistics_are_the_same_when_the_logs_are_gone(archivist: Archivist) -> None:
    """Cells never expire: nothing that is asked of them notices."""
    archivist.record(10)
    before = archivist.statistics()
    archivist.night()
    table = archivist.table
    for n in range(10):
        item = table.get(log_key("acme", f"log-{n}"))
        assert item is not None
        assert TTL_ATTRIBUTE in item
        table.write(Delete(log_key("acme", f"log-{n}")))

    assert archivist.statistics() == before
    archived_ms = DynamoSystem(table).nightly().archived_ms
    assert archived_ms is not None


def _ask(capsys: pytest.CaptureFixture[str], sql: str, engine: str) -> list[list[str]]:
    """The command `archive query`; the rows that it prints, names first."""
    stack: Any = SimpleNamespace(
        outputs={"ArchiveBucketName": os.environ["ARCHIVE_BUCKET"], "StageName": "test"},
        client=boto3.client,
    )
    args = argparse.Namespace(engine=engine, sql=sql, workspace=None, stack=None)
    capsys.readouterr()
    assert query(args, stack) == 0
    return list(csv.reader(io.StringIO(capsys.readouterr().out)))


def test_every_query_of_the_runbook_is_answered(
    moto_table: DynamoTable, capsys: pytest.CaptureFixture[str]
) -> None:
    """They name the workspace, for Athena finds files by it, and call only what every engine has."""
    page = (ROOT / "docs" / "operations.md").read_text()
    queries = re.findall(r"^    (SELECT .+)$", page, re.MULTILINE)
    days_ago = time.gmtime().tm_mday + 1
    archivist = Archivist(moto_table, days_ago)
    archivist.record(20)
    while archivist.night():
        pass
    account_id = account_of(archivist.backend.workspace.secret, "alice")
    real = {
        "2026-11-20": archivist.day,
        "2026-11-01": archivist.day,
        "2026-10'": f"{month_of(archivist.day)}'",
        "acct_1": account_id,
    }

    assert len(queries) >= 4
    for sql in queries:
        assert " WHERE workspace = 'acme' " in sql
        assert set(re.findall(r"(\w+) ?\(", sql)) - {"FILTER"} <= PORTABLE
        assert _ask(capsys, re.sub("|".join(real), lambda m: real[m[0]], sql), "duckdb")[1:], sql


def test_a_query_that_cannot_be_answered_says_why(
    archivist: Archivist, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandError, match="nothing is archived yet of: usage_logs, journal"):
        _ask(capsys, "SELECT * FROM usage_logs", "duckdb")


def test_athena_is_asked_in_the_stacks_workgroup_and_its_pages_are_put_together(
    archivist: Archivist, capsys: pytest.CaptureFixture[str]
) -> None:
    client = boto3.client("athena")
    client.create_work_group(
        Name="tally-test",
        Configuration={"ResultConfiguration": {"OutputLocation": "s3://results/"}},
    )
    names = [{"VarCharValue": "day"}, {"VarCharValue": "n"}]
    first = [{"VarCharValue": "2026-11-20"}, {}]
    rows: Any = [{"Data": names}, {"Data": first}]
    athena_backends[ACCOUNT]["eu-central-1"].query_results_queue.append(
        QueryResults(rows=rows, column_info=[])
    )

    assert _ask(capsys, "SELECT 1", "athena") == [["day", "n"], ["2026-11-20", ""]]
    (execution,) = client.list_query_executions(WorkGroup="tally-test")["QueryExecutionIds"]
    asked = client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
    assert asked["Query"] == "SELECT 1"
    assert asked["QueryExecutionContext"]["Database"] == "tally_test"
