"""OPS-3, LED-7: where the archive is kept, who may touch it, and what reads it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from infra.archive_tables import TABLES
from shared.adapters.parquet import Field
from shared.archive.entry_rows import ENTRY_FIELDS
from shared.archive.log_rows import LOG_FIELDS
from shared.domain.archive import SET_ASIDE, Archive, Kind
from tests.archiving import Vault
from tests.factories import WORKSPACE
from tests.infra.template import Resource, Template, target, text

GLUE = {"text": "string", "integer": "bigint", "flag": "boolean", "time": "timestamp"}

HIVE = {
    "VARCHAR": "string",
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
    "DECIMAL(38,12)": "decimal(38,12)",
}
"""What the tables call a column of a file."""

STORED = {
    "string": "BYTE_ARRAY UTF8",
    "bigint": "INT64",
    "boolean": "BOOLEAN",
    "timestamp": "INT64 TIMESTAMP_MILLIS",
    "decimal(38,12)": "FIXED_LEN_BYTE_ARRAY DECIMAL",
}
"""How a file has to hold it, for Athena's reader of Parquet to take it for that."""


def _bucket(template: Template, output: str) -> tuple[str, Resource]:
    logical = target(template.document["Outputs"][output]["Value"])
    return logical, template.of_type("S3::Bucket")[logical]


def _type(field: Field) -> str:
    return f"decimal(38,{field.places})" if field.type == "decimal" else GLUE[field.type]


@pytest.mark.parametrize(
    ("name", "fields"), [("usage_logs", LOG_FIELDS), ("journal", ENTRY_FIELDS)]
)
def test_engines_see_the_columns_that_the_files_have(
    template: Template, name: str, fields: tuple[Field, ...]
) -> None:
    (table,) = [
        each["TableInput"]
        for each in template.of_type("Glue::Table").values()
        if each["TableInput"]["Name"] == name
    ]
    columns = [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]]

    assert columns == [(field.name, _type(field)) for field in fields]
    (known,) = [each for each in TABLES if each.name == name]
    assert [c["Name"] for c in table["PartitionKeys"]] == ["workspace", known.by]
    bucket, _ = _bucket(template, "ArchiveBucketName")
    path = f"s3://{bucket}/{name}/workspace=${{workspace}}/{known.by}=${{{known.by}}}/"
    assert text(table["Parameters"]["storage.location.template"]) == path


def test_files_of_the_archive_stay_and_what_queries_found_goes(template: Template) -> None:
    _, bucket = _bucket(template, "ArchiveBucketName")
    rules = bucket["LifecycleConfiguration"]["Rules"]

    assert {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules} == {
        None: None,
        "query_results/": 1,
        SET_ASIDE: 30,
    }
    assert "VersioningConfiguration" not in bucket


def test_on_aws_nobody_can_change_a_checkpoint(on_aws: Template) -> None:
    """LED-7."""
    _, bucket = _bucket(on_aws, "CheckpointBucketName")

    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Days": 400,
        "Mode": "COMPLIANCE",
    }


def test_only_the_archive_signs_and_writes_checkpoints(template: Template) -> None:
    bucket, _ = _bucket(template, "CheckpointBucketName")
    (key,) = [name for name, each in template.of_type("KMS::Key").items() if "KeyUsage" in each]
    roles = {name: target(each["Role"]) for name, (_, each) in template.functions().items()}

    signing = {n for n, role in roles.items() if ("kms:Sign", key) in template.allowed(role, "kms")}
    writing = {
        name
        for name, role in roles.items()
        for action, resource in template.allowed(role, "s3")
        if resource == f"{bucket}/*" and action == "s3:PutObject"
    }
    assert signing == writing == {"archive"}


def test_the_nightly_proof_reads_checkpoints_and_the_public_half_of_their_key(
    template: Template,
) -> None:
    bucket, _ = _bucket(template, "CheckpointBucketName")
    (key,) = [name for name, each in template.of_type("KMS::Key").items() if "KeyUsage" in each]
    role = target(template.functions()["reconcile"][1]["Role"])

    assert template.allowed(role, "s3") == {
        ("s3:GetObject", f"{bucket}/*"),
        ("s3:ListBucket", bucket),
    }
    assert ("kms:GetPublicKey", key) in template.allowed(role, "kms")


