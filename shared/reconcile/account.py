"""Proof of one account: its journal, and everything that has to follow from it.

It begins at the first entry, or at one that a signed checkpoint names. Then the chain, the head, the cursor,
logs and lines are proved of what came after, and of the account's own cells those of days that came after.

The journal is read once, beside it the logs and the account's own cells, each as they come; what is kept
are sums. Judged is up to the head as it was read. A cell says which entry is the last in it, and has all
entries up to the cursor: so it is known what has to be in it although others fold on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from shared.domain.calendar import add_days, local_day
from shared.domain.cells import DAILY, CellKey
from shared.domain.folding import (
    PART_CELLS,
    Cursor,
    Foldable,
    Parked,
    Place,
    foldable_of,
    private_of,
    shared_of,
)
from shared.domain.head import Head
from shared.domain.journal import Entry, Proven
from shared.domain.sketches import Tallies
from shared.domain.workspace import Workspace
from shared.reconcile.beginning import Part, Share
from shared.reconcile.lines import DueLines, add_in_time, missing
from shared.reconcile.logs import JudgeLogs
from shared.reconcile.report import Finding, Report
from shared.reconcile.sources import ArchivedDay, Sources
from shared.reconcile.walk import Sums

BATCH: Final = 200
"""Entries folded at once: a few megabytes, and most cells are touched by many of them."""

RECENT_DAYS: Final = 40
"""Days that are told apart; what is older is judged by month."""

LATE_MS: Final = 60_000
"""Entries are folded within two seconds; what takes a minute will not come by itself."""

LOOKS: Final = 3
"""What is not right is looked at again before it is told: others write while it is looked at."""

LOOK_AGAIN_SECONDS: Final = 1.5
"""Indexes follow the table within a second."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is proved, and how far: `cells` of a generation (None: the books alone), entries before `cut_ms`.

    `key` is the secret of this run's sketches.
    """

    workspace: Workspace
    generation: int | None
    cut_ms: int
    key: bytes

    @property
    def days_from(self) -> str:
        """The first of the days that are told apart."""
        return add_days(local_day(self.cut_ms, self.workspace.zone), -RECENT_DAYS)

    def tallies(self, key: bytes | None = None) -> Tallies:
        """A side of a comparison, of this run's or with another key."""
        return Tallies(key or self.key, self.days_from)

    def place(self, account_id: str) -> Place:
        """An account's cells."""
        return Place(self.workspace.workspace_id, self.generation or 0, account_id)


@dataclass(slots=True)
class Account:
    """What the proof of an account found, and what it brings to that of its workspace.

    `sums` are what its entries before the cut add to each share, up to entry `base`: the last before the
    cut, unless the cursor is `short` of that. `behind` are accounts whose entries wait longer than the stream
    takes to bring them. `parked` is the mark of one that waits for somebody.
    """

    account_id: str
    sums: list[Sums]
    head: Head | None = None
    cursor: Cursor = field(default_factory=Cursor)
    parked: Parked | None = None
    base: int = 0
    short: bool = False
    behind: bool = False
    report: Report = field(default_factory=Report)


