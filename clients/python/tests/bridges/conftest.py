"""The vendors' stand-in, and a place for what was recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from tests.sinks import ListSink
from tests.vendors.server import Vendors, vendors

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
"""LiteLLM fetches its table of prices when it is imported, unless told that it has one."""


@pytest.fixture(scope="session")
def server() -> Iterator[Vendors]:
    with vendors() as running:
        yield running


@pytest.fixture
def sink() -> ListSink:
    return ListSink()
