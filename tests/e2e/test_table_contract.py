"""What tests in memory rely on holds of the local cloud too: one suite, three tables (LED-3)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.e2e.platform import Platform

ROOT: Final = Path(__file__).resolve().parents[2]
SUITE: Final = ("test_table.py", "test_table_queries.py", "test_counting.py")

LAX: Final = "tests/contracts/test_table.py::test_an_attribute_is_changed_once_in_an_update"
"""The emulator takes an update that AWS and the other two refuse: one that names an attribute twice."""


def test_the_local_cloud_keeps_the_contract_of_tables(platform: Platform) -> None:
    """In a process of its own: the suite's settings are not those of the end-to-end tests."""
    url = platform.cloud.url
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--deselect", LAX),
            *(f"tests/contracts/{name}" for name in SUITE),
        ],
        cwd=ROOT,
        env={**os.environ, "TALLY_CONTRACT_URL": url},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4_000:]
