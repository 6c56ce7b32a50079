"""Folds journal entries into cells, each exactly once.

Why it counts once, whatever comes twice, late, out of order, in parts, or to two of us at the same time:

- Only a contiguous run right after an account's cursor is folded; what the stream did not bring is read
  from the journal itself. So an entry is folded after all entries before it, or not at all.
- Shared cells and the cursors move in one transaction, each cursor only from where it was read. Of two
  that fold the same entry one loses, and reads again.
- A private cell names the last entry in it. It takes a run's entries only while that is below the first
  of them; otherwise those above it are taken alone. Private cells are written before the cursor moves, so
  everything up to the cursor is in them, and a crash in between is repeated without effect.

An entry that cannot be folded stops its account only: the account is marked, a message goes to a queue,
and the entries wait in the journal. Whatever passes by itself is raised, and the stream brings the whole
batch again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

from shared.domain.calendar import zone_of
from shared.domain.cells import CellKey
from shared.domain.errors import ConflictRetryError, NotFoundError
from shared.domain.folding import (
    Arrival,
    Commit,
    Cursor,
    Foldable,
    Move,
    Parked,
    Piece,
    Place,
    Poison,
    Progress,
    Step,
    Touches,
    commits_of,
    pieces_of,
    touches_of,
)
from shared.domain.seals import SEAL_EVERY
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces

ROUND_ROWS: Final = 5_000
"""Digest rows folded at once: a full batch of ordinary entries, and at most some ten megabytes."""

READ_AHEAD: Final = 200
"""Entries read at once from a journal: a few hundred kilobytes, unless they are wide."""

NEAR: Final = 200
"""Entries that the stream folds of a journal's past into a generation that is being filled. A longer past is
left to whoever fills it, so that the generation that is read stays fresh."""

MAX_LOST_ROUNDS: Final = 20
"""Rounds in which others moved a cursor first. Each such round is work done, so this never lasts."""

NO_GENERATION: Final = 0
"""Stands for the cells of a workspace whose settings cannot be read; real generations start at 1.

A mark under it reports the trouble once and keeps nothing from being folded when the settings are back.
"""

UTC: Final = zone_of("UTC")

T = TypeVar("T")
R = TypeVar("R")


class CellStore(Protocol):
    """Cells, cursors and marks, as they are written. All reads are consistent."""

    def progress(self, places: Sequence[Place]) -> dict[Place, Progress]:
        """Where accounts stand."""

    def journal(self, place: Place, first: int, count: int) -> Iterator[Step]:
        """An account's journal from entry `first`, at most `count` entries."""

    def head_seq(self, place: Place) -> int:
        """The number of an account's last entry; 0 before the first."""

    def add_private(self, place: Place, key: CellKey, touches: Touches) -> None:
        """Add to a private cell those of the entries that are not in it."""

    def seal(self, place: Place, seq: int, secret: bytes) -> None:
        """Sign the account's state after an entry."""

    def commit(self, workspace_id: str, generation: int, commit: Commit) -> bool:
        """Add to shared cells and move cursors; False when a cursor was elsewhere."""

    def park(self, place: Place, cursor: Cursor, parked: Parked) -> bool:
        """Mark an account as waiting; False when it is marked or its cursor was elsewhere."""

    def mark_sent(self, place: Place, parked: Parked) -> None:
        """Note that the message about a mark is sent."""

    def unpark(self, place: Place) -> None:
        """Take the mark off."""


class ParkedQueue(Protocol):
    """Where people learn of parked accounts."""

    def send(self, message: Mapping[str, str | int]) -> None:
        """Put a message into the queue."""


@dataclass(slots=True)
class Report:
    """What a batch came to: entries folded, accounts parked now, accounts that were parked before.

    `unfinished` are accounts with entries left when the time was over.
    """

    folded: int = 0
    parked: int = 0
    waiting: int = 0
    rounds: int = 0
    unfinished: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """A workspace's time zone and secret, and the generations of its cells.

    The one being `filling` may be far behind. `refusal` says why nothing can be folded into them.
    """

    generations: tuple[int, ...]
    filling: int = 0
    zone: ZoneInfo = UTC
    secret: bytes = b""
    refusal: str | None = None


