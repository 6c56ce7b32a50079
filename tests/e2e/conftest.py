"""A local cloud of the tests' own, with the very stack deployed, and people and backends using it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from local.cloud import Cloud
from local.down import down
from local.seed.__main__ import seed
from local.state import State
from local.up import up
from tests.e2e.platform import Platform

os.environ.pop("AWS_PROFILE", None)


KEPT: Final = os.environ.get("TALLY_E2E_STATE")
"""A folder whose cloud is used, and left running."""


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    """Where the local cloud keeps what belongs to it."""
    # One for the run, whichever folders its tests come from: tests/browser asks for it too.
    return State(Path(KEPT) if KEPT else tmp_path_factory.getbasetemp() / "cloud")


@pytest.fixture(scope="session")
def platform(state: State) -> Iterator[Platform]:
    """The deployed stack."""
    used = Platform(Cloud(up(state)))
    try:
        yield used
    finally:
        used.close()
        if not KEPT:
            down(state)


@pytest.fixture(scope="session")
def demo(platform: Platform, state: State) -> Cloud:
    """The same cloud with the demo's data in it."""
    seed(state, time.time_ns() // 1_000_000)
    return Cloud.load(state)
