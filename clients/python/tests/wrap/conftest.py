"""The vendors' stand-in, and a place for what was recorded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.sinks import ListSink
from tests.vendors.server import Vendors, vendors

THEIRS = "ignore:Inheritance class AiohttpClientSession:DeprecationWarning"
"""Google's SDK makes a class that aiohttp would rather not see made."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "wrap" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings(THEIRS))


@pytest.fixture(scope="session")
def server() -> Iterator[Vendors]:
    with vendors() as running:
        yield running


@pytest.fixture
def sink() -> ListSink:
    return ListSink()
