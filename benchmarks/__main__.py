"""Runs every benchmark on the local cloud: `python -m benchmarks [--state FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks import client_recorder, cold_start, dashboard, exports, hot_path
from benchmarks.results import save, table
from local.cloud import Cloud
from local.state import State
from local.up import up


def main() -> int:
    """Start the local cloud if need be, measure, print one table and write `bench.json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--state", type=Path, help="the cloud's folder (default: .tally)")
    state = State(parser.parse_args().state)
    cloud = Cloud(up(state))
    results = [
        *cold_start.run(cloud),
        *hot_path.run(cloud),
        *client_recorder.run(),
        *exports.run(cloud),
        *dashboard.run(),
    ]
    save(results, state.folder / "bench.json")
    print(table(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
