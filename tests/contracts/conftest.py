"""Both tables, for every test of the contract."""

from __future__ import annotations

import pytest

from shared.store.table import CountingTable


@pytest.fixture(params=["fake", "dynamo"])
def table(request: pytest.FixtureRequest) -> CountingTable:
    """An empty table: the one in memory, then DynamoDB as moto plays it."""
    name = {"fake": "fake_table", "dynamo": "moto_table"}[request.param]
    found: CountingTable = request.getfixturevalue(name)
    return found
