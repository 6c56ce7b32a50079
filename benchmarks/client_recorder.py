"""What recording through the Python client adds to its caller, beside a bare queue.

In a process of the client's own environment; medians of single calls.
"""

from __future__ import annotations

import json
import subprocess
from typing import Final

from benchmarks.results import Result
from local.state import ROOT

PYTHON: Final = ROOT / ".venv-client" / "bin" / "python"
PROGRAM: Final = ROOT / "clients" / "python" / "benchmarks" / "recorder.py"

GOAL: Final = 100.0
"""Times a bare put of a third of a microsecond: well under the 50 microseconds that may be added."""


def run() -> list[Result]:
    """Measure a recorder in memory, and one that writes every event to disk first."""
    output = subprocess.run(
        [str(PYTHON), str(PROGRAM)], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, float] = json.loads(output)
    return [
        Result("client: record in memory", found["memory"], "µs", found["queue"], GOAL),
        Result("client: record with a journal", found["journal"], "µs", found["queue"], GOAL),
    ]
