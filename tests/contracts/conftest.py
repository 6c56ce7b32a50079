"""The tables, for every test of the contract: the one in memory and DynamoDB as moto plays it, or another.

`TALLY_CONTRACT_URL` names another DynamoDB that the suite is to be held against, in place of these two.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from typing import Final

import pytest

from local.cloud import aws_environment, client
from shared.adapters.clock import SystemClock
from shared.store.dynamo import DynamoTable
from shared.store.table import CountingTable
from shared.store.wire import dynamodb_wire
from tests.tables import create_table

OTHER: Final = os.environ.get("TALLY_CONTRACT_URL", "")
TABLES: Final = {"fake": "fake_table", "dynamo": "moto_table"}


@pytest.fixture(params=["other"] if OTHER else list(TABLES))
def table(request: pytest.FixtureRequest) -> CountingTable:
    """An empty table."""
    found: CountingTable = request.getfixturevalue(TABLES.get(request.param, "other_table"))
    return found


@pytest.fixture
def other_table() -> Iterator[DynamoTable]:
    """An empty table of its own in the other DynamoDB."""
    dynamodb, name = client("dynamodb", OTHER), f"contract-{secrets.token_hex(6)}"
    create_table(dynamodb, name)
    try:
        yield DynamoTable(dynamodb_wire(SystemClock(), aws_environment(OTHER)), name)
    finally:
        dynamodb.delete_table(TableName=name)