class ProveAccount:
    """Proves accounts, one after another."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def __call__(self, task: Task, account_id: str, lines: DueLines, part: Part) -> Account:
        """Prove one, or a part of it; what is wrong is looked at more than once, and then as a whole."""
        for look in range(LOOKS):
            found = _Proof(self._sources, task, account_id, lines, part).run()
            if not found.report.drift or look + 1 == LOOKS:
                break
            self._sources.clock.sleep(LOOK_AGAIN_SECONDS)
            part = part._replace(start=None)
        found.report.whole += part.start is None
        found.report.unanchored += part.unanchored
        return found


class _Proof:
    """One look at one account."""

    def __init__(
        self, sources: Sources, task: Task, account_id: str, lines: DueLines, part: Part
    ) -> None:
        self._sources = sources
        self._task = task
        self._part = part
        self._start = part.start
        self._workspace_id = task.workspace.workspace_id
        self._zone = task.workspace.zone
        self._lines = lines
        sums = [Sums(task.tallies(share.key)) for share in part.shares]
        self._account = Account(account_id, sums)
        self._private = task.tallies()
        self._ahead: dict[CellKey, int] = {}
        self._logs = JudgeLogs(sources, task.workspace, task.tallies(), part.start)
        state = Proven() if part.start is None else part.start.state
        self._account.base = self._floor = state.seq
        self._proven: Proven | None = state
        self._last_of_days: list[int] = []
        self._seals: dict[int, Proven] = {}

    def run(self) -> Account:
        """Look at all of it."""
        account, report = self._account, self._account.report
        report.accounts = 1
        cells = self._read_cells()
        try:
            account.head = self._sources.accounts.head(self._workspace_id, account.account_id)
        except ValueError as error:
            self._find("head unreadable", "head", "a head", str(error))
            return account
        last = 0 if account.head is None else account.head.seq
        self._walk(last)
        self._judge_head()
        self._judge_mark(last)
        self._logs.judge(account.account_id, last, report)
        if self._task.generation is not None:
            differences = self._private.differences(cells)
            report.find(Finding.of("cells", each, account.account_id) for each in differences)
            self._judge_cursor(last)
            if account.head is not None and not account.head.erased:
                self._judge_lines(account.head)
        return account

    def _find(self, what: str, place: str, expected: int | str, found: int | str) -> None:
        finding = Finding(what, place, expected, found, self._account.account_id)
        self._account.report.find([finding])

    def _read_cells(self) -> Tallies:
        """The private cells, read after the cursor: all entries up to it are in them.

        From a later start on, those of days of which all usage came after it.
        """
        cells = self._task.tallies()
        if self._task.generation is None:
            return cells
        place = self._task.place(self._account.account_id)
        progress = self._sources.proofs.progress([place])[place]
        self._account.cursor, self._account.parked = progress.cursor, progress.parked
        since = None if self._start is None else self._start.day
        for key, delta, up_to in self._sources.proofs.private(place, since):
            cells.add(key, delta)
            self._account.report.cells += 1
            if up_to > progress.cursor.seq:
                self._ahead[key] = up_to
        return cells

    def _walk(self, last: int) -> None:
        """The journal from where the proof begins to the head's entry, in batches."""
        seals = self._sources.accounts.seals(self._workspace_id, self._account.account_id)
        self._seals = {seal.state.seq: seal.state for seal in seals}
        batch: list[Foldable] = []
        previous: Entry | None = None
        for entry in self._entries(last):
            self._prove(entry)
            day = local_day(entry.created_ms, self._zone)
            if previous is not None and local_day(previous.created_ms, self._zone) != day:
                self._last_of_days.append(previous.seq)
            previous = entry
            self._count_logs(entry, day)
            self._lines.of_entry(entry)
            batch.append(foldable_of(entry))
            if len(batch) == BATCH:
                self._fold(batch)
                batch = []
        self._fold(batch)

    def _entries(self, last: int) -> Iterator[Entry]:
        """Entries up to the head's; an unreadable one is found, and ends them."""
        accounts, seq = self._sources.accounts, self._account.base
        entries = accounts.readable_entries(self._workspace_id, self._account.account_id, seq + 1)
        for entry in entries:
            if entry is not None and entry.seq > last:
                self._judge_beyond(last)
            if entry is None or entry.seq > last:
                break
            seq = entry.seq
            self._account.report.entries += 1
            yield entry
        if seq < last:
            self._find("entries missing", f"entry {seq + 1}", last, seq)

    def _judge_beyond(self, last: int) -> None:
        """An entry after the head's comes with a head of its own, or nobody committed it."""
        head = self._sources.accounts.head(self._workspace_id, self._account.account_id)
        if (0 if head is None else head.seq) == last:
            self._find("entries wrong", f"entry {last + 1}", "none after the head", "one")

    def _prove(self, entry: Entry) -> None:
        """The chain: once it is broken, nothing after it is proved."""
        if self._proven is None:
            return
        following = self._proven.after(entry)
        if following is None:
            place = f"entry {self._proven.seq + 1}"
            self._find("entries wrong", place, "what follows", f"entry {entry.seq}")
        elif self._seals.get(entry.seq, following) != following:
            self._find("seals wrong", f"entry {entry.seq}", "the sealed state", "another")
        mark = self._part.mark
        if mark is not None and mark.seq == entry.seq and mark.hash != entry.hash:
            self._find("checkpoints wrong", f"entry {entry.seq}", mark.hash.hex(), entry.hash.hex())
        self._proven = following

    def _judge_head(self) -> None:
        head, proven = self._account.head, self._proven
        if head is None or proven is None or proven.seq < head.seq:
            return
        said = Proven(head.seq, head.balance, head.totals, head.hash, head.last_created_ms)
        if said != proven:
            self._find("heads wrong", "head", f"balance {proven.balance}", f"{head.balance}")

    def _judge_mark(self, last: int) -> None:
        """What was signed is in the journal."""
        mark = self._part.mark
        if mark is not None and mark.seq > last:
            self._find("checkpoints wrong", f"entry {mark.seq}", "an entry", f"none after {last}")

    def _count_logs(self, entry: Entry, day: str) -> None:
        """What the entry says of its logs, also to each side that its workspace's days are added up on."""
        if entry.reason != "usage":
            return
        self._logs.said(entry, day)
        if entry.created_ms >= self._task.cut_ms:
            return
        cost = sum(row.sums.cost for row in entry.digest)
        logs = ArchivedDay(len(entry.log_ids), entry.amount, cost)
        for share, sums in self._sides():
            if entry.created_ms >= share.since_ms:
                sums.count(day, logs)

    def _sides(self) -> Iterable[tuple[Share, Sums]]:
        return zip(self._part.shares, self._account.sums, strict=True)

    def _fold(self, batch: list[Foldable]) -> None:
        """What entries add to private cells, and those before the cut to shared ones."""
        if self._task.generation is None or not batch:
            return
        cursor, account = self._account.cursor, self._account
        for entry in batch:
            for key, delta in private_of(entry, self._zone).items():
                if entry.seq <= max(cursor.seq, self._ahead.get(key, 0)) and self._judges(key):
                    self._private.add(key, delta)
            if not self._part.shares[0].takes(entry.seq, entry.created_ms):
                self._floor = entry.seq
        before = [entry for entry in batch if entry.created_ms < self._task.cut_ms]
        settled = [entry for entry in before if entry.seq <= cursor.seq]
        account.short |= len(settled) < len(before)
        late_ms = self._sources.clock.now_ms() - LATE_MS
        account.behind |= any(
            entry.seq > cursor.seq and entry.created_ms < late_ms for entry in batch
        )
        if settled:
            account.base = settled[-1].seq
        for share, sums in self._sides():
            mine = [entry for entry in settled if share.takes(entry.seq, entry.created_ms)]
            add_shared(sums.shared, mine, self._task.workspace)
            add_in_time(sums.periods, mine, self._zone)

    def _judges(self, key: CellKey) -> bool:
        start = self._start
        return start is None or (key.family in DAILY and key.period >= start.day)

    def _judge_cursor(self, last: int) -> None:
        """A cursor beyond the head, or before entries that were proved to be folded; or a mark.

        An account that waits stays behind until it is redriven.
        """
        cursor, parked = self._account.cursor, self._account.parked
        if cursor.seq > last or (cursor.part and cursor.seq == last):
            self._find("cursors wrong", "cursor", last, f"{cursor.seq}/{cursor.part}")
        if cursor.seq < self._floor:
            self._find("cursors wrong", "cursor", self._floor, f"{cursor.seq}/{cursor.part}")
        if parked is not None:
            self._find("accounts parked", f"entry {parked.seq}", "folded", parked.reason)

    def _judge_lines(self, head: Head) -> None:
        """The alerts: of the last write of each day, which left the most of it, and of each sunk balance."""
        if self._lines.watches(head.account_id) and head.seq:
            self._lines.of_head(head)
            for at in range(0, len(self._last_of_days), BATCH):
                some = self._last_of_days[at : at + BATCH]
                for then in self._sources.accounts.heads_at(head, some).values():
                    self._lines.of_head(then)
        report = self._account.report
        report.lines += len(self._lines.found)
        report.find(missing(self._sources, self._workspace_id, self._lines))
        self._lines.found.clear()


def add_shared(into: Tallies, entries: Iterable[Foldable], workspace: Workspace) -> None:
    """Add what entries bring to shared cells."""
    for key, delta in shared_of(entries, workspace.zone).items():
        into.add(key, delta)


def add_parts(into: Tallies, entry: Foldable, parts: int, workspace: Workspace) -> None:
    """Add the first parts of an entry that is folded in parts."""
    deltas = shared_of([entry], workspace.zone)
    for key in sorted(deltas)[: parts * PART_CELLS]:
        into.add(key, deltas[key])
