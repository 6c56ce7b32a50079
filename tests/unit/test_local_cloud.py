"""A local cloud that was killed is known as such: what it kept is older than its settings say (OPS-5)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local.process import lost, stop
from local.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A folder in which nothing was started yet."""
    return State(tmp_path)


def _gone() -> int:
    """The number of a process that is no more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def test_one_that_was_never_started_is_not_lost(state: State) -> None:
    assert not lost(state)
    assert not stop(state)


@pytest.mark.parametrize(
    ("kept", "is_lost"), [({"ended": False}, True), ({"ended": True}, False), ({}, False)]
)
def test_one_that_is_gone_is_lost_unless_it_put_its_data_away(
    state: State, kept: dict[str, bool], is_lost: bool
) -> None:
    state.write(state.process_file, {"pid": _gone(), "port": 1, **kept})

    assert lost(state) is is_lost
