"""The archive: proved again from its files, and asked in SQL."""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from operations.errors import CommandError
from operations.stack import Stack
from shared.adapters.parquet import Field
from shared.adapters.s3 import S3Files, s3_client
from shared.adapters.trusted_key import TrustedKey
from shared.archive.chain import Holds, checkpoints_of
from shared.archive.entry_rows import ENTRY_FIELDS
from shared.archive.log_rows import LOG_FIELDS
from shared.archive.manifests import units_of, workspaces_of
from shared.archive.proving import Proof, prove
from shared.domain.archive import JOURNAL, USAGE_LOGS, Kind
from shared.domain.checkpoints import HeadMark
from shared.domain.errors import NotFoundError
from shared.store.accounts import DynamoAccounts
from shared.store.workspaces import DynamoWorkspaces

NAME: Final = "archive"
HELP: Final = "prove the archive from its files, or ask it in SQL"
FIELDS: Final[Mapping[Kind, Sequence[Field]]] = {USAGE_LOGS: LOG_FIELDS, JOURNAL: ENTRY_FIELDS}
PAUSE_S: Final = 0.5


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which workspace."""
    actions = parser.add_subparsers(required=True, metavar="action")
    verify = actions.add_parser("verify", help="re-prove journals and checkpoints from the files")
    verify.add_argument("--workspace", help="one workspace (default: all)")
    verify.add_argument("--files-only", action="store_true", help="do not go on with the table")
    verify.set_defaults(action=_verify)
    ask = actions.add_parser("query", help="ask the tables usage_logs and journal")
    ask.add_argument("sql", help="a query; with Athena it has to name the workspace")
    ask.add_argument("--engine", choices=("duckdb", "athena"), help="default: Athena on AWS")
    ask.add_argument("--workspace", help="fetch the files of one workspace only (DuckDB)")
    ask.set_defaults(action=query)


def run(args: argparse.Namespace) -> int:
    """Do it; 1 where something does not prove."""
    return int(args.action(args, Stack.of(args)))


def _verify(args: argparse.Namespace, stack: Stack) -> int:
    files = S3Files(s3_client, stack.outputs["ArchiveBucketName"])
    signed = S3Files(s3_client, stack.outputs["CheckpointBucketName"])
    table = stack.table()
    accounts = None if args.files_only else DynamoAccounts(table)
    wrong = 0
    for workspace_id in [args.workspace] if args.workspace else workspaces_of(files):
        try:
            zone = DynamoWorkspaces(table).get(workspace_id).zone
        except NotFoundError:
            if args.workspace:
                raise
            # Made after the point that was restored, or by somebody with the bucket alone.
            print(f"{workspace_id}: it is in the archive and not in the table")
            wrong += 1
            continue
        problems: list[str] = []
        marks: dict[str, list[HeadMark]] = {}
        count = 0
        for count, (_, found) in enumerate(  # noqa: B007 - how many there were
            checkpoints_of(signed, workspace_id, _trusted(stack), problems), 1
        ):
            for mark in found:
                marks.setdefault(mark.account_id, []).append(mark)
        proof = prove(files, workspace_id, zone, accounts, marks)
        proof.checkpoints = count
        proof.problems += problems
        _tell(workspace_id, proof)
        wrong += len(proof.problems)
    return 1 if wrong else 0


def _tell(workspace_id: str, proof: Proof) -> None:
    print(
        f"{workspace_id}: {proof.accounts} accounts, {proof.archived_entries} entries from "
        f"{proof.files} files, {proof.entries} more from the table, {proof.checkpoints} checkpoints"
    )
    for problem in proof.problems:
        print(f"  {problem}")


def _trusted(stack: Stack) -> Holds | None:
    """What tells whether a signature is the stack's; None where it signs nothing."""
    key_id = stack.outputs.get("CheckpointKeyId")
    if not key_id:
        return None
    return TrustedKey(lambda: stack.client("kms"), key_id).holds


def query(args: argparse.Namespace, stack: Stack) -> int:
    """Ask, and print the answer as CSV."""
    engine = args.engine or ("duckdb" if args.stack is None else "athena")
    names, rows = _athena(args, stack) if engine == "athena" else _duckdb(args, stack)
    writer = csv.writer(sys.stdout)
    writer.writerow(names)
    writer.writerows(rows)
    return 0


def _duckdb(args: argparse.Namespace, stack: Stack) -> tuple[list[str], Iterable[Sequence[Any]]]:
    try:
        import duckdb  # noqa: PLC0415 - it need not be installed for anything else
    except ImportError as error:
        raise CommandError("queries here need DuckDB: pip install duckdb") from error
    files = S3Files(s3_client, stack.outputs["ArchiveBucketName"])
    missing = []
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for kind in FIELDS:
            fetched = _fetch(files, kind, args.workspace, Path(folder))
            if not fetched:
                missing.append(kind)
            else:
                connection.execute(_view(kind, folder))
        try:
            found = connection.execute(args.sql)
            return [column[0] for column in found.description or []], found.fetchall()
        except duckdb.Error as error:
            hint = f" (nothing is archived yet of: {', '.join(missing)})" if missing else ""
            raise CommandError(f"{error}{hint}") from error


def _view(kind: Kind, folder: str) -> str:
    """A table's view of its files. Times are UTC and carry no zone, as in Athena."""
    times = ", ".join(
        f"CAST({field.name} AS TIMESTAMP) AS {field.name}"
        for field in FIELDS[kind]
        if field.type == "time"
    )
    return (
        f"CREATE VIEW {kind} AS SELECT * REPLACE ({times}) FROM read_parquet("  # noqa: S608 - our own names
        f"'{folder}/{kind}/**/*.parquet', hive_partitioning = true, "
        "hive_types_autocast = false, union_by_name = true)"
    )


def _fetch(files: S3Files, kind: Kind, workspace_id: str | None, folder: Path) -> int:
    """Fetch the files that manifests name; how many."""
    count = 0
    for unit in units_of(files, kind, workspace_id):
        for part in unit.parts:
            path = folder / unit.key_of(part)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files.read(unit.key_of(part)) or b"")
            count += 1
    return count


def _athena(args: argparse.Namespace, stack: Stack) -> tuple[list[str], Iterable[Sequence[Any]]]:
    athena = stack.client("athena")
    stage = stack.outputs["StageName"]
    query = athena.start_query_execution(
        QueryString=args.sql,
        QueryExecutionContext={"Database": f"tally_{stage}"},
        WorkGroup=f"tally-{stage}",
    )["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in {"QUEUED", "RUNNING"}:
            break
        time.sleep(PAUSE_S)
    if status["State"] != "SUCCEEDED":
        reason = status.get("StateChangeReason", status["State"])
        raise CommandError(f"Athena did not answer: {reason}")
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query)
    rows = [
        [cell.get("VarCharValue") for cell in row["Data"]]
        for page in pages
        for row in page["ResultSet"]["Rows"]
    ]
    return rows[0], rows[1:]
