"""Brings the table back from a backup or to a moment: into a new table, mended, proved, then swapped in.

Until the swap nothing that is in use is touched, and the command can be run again with the same `--into`: it
goes on where it was. The table that was in use before stays as it is.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from local.cloud import remember
from local.state import State
from operations import rebuild
from operations.proving import Proving, summary, tell
from operations.recovery.commits import (
    LOOKED_BACK_MS,
    MendCommits,
    Mended,
    posting_keys,
    recent_items,
)
from operations.recovery.decided import LAST_STATE, Decided
from operations.recovery.repeating import ALL, KINDS
from operations.recovery.swap import swap
from operations.recovery.tables import RestoreError, Source, Tables, Wanted, wanted_of
from operations.recovery.units import judge_again
from operations.stack import Stack
from shared.adapters.s3 import S3Files, s3_client
from shared.domain.backups import Backup
from shared.domain.calendar import parse_timestamp, utc_text
from shared.reconcile.report import Report
from shared.store.archives import DynamoArchives
from shared.store.backups import DynamoBackups
from shared.store.wire import dynamodb_wire

NAME: Final = "restore"
HELP: Final = "bring the table back from a backup or to a moment, prove it, and have it used"
LATEST: Final = "latest"

NOT_PROVED: Final = 1
TOLD_IDS: Final = 50
"""Ids of what was taken out that are printed; how many there are is always told."""


@dataclass(frozen=True, slots=True)
class Point:
    """What is brought back: a backup, or the table as it was at a moment (None: as late as can be)."""

    at_ms: int
    backup: Backup | None = None
    latest: bool = False

    @property
    def last_state(self) -> bool:
        """Whether it is a table as it was when it was deleted: nothing was decided in it after that."""
        return self.backup is not None and self.backup.name.endswith(LAST_STATE)

    def __str__(self) -> str:
        moment = "the latest moment" if self.latest else utc_text(self.at_ms)
        return f"backup {self.backup.name} of {moment}" if self.backup else moment


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to bring back, and how far to go."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--list", action="store_true", help="only say what can be brought back")
    what.add_argument("--backup", help="name (the newest of that name) or ARN of a backup")
    what.add_argument("--at", help=f"a moment (2026-11-21T09:30:00Z), or '{LATEST}'")
    what.add_argument("--use", help="a table that is there, such as the one used before a swap")
    parser.add_argument("--into", help="name of the new table; an unfinished one is gone on with")
    parser.add_argument("--plan", action="store_true", help="only say what would be done")
    parser.add_argument("--yes", action="store_true", help="do not ask before the swap")
    parser.add_argument(
        "--decisions-from",
        metavar="TABLE",
        help="where to read what was decided since (default: the table in use)",
    )
    parser.add_argument(
        "--leave-out",
        metavar="WHAT",
        action="append",
        default=[],
        help=f"do not repeat a decision, by its name as listed, or all of a kind ({', '.join(KINDS)})",
    )
    parser.add_argument("--json", action="store_true", help="tell the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Restore, mend, prove, ask, repeat what was decided since, swap, fold, prove again.

    Raises:
        RestoreError: there is no such backup or moment, or AWS refused.
    """
    told: dict[str, Any] = {}
    if not args.json:
        return _run(args, told)
    with redirect_stdout(sys.stderr):
        code = _run(args, told)
    print(json.dumps(told, indent=2))
    return code


