"""A place for what was recorded."""

from __future__ import annotations

import pytest
from tests.sinks import ListSink


@pytest.fixture
def sink() -> ListSink:
    return ListSink()
