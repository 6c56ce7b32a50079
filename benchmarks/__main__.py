"""Runs the benchmarks on the local cloud: `python -m benchmarks [--state FOLDER] [NAME …]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from benchmarks import (
    aggregation,
    client_recorder,
    cold_start,
    contention,
    dashboard,
    encoding,
    exports,
    hot_path,
    ingest,
    throughput,
    write_units,
)
from benchmarks.results import Result, save, table
from local.cloud import Cloud
from local.state import State
from local.up import up

BENCHMARKS: Final[Mapping[str, Callable[[Cloud, State], list[Result]]]] = {
    "cold_start": lambda cloud, _: cold_start.run(cloud),
    "hot_path": lambda cloud, _: hot_path.run(cloud),
    "write_units": lambda cloud, _: write_units.run(cloud),
    "dashboard": lambda *_: dashboard.run(),
    "aggregation": lambda cloud, _: aggregation.run(cloud),
    "encoding": lambda *_: encoding.run(),
    "exports": lambda cloud, _: exports.run(cloud),
    "contention": lambda *_: contention.run(),
    "throughput": throughput.run,
    "ingest": lambda cloud, _: ingest.run(cloud),
    "client_recorder": lambda *_: client_recorder.run(),
}


def main() -> int:
    """Start the local cloud if need be, measure, print one table and write `bench.json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--state", type=Path, help="the cloud's folder (default: .tally)")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {' '.join(BENCHMARKS)}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {' '.join(sorted(unknown))}")
    state = State(arguments.state)
    cloud = Cloud(up(state))
    results: list[Result] = []
    for name in arguments.names or BENCHMARKS:
        print(f"{name} …", file=sys.stderr, flush=True)
        results += BENCHMARKS[name](cloud, state)
    save(results, state.folder / "bench.json")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
