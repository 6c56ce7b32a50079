"""Faults put into the product on purpose, each with a seed whose world shows it.

`python -m tests.simulation.mutants` looks for a seed for each, and prints the table of `docs/simulation.md`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.simulation.__main__ import BROKEN
from tests.simulation.mutant import Mutant
from tests.simulation.mutations import MUTANTS

ROOT: Final = Path(__file__).resolve().parents[2]
COPIED: Final = ("shared", "functions", "tests", "pyproject.toml")
SEARCHED: Final = 200
"""Seeds tried for a mutant before it counts as one that lives."""

SECONDS_A_SEED: Final = 120


class NoMatchError(Exception):
    """A mutant does not fit the code any more."""


def shows(mutant: Mutant) -> bool:
    """Whether the world of its seed shows the fault.

    Raises:
        NoMatchError: the text to change is not in the file.
    """
    return _with(mutant, [mutant.seed]) is not None


def row(mutant: Mutant) -> str:
    """The mutant's row in the table of the page."""
    return f"| {mutant.invariant} | {mutant.name} | `{mutant.file}` | {mutant.seed} |"


def _with(mutant: Mutant, seeds: list[int]) -> int | None:
    """The first of some seeds that shows the fault."""
    with tempfile.TemporaryDirectory() as parent:
        for name in COPIED:
            source, target = ROOT / name, Path(parent) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "e2e"))
            else:
                shutil.copy2(source, target)
        changed = Path(parent) / mutant.file
        text = changed.read_text()
        for old, new in mutant.changes:
            if old not in text:
                raise NoMatchError(f"{mutant.name}: there is no {old!r}")
            text = text.replace(old, new)
        changed.write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", *map(str, seeds)],
            cwd=parent,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS_A_SEED * len(seeds),
        )
    if done.returncode == BROKEN:
        return int(done.stdout.splitlines()[-1].removeprefix("seed ").partition(":")[0])
    done.check_returncode()
    return None


def main() -> int:
    """Look for a seed for each mutant."""
    alive = 0
    for mutant in MUTANTS:
        seed = _with(mutant, list(range(1, SEARCHED + 1)))
        alive += seed is None
        print(row(replace(mutant, seed=seed or 0)), flush=True)
    return min(alive, 1)


if __name__ == "__main__":
    sys.exit(main())
