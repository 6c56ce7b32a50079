"""What runs by the clock (nights, backups, the archive's plan): shown, and started now.

A schedule says itself which function it starts and with what, so starting it here is what its time would do.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any, Final

from operations.errors import CommandError
from operations.stack import Stack

NAME: Final = "schedules"
HELP: Final = "show what runs by the clock and whether it is enabled, or start it now"
SCHEDULE: Final = "AWS::Scheduler::Schedule"
ENABLED: Final = "ENABLED"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which schedule."""
    parser.add_argument("action", choices=("list", "start"), nargs="?", default="list")
    parser.add_argument("name", nargs="?", help="the schedule to start, such as Nightly")
    parser.add_argument("--json", action="store_true", help="tell it as JSON")


def run(args: argparse.Namespace) -> int:
    """List, 1 where one is not enabled; or start one and wait for the answer of its function.

    Raises:
        CommandError: there is no such schedule.
        UnavailableError: the function failed.
    """
    stack = Stack.of(args)
    client = stack.client("scheduler")
    found = {
        each.name: client.get_schedule(Name=each.id)
        for each in stack.resources()
        if each.type == SCHEDULE
    }
    if args.action == "list":
        if args.name is not None:
            raise CommandError(f"list takes no name; to start it: schedules start {args.name}")
        return _list(found, as_json=args.json)
    if args.name not in found:
        named = "name the schedule" if args.name is None else f"there is no schedule {args.name!r}"
        raise CommandError(f"{named}; there are {', '.join(sorted(found))}")
    target = found[args.name]["Target"]
    answer = stack.run(target["Arn"], target.get("Input", "{}"))
    if args.json:
        print(json.dumps({"started": args.name, "answer": answer}))
    else:
        print(f"{args.name} started: {found[args.name].get('Description', '')}")
        if answer is not None:
            print(json.dumps(answer))
    return 0


def _list(found: Mapping[str, Mapping[str, Any]], *, as_json: bool) -> int:
    rows = [
        {
            "name": name,
            "when": each["ScheduleExpression"],
            "enabled": each["State"] == ENABLED,
            "what": each.get("Description", ""),
        }
        for name, each in sorted(found.items())
    ]
    if as_json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            state = "enabled " if row["enabled"] else "DISABLED"
            print(f"{row['name']:12} {state} {row['when']:20} {row['what']}")
    return 0 if all(row["enabled"] for row in rows) else 1
