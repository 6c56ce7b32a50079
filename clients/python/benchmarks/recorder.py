"""What `record` adds to a caller, beside handing the same arguments to a bare queue: JSON on stdout.

Medians in microseconds of single calls, while the background thread sends what was recorded to a service
that answers at once. The sides take turns by the round and the quickest round of each counts.
"""

from __future__ import annotations

import json
import queue
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from tally import Recorder, Tally

ROUNDS: Final = 5
CALLS: Final = 2_000
USAGE: Final[dict[str, Any]] = {
    "user_id": "alice",
    "service": "chat",
    "provider": "openai",
    "model": "gpt-5.4-mini",
    "tokens": {"input": 1200, "cached_input": 1000, "output": 300},
    "response_time_ms": 840,
    "metadata": {"conversation": "c-17"},
}


class AtOnce(httpx.BaseTransport):
    """A service that takes everything."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Every row is created."""
        rows = json.loads(request.read())["usageLogs"]
        results = [{"index": index, "status": "created"} for index in range(len(rows))]
        return httpx.Response(200, json={"results": results})


def median(call: Callable[..., object]) -> float:
    """The median of many calls, in microseconds."""
    clock = time.perf_counter_ns
    taken = []
    for _ in range(CALLS):
        begun = clock()
        call(**USAGE)
        taken.append(clock() - begun)
    return statistics.median(taken) / 1_000


def main() -> None:
    """Measure a bare queue, a recorder in memory and one with a journal."""
    bare: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def put(**usage: Any) -> None:
        bare.put(usage)

    found: dict[str, list[float]] = {"queue": [], "memory": [], "journal": []}
    client = Tally("key", "http://service", transport=AtOnce())
    with (
        tempfile.TemporaryDirectory() as folder,
        Recorder(client, max_queue=2 * CALLS) as memory,
        Recorder(client, max_queue=2 * CALLS, journal=Path(folder)) as journal,
    ):
        for _ in range(ROUNDS):
            found["queue"].append(median(put))
            found["memory"].append(median(memory.record))
            memory.flush()
            found["journal"].append(median(journal.record))
            journal.flush()
        assert memory.stats.sent == journal.stats.sent == ROUNDS * CALLS
    print(json.dumps({name: min(medians) for name, medians in found.items()}))


if __name__ == "__main__":
    main()