def test_a_query_has_a_limit_and_its_results_are_encrypted(template: Template) -> None:
    _, group = template.only("Athena::WorkGroup")
    settings = group["WorkGroupConfiguration"]

    assert settings["EnforceWorkGroupConfiguration"] is True
    assert settings["BytesScannedCutoffPerQuery"] == 100 * 1024**3
    encryption = settings["ResultConfiguration"]["EncryptionConfiguration"]
    assert encryption["EncryptionOption"] == "SSE_KMS"


def test_days_that_are_over_are_looked_for_every_hour(template: Template) -> None:
    archive = template.functions()["archive"][0]
    (schedule,) = [
        each
        for each in template.of_type("Scheduler::Schedule").values()
        if target(each["Target"]["Arn"]) == archive
    ]

    assert schedule["ScheduleExpression"] == "rate(1 hour)"


def _columns(vault: Vault, unit: Archive, path: Path) -> list[tuple[str, str, str]]:
    """Name, type as a table calls it, and form of each column of a unit's first file."""
    path.write_bytes(vault.bucket.content[unit.key_of(unit.parts[0])])
    described = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    stored = duckdb.execute(
        "SELECT name, concat_ws(' ', type, converted_type) FROM parquet_schema(?) "
        "WHERE num_children IS NULL",
        [str(path)],
    ).fetchall()
    forms = dict(stored)
    assert [row[0] for row in described] == [name for name, _ in stored]
    return [(row[0], HIVE[row[1]], forms[row[0]]) for row in described]


@pytest.mark.parametrize(("name", "period"), [("usage_logs", "2026-11-20"), ("journal", "2026-11")])
def test_engines_find_and_understand_the_files_that_are_written(
    template: Template, tmp_path: Path, name: Kind, period: str
) -> None:
    """The table of the template against a file that the product wrote: names, types, storage, place."""
    vault = Vault()
    vault.use("log-1", metadata='{"a":1}')
    vault.next_day(40)
    vault.night()
    unit = vault.unit(period, name)
    (table,) = [
        each["TableInput"]
        for each in template.of_type("Glue::Table").values()
        if each["TableInput"]["Name"] == name
    ]
    storage, parameters = table["StorageDescriptor"], table["Parameters"]

    found = _columns(vault, unit, tmp_path / "part.parquet")
    assert [(c["Name"], c["Type"]) for c in storage["Columns"]] == [(n, t) for n, t, _ in found]
    assert [form for *_, form in found] == [STORED[type_] for _, type_, _ in found]
    assert "parquet" in storage["SerdeInfo"]["SerializationLibrary"]
    by = {"usage_logs": "day", "journal": "month"}[name]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.workspace.type"] == "injected"
    assert parameters[f"projection.{by}.type"] == "date"
    first, last = parameters[f"projection.{by}.range"].split(",")
    java = {"yyyy": "%Y", "MM": "%m", "dd": "%d"}
    format_ = re.sub(
        "yyyy|MM|dd", lambda word: java[word[0]], parameters[f"projection.{by}.format"]
    )
    moment = datetime.strptime(period, format_).replace(tzinfo=UTC)
    assert (first <= period, last, moment.strftime(format_)) == (True, "NOW", period)
    place = text(parameters["storage.location.template"])
    for word, value in (("workspace", WORKSPACE), (by, moment.strftime(format_))):
        place = place.replace(f"${{{word}}}", value)
    bucket, _ = _bucket(template, "ArchiveBucketName")
    assert place == f"s3://{bucket}/{unit.unit.folder}"
    assert text(storage["Location"]) == f"s3://{bucket}/{name}/"
    # Engines leave out what begins with an underscore or a dot.
    others = set(vault.bucket.keys(unit.unit.folder)) - {unit.key_of(unit.parts[0])}
    assert {key.removeprefix(unit.unit.folder)[0] for key in others} == {"_"}
