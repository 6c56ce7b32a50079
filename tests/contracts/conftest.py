"""Both tables, for every test of the contract."""

from __future__ import annotations

import pytest

from shared.store.table import Table


@pytest.fixture(params=["fake", "dynamo"])
def table(request: pytest.FixtureRequest) -> Table:
    """An empty table: the one in memory, then DynamoDB as moto plays it."""
    name = {"fake": "fake_table", "dynamo": "moto_table"}[request.param]
    found: Table = request.getfixturevalue(name)
    return found
