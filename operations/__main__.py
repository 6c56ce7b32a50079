"""Runs one command on a deployment: `python -m operations [--stack NAME] <command> …`.

A command is a module of this package with `NAME`, `HELP`, `arguments(parser)` and `run(args) -> int`.
What `run` returns is the exit code: 0 all is well, 1 something is not as it should be. A command that
cannot be carried out ends with 2.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

import operations
from operations.recovery.tables import RestoreError
from operations.stack import UnknownStackError
from shared.domain.errors import TallyError
from shared.store.table import StoreUnavailableError
from shared.store.wire import RefusedError

NOT_DONE: Final = 2


def commands() -> Iterator[ModuleType]:
    """The modules that are commands."""
    for found in pkgutil.iter_modules(operations.__path__):
        if not found.name.startswith("_"):
            module = importlib.import_module(f"operations.{found.name}")
            if hasattr(module, "NAME"):
                yield module


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; `command` is the module."""
    parser = argparse.ArgumentParser(prog="python -m operations")
    parser.add_argument("--stack", help="a stack of your AWS account (default: the local demo)")
    parser.add_argument("--state", type=Path, help="the local demo's folder (default: .tally)")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for module in commands():
        subparser = subparsers.add_parser(module.NAME, help=module.HELP, description=module.HELP)
        module.arguments(subparser)
        subparser.set_defaults(command=module)
    return parser.parse_args(words)


def main() -> int:
    """Run the command that the command line names."""
    args = parse()
    try:
        return int(args.command.run(args))
    except (
        *(TallyError, StoreUnavailableError, RefusedError),
        *(UnknownStackError, RestoreError),
        *(BotoCoreError, ClientError),
    ) as error:
        print(f"{args.command.NAME}: {error}", file=sys.stderr)
    except Exception:  # noqa: BLE001 - whatever it is, it must not look like something that was found
        traceback.print_exc()
    return NOT_DONE


if __name__ == "__main__":
    sys.exit(main())
