"""Rows of exports into files: rows a second beside `csv.DictWriter`, and memory at few and very many rows.

The writer of the standard library gets the same values, flat already: it makes them text, quotes and joins.
"""

from __future__ import annotations

import csv
import gc
import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from benchmarks.results import Result
from functions.export.batches import ROWS_AHEAD
from functions.export.columns import USAGE_COLUMNS, Row, values_reader
from functions.export.encoders import Batches, Encoder
from functions.export.formats import encoder_of
from shared.domain.exports import FORMATS, Format
from shared.http.views.logs import usage_log_view
from tests.factories import a_ledger, a_usage

ROWS: Final = 20_000
ROUNDS: Final = 5
GOALS: Final[dict[Format, float]] = {"jsonl": 3.0, "json": 3.0, "csv": 1.0}
"""How many times the rows a second of the baseline."""

FEW: Final = 10_000
MANY: Final = 1_000_000
GOAL_MEBIBYTES: Final = 30.0
KIBIBYTES: Final = 1024
STATUS: Final = Path("/proc/self/status")


def run() -> list[Result]:
    """Measure speed and memory."""
    batches = list(_batches(ROWS))
    names, values = [column.name for column in USAGE_COLUMNS], values_reader(USAGE_COLUMNS)
    flat = [dict(zip(names, values(row), strict=True)) for rows in batches for row in rows]
    gc.collect()
    gc.freeze()
    base = ROWS / _seconds(lambda: _dict_writer(flat))
    results = [
        Result(
            f"usage logs as {name}",
            ROWS / _seconds(lambda name=name: _encode(encoder_of(name), batches)),  # type: ignore[misc]
            "rows/s",
            base,
            goal,
            at_least=True,
        )
        for name, goal in GOALS.items()
    ]
    return [*results, *map(_memory, FORMATS)]


def _seconds(call: Callable[[], object]) -> float:
    found = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        call()
        found.append(time.process_time() - begun)
    return min(found)


def _dict_writer(flat: Sequence[dict[str, object]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [column.name for column in USAGE_COLUMNS])
    writer.writeheader()
    writer.writerows(flat)
    assert text.getvalue().encode()


def _encode(encoder: Encoder, batches: Batches) -> None:
    digest = sha256()
    encoder(USAGE_COLUMNS, batches, digest.update)
    assert digest.digest()


def _batches(count: int) -> Iterator[list[Row]]:
    """Rows of an ordinary call, `ROWS_AHEAD` at a time, made as they are taken."""
    usage = a_usage(metadata='{"conversation":"c-17","feature":"search"}')
    log = a_ledger(enforce_credits=False).use(usage).logs[0]
    for _ in range(count // ROWS_AHEAD):
        yield [usage_log_view(log, "alice") for _ in range(ROWS_AHEAD)]


def _memory(name: Format) -> Result:
    few, many = (_mebibytes(name, rows) for rows in (FEW, MANY))
    title = f"memory of {MANY:,} rows as {name} over that of {FEW:,}"
    return Result(title, many - few, "MiB", None, GOAL_MEBIBYTES)


def _mebibytes(name: Format, rows: int) -> float:
    """The most that a process of its own held."""
    code = f"from benchmarks.encoding import peak; print(peak({name!r}, {rows}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) / KIBIBYTES


def peak(name: Format, rows: int) -> int:
    """KiB this process has held at most, with so many rows encoded."""
    _encode(encoder_of(name), _batches(rows))
    # What `getrusage` tells would be the parent's, from before this program was loaded.
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1])
