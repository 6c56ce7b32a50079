"""Stops the local cloud: `python -m local.down [--forget] [--state FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from local import process as emulator
from local.process import CloudError
from local.state import State


def down(state: State, *, forget: bool = False) -> bool:
    """Stop the cloud of a folder, and drop its data when told to.

    Returns:
        Whether one was running.
    """
    with state.locked():
        stopped = emulator.stop(state)
        if forget:
            state.forget()
        return stopped


def main() -> int:
    """Parse the command line, stop, and say so."""
    parser = argparse.ArgumentParser(prog="python -m local.down")
    parser.add_argument("--state", type=Path, help="the cloud's folder (default: .tally)")
    parser.add_argument("--forget", action="store_true", help="drop its data too")
    arguments = parser.parse_args()
    try:
        stopped = down(State(arguments.state), forget=arguments.forget)
    except CloudError as error:
        print(error, file=sys.stderr)
        return 1
    print("The local cloud is stopped." if stopped else "No local cloud was running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
