"""OPS-3, LED-7: where the archive is kept, who may touch it, and what reads it."""

import pytest

from infra.archive_tables import TABLES
from shared.adapters.parquet import Field
from shared.archive.entry_rows import ENTRY_FIELDS
from shared.archive.log_rows import LOG_FIELDS
from shared.domain.archive import SET_ASIDE
from tests.infra.template import Resource, Template, target, text

GLUE = {"text": "string", "integer": "bigint", "flag": "boolean", "time": "timestamp"}


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
        if resource == f"{bucket}/*"
    }
    assert signing == writing == {"archive"}


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