def _run(args: argparse.Namespace, told: dict[str, Any]) -> int:
    stack = Stack.of(args)
    tables = Tables(stack)
    used = stack.outputs["TableName"]
    backups = DynamoBackups(dynamodb_wire(stack.clock), used)
    if args.list:
        told |= _listed(backups.made(), tables, used)
        return 0
    if used in {args.into, args.use}:
        return _go_on(args, stack, tables, told)
    wanted = wanted_of(stack)
    now_ms = stack.clock.now_ms()
    point = None if args.use else _point(args, backups.made(), now_ms)
    name = args.use or args.into or _new_name(stack, now_ms)
    told |= {"table": name, "used": False, "plan": list(_plan(point, used, name, wanted))}
    print("\n".join(told["plan"]))
    if args.plan:
        return 0
    at_ms = None if point is None else _restore(tables, point, used, name, wanted)
    for what in tables.fit(name, wanted):
        print(f"Given to {name}: {what}")
    if at_ms is not None:
        _tell_mended(_mend(stack, name, at_ms))
    proving = Proving(stack.using(name), cells=False)
    _judge_archive(proving, S3Files(s3_client, stack.outputs["ArchiveBucketName"]))
    books = _prove(proving)
    if books.total:
        tell(books, as_json=False)
        print(f"The books in {name} are not whole. It is not used; {used} is, as before.")
        return NOT_PROVED
    since_ms = tables.made_ms(used) if at_ms is None else at_ms - LOOKED_BACK_MS
    source = Source(args.decisions_from or used, since_ms)
    last_state = point is not None and point.last_state and not args.decisions_from
    decided = Decided(stack, source, name, [ALL] if last_state else args.leave_out)
    decided.show()
    told["decided"] = decided.plain()
    if not (args.yes or _agreed(stack, used, name)):
        print(f"Nothing is changed. Go on with the same command and --into {name}")
        return 0
    whole = decided.repeat()
    told["decided"] = decided.plain()
    if not whole:
        print(
            f"Not all of it could be repeated. {name} is not used; {used} is, as before. Mend what is"
        )
        print(
            f"told and give the same command with --into {name}, or --leave-out what cannot be done."
        )
        return NOT_PROVED
    tables.note_source(name, source)
    swap(stack, tables.stream(name))
    if args.stack is None:
        remember({"tableName": name}, State(args.state))
    print(f"{stack.name} uses {name} now. {used} stays as it is, for you to keep or to drop.")
    return _finish(args, Stack(stack.name), decided, told)


def _go_on(args: argparse.Namespace, stack: Stack, tables: Tables, told: dict[str, Any]) -> int:
    """What is left to do once the table is used, for a run that was interrupted after its swap."""
    used = stack.outputs["TableName"]
    noted = tables.source(used)
    if noted is None and args.use:
        raise RestoreError(f"{used} is the table in use")
    print(f"{used} is used already; what is left is to repeat what was decided, to fold, to prove.")
    if args.plan:
        return 0
    if args.decisions_from:
        noted = Source(args.decisions_from, 0 if noted is None else noted.since_ms)
    if noted is None:
        raise RestoreError(
            f"nobody noted which table {used} took the place of: name it with --decisions-from"
        )
    decided = Decided(stack, noted, used, args.leave_out)
    decided.show()
    return _finish(args, stack, decided, told)


def _finish(args: argparse.Namespace, stack: Stack, decided: Decided, told: dict[str, Any]) -> int:
    """Hand on what was decided; fold and prove."""
    decided.hand_over()
    told |= {"table": stack.outputs["TableName"], "used": True, "decided": decided.plain()}
    code = _catch_up(args, stack)
    if not decided.well:
        print("Not all that was decided since is in effect: see above what is yours to do.")
        return NOT_PROVED
    return code


def _listed(backups: list[Backup], tables: Tables, used: str) -> dict[str, Any]:
    ordered = sorted(backups, key=lambda each: each.made_ms)
    for backup in ordered:
        print(f"{utc_text(backup.made_ms)}  {backup.name}{'' if backup.ready else '  (not ready)'}")
    window = tables.window(used)
    if window is None:
        print(f"{used} has no continuous backup.")
    else:
        print(f"any moment from {window[0]} to {window[1]}")
    rows = [
        {"name": each.name, "at": utc_text(each.made_ms), "ready": each.ready} for each in ordered
    ]
    return {"backups": rows, "moments": None if window is None else [str(at) for at in window]}


def _point(args: argparse.Namespace, backups: list[Backup], now_ms: int) -> Point:
    if args.at == LATEST:
        return Point(now_ms, latest=True)
    if args.at:
        try:
            return Point(parse_timestamp(args.at))
        except ValueError as error:
            raise RestoreError(f"--at {args.at}: {error}") from error
    named = [each for each in backups if args.backup in {each.name, each.address} and each.ready]
    if not named:
        raise RestoreError(f"there is no backup {args.backup!r} that is ready (see --list)")
    newest = max(named, key=lambda each: each.made_ms)
    return Point(newest.made_ms, newest)


def _new_name(stack: Stack, now_ms: int) -> str:
    return f"{stack.name}-restored-{datetime.fromtimestamp(now_ms / 1000, UTC):%Y%m%d-%H%M%S}"


