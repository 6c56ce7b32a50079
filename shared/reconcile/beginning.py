"""Where the proof of an account begins that goes on from the one of the night before.

It begins at an entry that a signed checkpoint names, two local days before the day that was under way when
the last proof was made. No usage is further ahead of its commit than minutes; so every figure of that day and
of later ones comes from entries after the one it begins at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.calendar import add_days, day_start_ms, local_day
from shared.domain.checkpoints import HeadMark
from shared.domain.head import Head
from shared.domain.journal import Entry, Proven, hash_of
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts
from shared.reconcile.anchors import Anchors


@dataclass(frozen=True, slots=True)
class Share:
    """Which entries are added to one side's sums: those since a time, or `after` an entry.

    The latter of an account whose cursor had not come to that time yet. `key` is that of the sums' sketches.
    """

    key: bytes
    since_ms: int = 0
    after: int | None = None

    def takes(self, seq: int, created_ms: int) -> bool:
        """Whether an entry is to be added."""
        return created_ms >= self.since_ms if self.after is None else seq > self.after


@dataclass(frozen=True, slots=True)
class Start:
    """The state after the entry that a proof begins at. From `day` on, all figures come from later entries.

    Usage that was committed since then and is not late occurred from `from_ms` on.
    """

    state: Proven
    day: str
    from_ms: int


class Part(NamedTuple):
    """What of an account is proved: from its first entry, or (`start`) from a later one.

    `mark` is what a checkpoint says of it: its journal has to have that entry. `unanchored` says that it
    would be proved from a checkpoint, were there one.
    """

    shares: tuple[Share, ...]
    start: Start | None = None
    mark: HeadMark | None = None
    unanchored: bool = False


class Beginnings:
    """Finds where accounts of a workspace begin."""

    def __init__(
        self,
        accounts: Accounts,
        anchors: Anchors,
        workspace: Workspace,
        since_ms: int,
        waiting: Mapping[str, int],
    ) -> None:
        self._accounts = accounts
        self._workspace = workspace
        self._waiting = waiting
        self._day = local_day(since_ms, workspace.zone)
        before = add_days(self._day, -1)
        self._from_ms = day_start_ms(before, workspace.zone)
        self._lists = anchors.lists(workspace.workspace_id, add_days(before, -1))
        self._marks: dict[str, HeadMark] = {}
        self.problems: list[str] = []
        """What is wrong with the checkpoints that were read."""

    def whole(self, account_id: str, shares: tuple[Share, ...]) -> Part:
        """All of an account."""
        return Part(shares, mark=self._mark(account_id))

    def of(self, account_id: str, shares: tuple[Share, ...]) -> Part:
        """An account from where it can be trusted; all of it, where it nowhere can."""
        try:
            head = self._accounts.head(self._workspace.workspace_id, account_id)
        except ValueError:
            return Part(shares)
        if head is None or head.created_ms >= self._from_ms:
            return Part(shares)
        mark = HeadMark(account_id, head.seq, head.hash)
        if head.last_created_ms < self._from_ms:
            return Part(shares, self._start(head, mark))
        signed = self._mark(account_id)
        start = None if signed is None else self._start(head, signed)
        return Part(shares, start, signed, unanchored=start is None)

    def _mark(self, account_id: str) -> HeadMark | None:
        """An account's latest mark. Days are read backwards until there is one: mostly one does."""
        while account_id not in self._marks:
            listed = next(self._lists, None)
            if listed is None:
                return None
            self._marks = listed.marks | self._marks
            if listed.problem is not None:
                self.problems.append(listed.problem)
        return self._marks[account_id]

    def _start(self, head: Head, mark: HeadMark) -> Start | None:
        """The entry of a mark (of an account that rests: its last), if the journal has it as it was."""
        try:
            entry = self._accounts.entry(head.workspace_id, head.account_id, mark.seq)
        except ValueError:
            return None
        if entry is None or not self._is(entry, mark):
            return None
        state = Proven(entry.seq, entry.balance_after, entry.totals, entry.hash, entry.created_ms)
        return Start(state, self._day, self._from_ms)

    def _is(self, entry: Entry, mark: HeadMark) -> bool:
        return (
            entry.hash == mark.hash == hash_of(entry)
            and entry.created_ms < self._from_ms
            and entry.seq <= self._waiting.get(entry.account_id, entry.seq)
        )
