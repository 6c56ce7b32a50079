"""Everything at rest has the one key; nothing is open to anyone outside; TLS wherever there is any."""

import pytest

from infra.config import prod
from tests.infra.conftest import Synthesise
from tests.infra.template import Resource, Template, as_list, target


def _buckets(template: Template) -> tuple[Resource, Resource]:
    """The bucket of exports, and the log of who reads objects."""
    exports = target(template.document["Outputs"]["ExportBucketName"]["Value"])
    buckets = template.of_type("S3::Bucket")
    log = target(buckets[exports]["LoggingConfiguration"]["DestinationBucketName"])
    return buckets[exports], buckets[log]


@pytest.fixture
def key(template: Template) -> str:
    return template.data_key()[0]


def test_the_table_has_the_key(template: Template, key: str) -> None:
    _, table = template.only("DynamoDB::GlobalTable")

    assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS"}
    assert [target(r["SSESpecification"]["KMSMasterKeyId"]) for r in table["Replicas"]] == [key]


def test_the_bucket_of_exports_has_the_key(template: Template, key: str) -> None:
    bucket, _ = _buckets(template)
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert target(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == key


@pytest.mark.parametrize(
    ("kind", "attribute", "least"),
    [
        ("SQS::Queue", "KmsMasterKeyId", 5),
        ("SNS::Topic", "KmsMasterKeyId", 2),
        ("Logs::LogGroup", "KmsKeyId", 10),
    ],
)
def test_every_queue_topic_and_log_has_the_key(
    template: Template, key: str, kind: str, attribute: str, least: int
) -> None:
    resources = template.of_type(kind)

    assert len(resources) >= least
    assert {target(resource[attribute]) for resource in resources.values()} == {key}


def test_the_key_is_rotated(template: Template) -> None:
    assert template.data_key()[1]["EnableKeyRotation"] is True


def test_logs_and_alarms_may_use_the_key_for_this_account_only(template: Template) -> None:
    _, key = template.data_key()
    services = [
        statement
        for statement in key["KeyPolicy"]["Statement"]
        if "Service" in statement["Principal"] and "sns.amazonaws.com" not in str(statement)
    ]

    assert len(services) == 2
    assert all("Condition" in statement for statement in services)


def test_every_log_is_kept_for_a_time_and_not_for_ever(template: Template) -> None:
    for log_group in template.of_type("Logs::LogGroup").values():
        assert log_group["RetentionInDays"] >= 1


def test_the_log_of_downloads_is_encrypted_by_s3_which_writes_with_no_other_key(
    template: Template,
) -> None:
    _, log = _buckets(template)
    (rule,) = log["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_every_download_of_an_export_is_logged_and_the_log_kept_as_the_audit_trail(
    template: Template,
) -> None:
    """SEC-2."""
    _, log = _buckets(template)
    (rule,) = log["LifecycleConfiguration"]["Rules"]

    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 400)


def test_only_s3_writes_the_log_and_only_for_the_stacks_buckets(template: Template) -> None:
    buckets = template.of_type("S3::Bucket")
    logged = {
        name: target(properties["LoggingConfiguration"]["DestinationBucketName"])
        for name, properties in buckets.items()
        if "LoggingConfiguration" in properties
    }
    (log,) = set(logged.values())
    allowed = [
        statement
        for policy in template.of_type("S3::BucketPolicy").values()
        if target(policy["Bucket"]) == log
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert set(logged) == set(buckets) - {log}
    assert {target(s["Condition"]["ArnLike"]["aws:SourceArn"]) for s in allowed} == set(logged)
    for statement in allowed:
        assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
        assert statement["Action"] == "s3:PutObject"
        assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]


def test_the_buckets_are_closed_to_the_public(template: Template) -> None:
    for bucket in template.of_type("S3::Bucket").values():
        assert bucket["PublicAccessBlockConfiguration"] == {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        }


def test_export_files_expire_and_unfinished_ones_are_cleared_away(template: Template) -> None:
    bucket, _ = _buckets(template)
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]

    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == 7
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize(
    ("kind", "policy", "attribute"),
    [
        ("S3::Bucket", "S3::BucketPolicy", "Bucket"),
        ("SQS::Queue", "SQS::QueuePolicy", "Queues"),
        ("SNS::Topic", "SNS::TopicPolicy", "Topics"),
    ],
)
def test_on_aws_bucket_queues_and_topics_refuse_what_is_not_tls(
    on_aws: Template, kind: str, policy: str, attribute: str
) -> None:
    guarded = {
        target(resource)
        for properties in on_aws.of_type(policy).values()
        for resource in as_list(properties[attribute])
        for statement in properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }

    assert guarded == set(on_aws.of_type(kind))


def test_no_policy_of_a_resource_lets_everyone_in(template: Template) -> None:
    for kind in ("S3::BucketPolicy", "SQS::QueuePolicy", "SNS::TopicPolicy"):
        for properties in template.of_type(kind).values():
            for statement in properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    assert statement["Principal"] not in ("*", {"AWS": "*"})


def test_the_operators_key_can_be_left_out_to_save_its_cost(synthesise: Synthesise) -> None:
    template = synthesise(prod("1.2.3", own_key=False))

    assert template.of_type("KMS::Key") == {}
    for role in template.of_type("IAM::Role"):
        assert template.allowed(role, "kms") == set()
    for queue in template.of_type("SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True