def _plan(point: Point | None, used: str, name: str, wanted: Wanted) -> Iterator[str]:
    yield f"In use now:  {used}"
    yield f"To be used:  {name}, " + (f"from {point}" if point else "as it is")
    steps = [
        f"give it stream, expiry by {wanted.ttl_attribute}, continuous backup of "
        f"{wanted.continuous_days} days, tags"
        + (", protection from deletion" if wanted.protected else ""),
        "prove every journal, head and log in it",
        "list what was decided since (erasures, revoked keys, closed access) in the table before; ask",
        "repeat that in it; then have roles, functions and stream mappings use it",
        "do the rest of these erasures, and take the audit trail along",
        "fold what is not in cells, prove these too, make those anew that are wrong",
        "have the archive's files held against its books",
    ]
    if point is not None:
        since = utc_text(point.at_ms - LOOKED_BACK_MS)
        steps.insert(0, f"restore {point} into it")
        steps.insert(2, f"take out commits since {since} that were caught in the middle")
    yield from (f"{number}. {step}" for number, step in enumerate(steps, 1))
    yield "What is committed after that point is not in it; who repeats it has it recorded, once."


def _restore(tables: Tables, point: Point, used: str, name: str, wanted: Wanted) -> int:
    """Make the table, or wait for the one that is being made. Returns what moment it shows, in ms."""
    there = tables.state(name)
    if there is not None:
        source = there.get("RestoreSummary", {}).get("SourceBackupArn")
        if point.backup is not None and source not in {None, point.backup.address}:
            raise RestoreError(f"{name} is there, and comes from another backup: {source}")
    elif point.backup is not None:
        tables.restore_backup(point.backup.address, name, wanted)
    else:
        tables.restore_moment(used, None if point.latest else point.at_ms, name, wanted)
    print(f"Restoring {point} into {name}; this takes minutes to hours.", flush=True)
    told = tables.await_active(name).get("RestoreSummary", {}).get("RestoreDateTime")
    return point.at_ms if told is None else min(point.at_ms, round(told.timestamp() * 1000))


def _mend(stack: Stack, name: str, at_ms: int) -> Mended:
    wire = dynamodb_wire(stack.clock)
    since_ms = at_ms - LOOKED_BACK_MS
    mend = MendCommits(stack.using(name).table(), since_ms)
    mended = mend(recent_items(wire, name, since_ms))
    if mended.undone:
        mend.forget(posting_keys(wire, name))
    return mended


def _tell_mended(mended: Mended) -> None:
    print(
        f"{mended.accounts} accounts moved shortly before: {len(mended.undone)} logs and transactions "
        f"taken out, {mended.heads} heads and {mended.refunds} sums of refunds corrected."
    )
    for one in mended.undone[:TOLD_IDS]:
        print(f"  taken out: {one}")


def _judge_archive(proving: Proving, files: S3Files) -> None:
    """Have files of the archive that are newer than the table held against it."""
    archives = DynamoArchives(proving.table, map)
    for workspace_id in proving.workspace_ids():
        count = judge_again(archives, files, workspace_id)
        if count:
            print(
                f"{workspace_id}: {count} days or months of the archive are newer than the backup"
            )


def _prove(proving: Proving) -> Report:
    whole = Report()
    for workspace_id in proving.workspace_ids():
        report = proving.prove(workspace_id)
        print(f"{workspace_id}: {summary(report)}")
        whole.add(report)
    return whole


def _agreed(stack: Stack, used: str, name: str) -> bool:
    print(f"Have {stack.name} use {name} instead of {used}? Type the new name to agree:")
    return sys.stdin.readline().strip() == name


def _catch_up(args: argparse.Namespace, stack: Stack) -> int:
    """Fold what is not in cells; prove everything; make the cells anew where they are wrong."""
    proving = Proving(stack, cells=True, fold=True)
    failed = 0
    for workspace_id in proving.workspace_ids():
        report = proving.prove(workspace_id)
        print(f"{workspace_id}: {summary(report)}, {report.folded} accounts caught up")
        if report.total:
            tell(report, as_json=False)
            again = argparse.Namespace(
                **vars(args)
                | {"workspace": workspace_id, "clear": False, "give_up": False, "json": False}
            )
            failed += rebuild.run(again)
    # It holds against the books what it finds in its bucket, and lets the logs in it expire.
    stack.invoke("Archive", {"plan": True})
    return NOT_PROVED if failed else 0
