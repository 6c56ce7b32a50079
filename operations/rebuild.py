"""Makes a workspace's cells anew from its journals, while writes and reads go on."""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from operations.proving import Proving, folder_of, tell
from operations.stack import Stack
from shared.reconcile.rebuild import ClearRetired, RebuildCells
from shared.store.generations import DynamoGenerations

NAME: Final = "rebuild"
HELP: Final = "make a workspace's cells anew beside those being read, prove them, have them read"

CALLS_AT_ONCE: Final = 4
"""Calls of the function that folds; the stream needs it, too."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Which workspace."""
    parser.add_argument("--workspace", required=True, help="whose cells")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--clear",
        action="store_true",
        help="only delete the cells that were read before, twenty minutes after; so does the nightly run",
    )
    what.add_argument("--give-up", action="store_true", help="stop a rebuild that was begun")
    parser.add_argument("--json", action="store_true", help="tell the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Rebuild, or go on with it; 1 where the new cells are not what the journals say."""
    stack = Stack.of(args)
    proving = Proving(stack, cells=True)
    generations = DynamoGenerations(proving.table, stack.clock)
    if args.give_up:
        generations.give_up(args.workspace)
        _say(args, "Given up. What there was of it goes with --clear.")
        return 0
    if args.clear:
        return _clear(args, proving, stack)
    with ThreadPoolExecutor(CALLS_AT_ONCE) as pool:
        rebuild = RebuildCells(
            generations,
            proving.workspaces,
            proving.sources.names,
            proving.sources.accounts,
            proving.sources.proofs,
            folder_of(stack),
            proving.prove,
            pool.map,
        )
        rebuilt = rebuild(args.workspace)
    tell(rebuilt.report, as_json=args.json)
    if not args.json:
        state = "is read now" if rebuilt.flipped else "is not right, and not read"
        print(f"Generation {rebuilt.generation} of {rebuilt.accounts} accounts {state}.")
    return 0 if rebuilt.flipped else 1


def _say(args: argparse.Namespace, text: str) -> None:
    print(json.dumps({"said": text}) if args.json else text)


def _clear(args: argparse.Namespace, proving: Proving, stack: Stack) -> int:
    names = proving.sources.names
    clear = ClearRetired(proving.workspaces, names, folder_of(stack), stack.clock)
    if not clear.due(args.workspace):
        _say(args, "There is nothing that may go already.")
        return 1
    clear(args.workspace)
    _say(args, "Cleared.")
    return 0
