"""Shows what failed for good, why and since when, and sends it on its way again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from operations.errors import CommandError
from operations.letters import ENTRIES, PARKED, ForgottenError, Letter, Letters, StreamBatches
from operations.proving import Proving, folder_of
from operations.stack import Stack
from shared.domain.calendar import utc_text
from shared.domain.errors import TallyError
from shared.domain.folding import Parked, Place
from shared.reconcile.rebuild import chunks
from shared.reconcile.sources import Folder, fold_all

NAME: Final = "dead-letters"
HELP: Final = "show what failed for good, why and since when, or send it on its way again"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which queue."""
    parser.add_argument("action", choices=("list", "redrive"), nargs="?", default="list")
    parser.add_argument("--queue", help="only this queue, such as ParkedEntries")
    parser.add_argument("--json", action="store_true", help="tell it as JSON")


def run(args: argparse.Namespace) -> int:
    """List or re-drive; 1 where anything is left."""
    stack = Stack.of(args)
    proving = Proving(stack, cells=True)
    letters = Letters(stack.client("sqs"), stack.queues())
    names = [queue.name for queue in letters.queues()]
    if args.queue not in {None, *names}:
        raise CommandError(
            f"there is no queue {args.queue!r} of failures; there are {', '.join(names)}"
        )
    desk = Desk(
        letters,
        StreamBatches(stack.client("dynamodbstreams"), stack.invoke),
        folder_of(stack),
        lambda: accounts_behind(proving),
    )
    if args.action == "list":
        rows = list(desk.rows(args.queue))
    else:
        rows = list(desk.redrive(args.queue))
        if args.queue in {None, PARKED}:
            rows += desk.redrive_marks(parked_accounts(proving))
    if args.queue in {None, PARKED}:
        rows += [_mark_row(place, mark) for place, mark in parked_accounts(proving)]
    if args.json:
        print(json.dumps(rows, indent=2))
        return 1 if rows else 0
    for row in rows:
        print("  ".join(str(value) for value in row.values()))
    print(f"{len(rows)} {'waiting' if args.action == 'list' else 'left'}")
    return 1 if rows else 0


class Desk:
    """What is done with messages."""

    def __init__(
        self,
        letters: Letters,
        batches: StreamBatches,
        folder: Folder,
        behind: Callable[[], Iterable[tuple[str, str]]],
    ) -> None:
        """`behind` finds the accounts with entries that are not folded."""
        self._letters = letters
        self._behind = behind
        self._batches = batches
        self._folder = folder

    def rows(self, only: str | None) -> Iterator[dict[str, Any]]:
        """Every message: what, why, since when."""
        for letter in self._all(only):
            self._letters.put_back(letter)
            yield row_of(letter)

    def redrive(self, only: str | None) -> Iterator[dict[str, Any]]:
        """Send every message on its way again; those it could not be done for, and why."""
        for letter in self._all(only):
            try:
                self._redrive(letter)
            except (TallyError, ForgottenError) as error:
                yield row_of(letter) | {"left": str(error)}
                self._letters.put_back(letter)
                continue
            self._letters.drop(letter)

    def redrive_marks(self, marks: Iterable[tuple[Place, Parked]]) -> Iterator[dict[str, Any]]:
        """Fold accounts that are parked, whatever became of their messages; those that failed."""
        for place, mark in list(marks):
            try:
                fold_all(self._folder, place.workspace_id, [place.account_id])
            except TallyError as error:
                yield _mark_row(place, mark) | {"left": str(error)}

    def _all(self, only: str | None) -> list[Letter]:
        """What is there now: what is put back, or fails again, comes as a message of its own."""
        return [
            letter
            for queue in self._letters.queues()
            if only in {None, queue.name}
            for letter in self._letters.read(queue)
        ]

    def _redrive(self, letter: Letter) -> None:
        """One message.

        Raises:
            ForgottenError, TallyError: it could not be done.
        """
        if letter.batch is not None:
            self._redrive_batch(letter)
        elif letter.queue.name == PARKED:
            said = letter.said
            fold_all(self._folder, str(said["workspaceId"]), [str(said["accountId"])])
        elif letter.queue.source is not None:
            self._letters.return_to_source(letter)
        else:
            raise ForgottenError("nobody knows where it came from")

    def _redrive_batch(self, letter: Letter) -> None:
        """From the stream, or, of entries that it has forgotten, from the journal."""
        try:
            self._batches.redrive(letter)
        except ForgottenError:
            if letter.queue.name != ENTRIES:
                raise
            for workspace_id, account_id in self._behind():
                fold_all(self._folder, workspace_id, [account_id])


def row_of(letter: Letter) -> dict[str, Any]:
    """What is shown of a message."""
    return {
        "queue": letter.queue.name,
        "since": utc_text(letter.sent_ms),
        "what": letter.what,
        "why": letter.why,
    }


def _mark_row(place: Place, mark: Parked) -> dict[str, Any]:
    return {
        "queue": "parked account",
        "since": utc_text(mark.at_ms),
        "what": f"entry {mark.seq} of {place.workspace_id} {place.account_id}",
        "why": mark.reason,
    }


def parked_accounts(proving: Proving) -> Iterator[tuple[Place, Parked]]:
    """The accounts that wait, of all workspaces, whatever became of their messages."""
    for workspace_id in proving.workspace_ids():
        generation = proving.workspaces.get(workspace_id).generation
        for chunk in chunks(proving.sources.names, workspace_id):
            places = [Place(workspace_id, generation, account_id) for account_id in chunk]
            for place, progress in proving.sources.proofs.progress(places).items():
                if progress.parked is not None:
                    yield place, progress.parked


def accounts_behind(proving: Proving) -> Iterator[tuple[str, str]]:
    """`(workspace_id, account_id)` of the accounts with entries that are not folded, of all workspaces."""
    for workspace_id in proving.workspace_ids():
        generation = proving.workspaces.get(workspace_id).generation
        for chunk in chunks(proving.sources.names, workspace_id):
            heads = proving.sources.accounts.heads(workspace_id, chunk)
            places = [Place(workspace_id, generation, account_id) for account_id in heads]
            for place, progress in proving.sources.proofs.progress(places).items():
                if progress.cursor.seq < heads[place.account_id].seq:
                    yield workspace_id, place.account_id
