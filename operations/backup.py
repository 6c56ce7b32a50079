"""Backs the table up under a name: before a release, before a repair. The clock makes the daily ones."""

from __future__ import annotations

import argparse
import json
from typing import Final

from operations.stack import Stack
from shared.store.backups import DynamoBackups
from shared.store.wire import dynamodb_wire

NAME: Final = "backup"
HELP: Final = "back the table up under a name; it is kept until you drop it"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The name."""
    parser.add_argument("name", help="what you will look for: before-2-0")
    parser.add_argument("--drop", action="store_true", help="drop the backups of that name instead")
    parser.add_argument("--json", action="store_true", help="tell it as JSON")


def run(args: argparse.Namespace) -> int:
    """Make it, or drop it; 1 where there is none to drop."""
    stack = Stack.of(args)
    backups = DynamoBackups(dynamodb_wire(stack.clock), stack.outputs["TableName"])
    if not args.drop:
        address = backups.make(args.name).address
        print(json.dumps({"name": args.name, "address": address}) if args.json else address)
        return 0
    found = [backup for backup in backups.made() if backup.name == args.name]
    for backup in found:
        backups.drop(backup)
    told = {"name": args.name, "dropped": len(found)}
    print(json.dumps(told) if args.json else f"{len(found)} dropped.")
    return 0 if found else 1