@dataclass(slots=True)
class Target:
    """Entries of an account to fold: all up to `last`. Some of them are known already, by number.

    Only those `within` so many entries of the cursor are folded now, where that is given.
    """

    feed: Feed
    last: int = 0
    within: int | None = None
    known: dict[int, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """Entries right after an account's cursor, and the one after them when it cannot be folded."""

    place: Place
    feed: Feed
    start: Cursor
    entries: list[Foldable]
    poison: Poison | None

    @property
    def end(self) -> Cursor:
        """Where the cursor is once the entries are folded."""
        return Cursor(self.entries[-1].seq) if self.entries else self.start


def generations_of(workspace: Workspace) -> tuple[int, ...]:
    """The generations of cells that entries are folded into: the one shown (and one being filled)."""
    shown, filling = workspace.generation, workspace.filling
    return (shown, filling) if filling else (shown,)


class FoldEntries:
    """Folds entries into private and shared cells."""

    def __init__(
        self,
        cells: CellStore,
        workspaces: Workspaces,
        queue: ParkedQueue,
        clock: Clock,
        spread: Spread,
    ) -> None:
        self._cells = cells
        self._workspaces = workspaces
        self._queue = queue
        self._clock = clock
        self._spread = spread

    def __call__(self, arrivals: Iterable[Arrival]) -> Report:
        """Fold the entries that arrived, and those before them.

        Raises:
            ConflictRetryError, UnavailableError, the store's own error: it passes; bring them again.
        """
        targets: dict[Place, Target] = {}
        feeds: dict[str, Feed] = {}
        for arrival in arrivals:
            feed = feeds.get(arrival.workspace_id)
            if feed is None:
                feed = feeds[arrival.workspace_id] = self._feed(arrival.workspace_id)
            for generation in feed.generations:
                place = Place(arrival.workspace_id, generation, arrival.account_id)
                within = NEAR if generation == feed.filling else None
                target = targets.setdefault(place, Target(feed, within=within))
                target.last = max(target.last, arrival.seq)
                if arrival.step is not None:
                    target.known[arrival.seq] = arrival.step
        return self._fold(targets)

    def redrive(self, accounts: Iterable[tuple[str, str]], seconds: float | None = None) -> Report:
        """Take the marks off accounts, `(workspace_id, account_id)`, and fold their journals.

        The mark goes first: entries that come after are folded as they arrive, those that came before
        are in the journal by then. After so many `seconds` it ends where it is; the same call goes on.
        """
        targets: dict[Place, Target] = {}
        for workspace_id, account_id in accounts:
            feed = self._feed(workspace_id)
            self._cells.unpark(Place(workspace_id, NO_GENERATION, account_id))
            for generation in feed.generations:
                place = Place(workspace_id, generation, account_id)
                self._cells.unpark(place)
                targets[place] = Target(feed, self._cells.head_seq(place))
        until = None if seconds is None else self._clock.monotonic() + seconds
        return self._fold(targets, until)

    def _feed(self, workspace_id: str) -> Feed:
        try:
            workspace = self._workspaces.get(workspace_id)
            generations = generations_of(workspace)
            return Feed(generations, workspace.filling, workspace.zone, workspace.secret)
        except (NotFoundError, ValueError) as error:
            return Feed((NO_GENERATION,), refusal=f"the workspace's settings: {error}")

    def _fold(self, targets: dict[Place, Target], until: float | None = None) -> Report:
        """Fold until every target is reached or parked, or time is over, in rounds of bounded size."""
        report = Report()
        lost_rounds = 0
        while targets:
            if until is not None and self._clock.monotonic() >= until:
                report.unfinished = len(targets)
                break
            runs = self._runs(targets, report)
            self._add_private(runs)
            reached = self._add_shared(runs, report)
            lost = False
            for run in runs:
                if reached.get(run.place, run.start) != run.end:
                    lost = True
                    continue
                done = run.end.seq >= targets[run.place].last
                if run.poison is not None:
                    done = self._park(run, run.poison, report)
                    lost |= not done
                if done:
                    del targets[run.place]
            report.rounds += 1
            lost_rounds = lost_rounds + 1 if lost else 0
            if lost_rounds > MAX_LOST_ROUNDS:
                raise ConflictRetryError("Others kept moving the cursors.")
        return report

    def _runs(self, targets: dict[Place, Target], report: Report) -> list[Run]:
        """What is to be folded next; targets that have to wait are dropped."""
        progress = self._cells.progress(list(targets))
        allowance = ROUND_ROWS
        runs = []
        for place, target in list(targets.items()):
            cursor, parked = progress[place].cursor, progress[place].parked
            if parked is not None:
                if not parked.sent:
                    self._announce(place, parked)
                report.waiting += 1
                del targets[place]
            elif target.within is not None and target.last - cursor.seq > target.within:
                del targets[place]
            elif allowance > 0:
                run = self._run(place, cursor, target, allowance)
                allowance -= sum(max(1, len(entry.digest)) for entry in run.entries)
                runs.append(run)
        return runs

    def _run(self, place: Place, cursor: Cursor, target: Target, allowance: int) -> Run:
        """The entries right after the cursor, read from the journal where the stream left holes."""
        target.known = {seq: step for seq, step in target.known.items() if seq > cursor.seq}
        seq, feed = cursor.seq + 1, target.feed
        if feed.refusal is not None:
            return Run(place, feed, cursor, [], Poison(target.last, feed.refusal))
        entries: list[Foldable] = []
        while seq <= target.last and allowance > 0:
            if seq not in target.known:
                self._fill(place, seq, target)
            step = target.known[seq]
            if isinstance(step, Poison):
                return Run(place, feed, cursor, entries, step)
            entries.append(step)
            allowance -= max(1, len(step.digest))
            seq += 1
        return Run(place, feed, cursor, entries, None)

    def _fill(self, place: Place, first: int, target: Target) -> None:
        """Read the entries of a hole that begins at `first`."""
        count = 1
        while count < READ_AHEAD and first + count <= target.last:
            if first + count in target.known:
                break
            count += 1
        for step in self._cells.journal(place, first, count):
            target.known[step.seq] = step
        target.known.setdefault(first, Poison(first, "the journal has no such entry"))

    def _add_private(self, runs: Sequence[Run]) -> None:
        for run in runs:
            for entry in run.entries:
                if entry.seq % SEAL_EVERY == 0:
                    self._cells.seal(run.place, entry.seq, run.feed.secret)
        writes = [
            (run.place, key, touches)
            for run in runs
            for key, touches in touches_of(run.entries, run.feed.zone).items()
        ]
        for _ in self._spread(lambda write: self._cells.add_private(*write), writes):
            pass

    def _add_shared(self, runs: Sequence[Run], report: Report) -> dict[Place, Cursor]:
        """Add to shared cells and move cursors. Returns how far they got.

        A generation that is being filled goes first, and an account that was held up there waits in the other
        one, too: it may be the one that is read any moment, and nobody is to see less then.
        """
        filling = [run for run in runs if run.place.generation == run.feed.filling]
        reached = self._move(filling, report)
        held_up = {
            (run.place.workspace_id, run.place.account_id)
            for run in filling
            if reached.get(run.place, run.start) != run.end
        }
        others = [
            run
            for run in runs
            if run.place.generation != run.feed.filling
            and (run.place.workspace_id, run.place.account_id) not in held_up
        ]
        return reached | self._move(others, report)

    def _move(self, runs: Iterable[Run], report: Report) -> dict[Place, Cursor]:
        """Add to shared cells and move cursors, workspaces side by side. Returns how far they got."""
        units: dict[tuple[str, int], list[Run]] = {}
        for run in runs:
            units.setdefault((run.place.workspace_id, run.place.generation), []).append(run)
        reached: dict[Place, Cursor] = {}
        for moves in self._spread(self._commit_unit, units.values()):
            for place, move in moves:
                reached[place] = move.end
                report.folded += move.end.seq - move.start.seq
        return reached

    def _commit_unit(self, runs: Sequence[Run]) -> list[tuple[Place, Move]]:
        """Fold the runs of one workspace in as few transactions as possible; the moves that were made."""
        workspace_id, generation, _ = runs[0].place
        made: list[tuple[Place, Move]] = []
        pieces: list[Piece] = []
        for run in runs:
            pieces += pieces_of(run.place.account_id, run.start, run.entries, run.feed.zone)
        for commit in commits_of(pieces):
            if not self._cells.commit(workspace_id, generation, commit):
                break
            made += [
                (Place(workspace_id, generation, account_id), move)
                for account_id, move in commit.moves.items()
            ]
        return made

    def _park(self, run: Run, poison: Poison, report: Report) -> bool:
        parked = Parked(poison.seq, poison.reason, self._clock.now_ms())
        if not self._cells.park(run.place, run.end, parked):
            return False
        self._announce(run.place, parked)
        report.parked += 1
        return True

    def _announce(self, place: Place, parked: Parked) -> None:
        """Send the message about a mark. After a crash in between it is sent again."""
        self._queue.send(
            {
                "workspaceId": place.workspace_id,
                "accountId": place.account_id,
                "seq": parked.seq,
                "reason": parked.reason,
            }
        )
        self._cells.mark_sent(place, parked)
