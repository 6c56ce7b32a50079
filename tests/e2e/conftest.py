"""A local cloud of the tests' own, with the very stack deployed, and people and backends using it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.cloud import Cloud
from local.down import down
from local.state import State
from local.up import up
from tests.e2e.platform import Platform

os.environ.pop("AWS_PROFILE", None)


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """The deployed stack; with `TALLY_E2E_STATE`, the one that runs from that folder already."""
    running = os.environ.get("TALLY_E2E_STATE")
    state = State(Path(running) if running else tmp_path_factory.mktemp("cloud"))
    used = Platform(Cloud(up(state)))
    try:
        yield used
    finally:
        used.close()
        if not running:
            down(state)
