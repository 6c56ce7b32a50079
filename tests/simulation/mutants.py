"""Faults put into the product on purpose, each with a seed whose world shows it.

`python -m tests.simulation.mutants` looks for a seed for each, and prints the table of `docs/simulation.md`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.simulation.__main__ import BROKEN

ROOT: Final = Path(__file__).resolve().parents[2]
COPIED: Final = ("shared", "functions", "tests", "pyproject.toml")
SEARCHED: Final = 200
"""Seeds tried for a mutant before it counts as one that lives."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: in `file`, each `old` text becomes its `new` one, wherever it stands. `seed` shows it."""

    name: str
    invariant: str
    file: str
    changes: tuple[tuple[str, str], ...]
    seed: int


_PRIVATE: Final = "            self._add_private(runs)\n"
_SHARED: Final = "            reached = self._add_shared(runs, report)\n"
_PUBLISH: Final = "        outcome = self._topic.publish("

MUTANTS: Final = (
    Mutant(
        "an entry names the rows that were refused, too",
        "1 atomic",
        "shared/domain/ledger.py",
        (("tuple(log.log_id for log in logs)", "tuple(row.log_id for row in rows)"),),
        1,
    ),
    Mutant(
        "a log is written over one of the same id",
        "2 once",
        "shared/store/commit.py",
        (("Put(log_item(log), NEW_ITEM)", "Put(log_item(log))"),),
        1,
    ),
    Mutant(
        "a movement forgets its idempotency key",
        "2 once",
        "shared/store/movements.py",
        (("claims = (record_put(", "claims = () and (record_put("),),
        1,
    ),
    Mutant(
        "head and entry are written whatever stands there",
        "3 gapless",
        "shared/store/commit.py",
        (
            ("Put(head_item(applied.head), _as_read(expected))", "Put(head_item(applied.head))"),
            ("Put(entry, NEW_ITEM), *extras.others", "Put(entry), *extras.others"),
        ),
        1,
    ),
    Mutant(
        "createdAt follows the instance's clock, also backwards",
        "3 gapless",
        "shared/domain/ledger.py",
        (("max(moment.now_ms, head.last_created_ms)", "moment.now_ms"),),
        1,
    ),
    Mutant(
        "cursors move before private cells are written",
        "4 one truth",
        "functions/aggregate/service.py",
        (
            (
                f"{_PRIVATE}{_SHARED}",
                f"{_SHARED}{_PRIVATE}",
            ),
        ),
        1,
    ),
    Mutant(
        "a row may cost one credit more than there is",
        "5 never overdrawn",
        "shared/domain/ledger.py",
        (("log.credits > max(head.balance, 0):", "log.credits > max(head.balance, 0) + 1:"),),
        1,
    ),
    Mutant(
        "refunds of one entry do not see each other",
        "5 never overdrawn",
        "shared/store/movements.py",
        (("refunded=so_far), (guard,)", "refunded=so_far), ()"),),
        6,
    ),
    Mutant(
        "logs of all workspaces share their ids",
        "6 isolated",
        "shared/store/schema.py",
        (('f"{workspace_pk(workspace_id)}#L#{log_id}"', 'f"W#all#L#{log_id}"'),),
        1,
    ),
    Mutant(
        "a row is refused before anybody asks whether it is a repeat",
        "7 nothing lost",
        "shared/store/recording.py",
        (("        if applied.refused:\n", "        if applied.refused and False:\n"),),
        1,
    ),
    Mutant(
        "an alert is taken out of the outbox before it is published",
        "7 nothing lost",
        "functions/alerts/delivery.py",
        (
            (
                _PUBLISH,
                f"        self._outbox.mark_sent(alert, self._clock.now_ms())\n{_PUBLISH}",
            ),
        ),
        1,
    ),
)


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
        for seed in seeds:
            done = subprocess.run(
                [sys.executable, "-m", "tests.simulation", str(seed)],
                cwd=parent,
                env={**os.environ, "PYTHONHASHSEED": "0"},
                capture_output=True,
                check=False,
                timeout=120,
            )
            if done.returncode == BROKEN:
                return seed
            done.check_returncode()
    return None


def main() -> int:
    """Look for a seed for each mutant."""
    alive = 0
    for mutant in MUTANTS:
        seed = _with(mutant, list(range(1, SEARCHED + 1)))
        alive += seed is None
        print(
            f"| {mutant.invariant} | {mutant.name} | `{mutant.file}` | {seed or 'NONE'} |",
            flush=True,
        )
    return min(alive, 1)


if __name__ == "__main__":
    sys.exit(main())
