"""The environment of every test, and the tables they run on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

from shared.adapters.clock import SystemClock
from shared.store import wire
from shared.store.dynamo import DynamoTable
from shared.store.wire import dynamodb_wire
from tests.fakes.clock import FakeClock
from tests.fakes.table import FakeTable
from tests.moto_server import serve
from tests.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What a function finds in its environment: handlers, imported after this file, read it at once.
# moto is imported above, before any client can be made.
os.environ.update(
    {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_EC2_METADATA_DISABLED": "true",
        "TABLE_NAME": "tally-test",
        "BACKUP_DAYS": "7",
        "EXPORT_BUCKET": "tally-test-exports",
        "ARCHIVE_BUCKET": "tally-test-archive",
        "ARCHIVE_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/archive",
        "CHECKPOINT_BUCKET": "tally-test-checkpoints",
        "EXPORT_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/tally-test-exports",
        "DOWNLOAD_ROLE_ARN": "arn:aws:iam::123456789012:role/tally-test-download",
        "ALERT_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:tally-test-alerts",
        "ERASURE_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/tally-test-erasures",
        "RECONCILE_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/tally-test-reconcile",
        "FOLDING_FUNCTION": "tally-test-aggregate",
        "REPRICING_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/tally-test-repricings",
        "FAILURE_QUEUE_URLS": "https://sqs.eu-central-1.amazonaws.com/123456789012/tally-test-failures",
        "LIVE_ENDPOINT": "https://live.execute-api.eu-central-1.amazonaws.com/live",
        "LIVE_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/tally-test-live",
        "PARKED_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/tally-test-parked",
        "JWT_ISSUER": "https://issuer.example.com/pool",
        "JWT_AUDIENCE": "tally-dashboard",
        "JWT_JWKS_URL": "https://issuer.example.com/pool/.well-known/jwks.json",
        "JWT_WORKSPACE_CLAIM": "custom:workspaceId",
        "JWT_ROLE_CLAIM": "cognito:groups",
        "JWT_USER_CLAIM": "cognito:username",
        "DASHBOARD_URL": "https://tally.example.com",
        "TALLY_VERSION": "0.0.0-test",
        "STAGE": "test",
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "Tally",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "AWS_ENDPOINT_URL_DYNAMODB": serve(),
    }
)
for _name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
    os.environ.pop(_name, None)

# A wide transaction takes moto ten seconds; DynamoDB answers in milliseconds, or not at all.
wire.READ_SECONDS = 60.0

_common: dict[str, Any] = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow],
}
settings.register_profile("default", max_examples=40, **_common)
settings.register_profile("ci", max_examples=40, derandomize=True, database=None, **_common)
settings.register_profile("thorough", max_examples=2000, **_common)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if "CI" in os.environ else "default")
)


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands at a Friday morning."""
    return FakeClock()


@pytest.fixture
def fake_table(clock: FakeClock) -> FakeTable:
    """An empty table in memory, on the same clock."""
    return FakeTable(clock)


@pytest.fixture
def aws() -> Iterator[None]:
    """AWS in this process."""
    with mock_aws():
        yield


@pytest.fixture(scope="session")
def dynamodb() -> DynamoDBClient:
    """The SDK's client of it, made once: that takes longer than most tests. Use it under `aws`."""
    return boto3.client("dynamodb")


@pytest.fixture
def moto_table(aws: None, dynamodb: DynamoDBClient) -> DynamoTable:
    """An empty table in moto's DynamoDB, with the keys and indexes of the schema."""
    create_table(dynamodb, os.environ["TABLE_NAME"])
    return dynamo_table()


def dynamo_table() -> DynamoTable:
    """The table as the functions have it."""
    return DynamoTable(dynamodb_wire(SystemClock()), os.environ["TABLE_NAME"])
