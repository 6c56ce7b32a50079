"""Runs one command on a deployment: `python -m operations [--stack NAME] <command> …`.

A command is a module of this package with `NAME`, `HELP`, `arguments(parser)` and `run(args) -> int`.
What `run` returns is the exit code: 0 all is well, 1 something is not as it should be. A command that
cannot be carried out ends with 2. Whatever is not 0 is told on stderr; `--json` prints a document always.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

import operations
from operations.errors import CommandError
from shared.domain.errors import TallyError
from shared.store.table import StoreUnavailableError
from shared.store.wire import RefusedError

WRONG: Final = 1
NOT_DONE: Final = 2
CODES: Final = (
    "It ends with 0 (well), 1 (something is wrong) or 2 (it could not be done; stderr says why)."
)


def commands() -> Iterator[ModuleType]:
    """The modules that are commands."""
    for found in pkgutil.iter_modules(operations.__path__):
        if not found.name.startswith("_"):
            module = importlib.import_module(f"operations.{found.name}")
            if hasattr(module, "NAME"):
                yield module


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; `command` is the module."""
    parser = argparse.ArgumentParser(prog="python -m operations", epilog=CODES)
    parser.add_argument("--stack", help="a stack of your AWS account (default: the local demo)")
    parser.add_argument("--state", type=Path, help="the local demo's folder (default: .tally)")
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for module in commands():
        subparser = subparsers.add_parser(
            module.NAME, help=module.HELP, description=module.HELP, epilog=CODES
        )
        module.arguments(subparser)
        subparser.set_defaults(command=module)
    return parser.parse_args(words)


def main() -> int:
    """Run the command that the command line names."""
    args = parse()
    name, as_json = args.command.NAME, getattr(args, "json", False)
    try:
        code = int(args.command.run(args))
        sys.stdout.flush()
    except (
        *(TallyError, StoreUnavailableError, RefusedError),
        *(CommandError, BotoCoreError, ClientError),
    ) as error:
        return _not_done(f"{name}: {error}", as_json=as_json)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not look like something found
        traceback.print_exc()
        return _not_done(f"{name}: {type(error).__name__}: {error}", as_json=as_json)
    if code == WRONG:
        print(f"{name}: not all is as it should be; what it is, was printed", file=sys.stderr)
    return code


def _not_done(why: str, *, as_json: bool) -> int:
    print(why, file=sys.stderr)
    if as_json:
        print(json.dumps({"error": why}))
    return NOT_DONE
