"""Proof of a workspace: its accounts one after another, then its shared cells against all of them together.

It begins with the first entries, or goes on from a proof that ended well: shared cells, archived days and the
workspace's lines are held against sums of all entries either way.

What accounts add to shared cells is known from their journals, up to where their cursors are. Entries that
were committed before the run began are added up on the walk. What moves while it lasts is looked at in
rounds at the end: the entries since, up to the cursors as they are now, and the cells that are not right
yet. Cells that agree are proved, whatever moves on. Where they differ and nothing was folded meanwhile,
they are wrong. Where folding never pauses, they have to lie between what the journals said just before
and just after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from shared.domain.calendar import local_day
from shared.domain.cells import SHARED_FAMILIES, TRANSACTIONS, UNPRICED
from shared.domain.folding import Cursor, foldable_of
from shared.domain.journal import KINDS
from shared.domain.sketches import Difference, Group, Tallies
from shared.domain.workspace import Workspace
from shared.ports.workspaces import Workspaces
from shared.reconcile.account import (
    BATCH,
    Account,
    ProveAccount,
    Task,
    add_parts,
    add_shared,
)
from shared.reconcile.anchors import Anchors
from shared.reconcile.beginning import Beginnings, Part, Share
from shared.reconcile.lines import DueLines, missing
from shared.reconcile.report import Finding, Report
from shared.reconcile.sources import ArchivedDay, Folder, Sources, fold_some
from shared.reconcile.walk import MAX_SHORT, NO_LOGS, TURNS, Sums, Walk, turn_of

SETTLED_MS: Final = 300_000
"""Entries younger than this when a run begins are left to its end. DynamoDB refuses whoever's clock is
further behind, so no entry older than that can turn up later."""

ROUNDS: Final = 12
QUIET_ROUNDS: Final = 3
"""Rounds in which nothing was folded and cells were wrong all the same: indexes have long followed."""

ROUND_SECONDS: Final = 1.0
FAMILIES: Final = (*SHARED_FAMILIES, TRANSACTIONS, UNPRICED)
FOLD_CALLS: Final = 3
"""Minutes of folding for one account that is behind; what is left is for the next night."""

AFTER_DAYS: Final = "-99"
"""With a month, the end of its days."""

EXPECTED_MOVES: Final = 500


class ProveWorkspace:
    """Begins, goes on with and ends the proof of a workspace; in between it can be put away."""

    def __init__(
        self,
        sources: Sources,
        workspaces: Workspaces,
        key: bytes,
        *,
        cells: bool = True,
        folder: Folder | None = None,
        anchors: Anchors | None = None,
    ) -> None:
        """Without `cells`, the books alone: journals, heads and logs.

        A `folder` folds what the stream lost of accounts by the way. `anchors` are what accounts are begun
        from where an earlier proof is gone on from.
        """
        self._sources = sources
        self._folder = folder
        self._anchors = anchors
        self._cells = cells
        self._workspaces = workspaces
        self._key = key
        self._account = ProveAccount(sources)

    def begin(self, workspace_id: str, generation: int | None = None) -> Walk:
        """The proof of a generation of cells; of the one that is read, unless another is named.

        Raises:
            NotFoundError: there is no such workspace.
        """
        workspace = self._workspaces.get(workspace_id)
        cut_ms = self._sources.clock.now_ms() - SETTLED_MS
        wanted = generation or workspace.generation
        sums = Sums(Task(workspace, wanted, cut_ms, self._key).tallies())
        return Walk(workspace_id, wanted, cut_ms, sums, timezone=workspace.timezone)

    def after(self, earlier: Walk) -> Walk:
        """The proof that goes on from one that ended well; one from the first entries, where it cannot.

        Raises:
            NotFoundError: there is no such workspace.
        """
        walk = self.begin(earlier.workspace_id)
        workspace = self._workspaces.get(earlier.workspace_id)
        if self._anchors is None or not earlier.carries(workspace, walk.generation, walk.cut_ms):
            return walk
        days_from = walk.sums.shared.days_from
        # Begun anew, sums get weights of their own.
        anew = walk.sums if earlier.anew is None else earlier.anew.from_day(days_from)
        return replace(
            walk,
            sums=earlier.sums.from_day(days_from),
            since_ms=earlier.cut_ms,
            waiting=earlier.short,
            turn=earlier.turn,
            anew=anew,
        )

    def account(self, workspace_id: str, account_id: str) -> Report:
        """The proof of one account alone.

        Raises:
            NotFoundError: there is no such workspace.
        """
        walk = self.begin(workspace_id)
        task = self._task(walk)
        lines, part = DueLines(task.workspace, self._thresholds(walk)), Part((Share(task.key),))
        account = self._account(task, account_id, lines, part)
        account.report.behind += account.behind
        return account.report

    def __call__(self, workspace_id: str, generation: int | None = None) -> Report:
        """All of it at once."""
        walk = self.begin(workspace_id, generation)
        for _ in self.go_on(walk):
            pass
        return self.end(walk)

    def go_on(self, walk: Walk) -> Iterator[Account]:
        """Prove account after account from where the walk is; it may stop after any of them."""
        task = self._task(walk)
        lines = DueLines(task.workspace, self._thresholds(walk))
        beginnings = self._beginnings(task.workspace, walk)
        for account_id in self._sources.names.accounts_after(walk.workspace_id, walk.after):
            sides, part = _part(walk, account_id, beginnings)
            if beginnings is not None:
                walk.report.doubt(beginnings.problems)
            account = self._account(task, account_id, lines, part)
            for side, sums in zip(sides, account.sums, strict=True):
                side.merge(sums)
            walk.report.add(account.report)
            walk.report.behind += account.behind
            if account.behind and self._folder is not None:
                walk.report.folded += fold_some(
                    self._folder, walk.workspace_id, [account_id], FOLD_CALLS
                )
            walk.after = account_id
            if account.short and len(walk.short) < MAX_SHORT:
                walk.short[account_id] = account.base
            yield account

    def _beginnings(self, workspace: Workspace, walk: Walk) -> Beginnings | None:
        if walk.since_ms is None or self._anchors is None:
            return None
        return Beginnings(
            self._sources.accounts, self._anchors, workspace, walk.since_ms, walk.waiting
        )

    def end(self, walk: Walk) -> Report:
        """Judge the shared cells, the workspace's alerts and the archive.

        When every account has had its turn, the sums that were begun anew take the place of the others.
        """
        if walk.anew is not None:
            walk.turn = (walk.turn + 1) % TURNS
            if not walk.turn:
                walk.sums, walk.anew = walk.anew, None
        task, report = self._task(walk), walk.report
        if task.generation is not None:
            self._judge_cells(task, walk)
        report.find(self._archive(task, walk))
        return report

    def _judge_cells(self, task: Task, walk: Walk) -> None:
        report = walk.report
        differences, unsettled = _Settling(self._sources, task, walk).run()
        report.find(Finding.of("cells", each) for each in differences)
        report.unsettled += [f"{group.family} {group.period}" for group in unsettled]
        lines = DueLines(task.workspace, self._thresholds(walk))
        if walk.generation == task.workspace.generation:
            lines.of_workspace(walk.sums.periods)
        report.lines += len(lines.found)
        report.find(missing(self._sources, walk.workspace_id, lines))

    def _task(self, walk: Walk) -> Task:
        workspace = self._workspaces.get(walk.workspace_id)
        generation = walk.generation if self._cells else None
        return Task(workspace, generation, walk.cut_ms, walk.sums.shared.key)

    def _thresholds(self, walk: Walk) -> list[Any]:
        found = list(self._sources.thresholds.readable(walk.workspace_id))
        return [threshold for threshold in found if threshold is not None]

    def _archive(self, task: Task, walk: Walk) -> Iterator[Finding]:
        """An archived day holds all logs that the journals have of it.

        A day that was not over at the cut may have been archived since, with entries that no walk has seen.
        """
        today = local_day(walk.cut_ms, task.workspace.zone)
        for day, said in sorted(self._sources.archived.days(walk.workspace_id).items()):
            if day >= today:
                continue
            known = walk.sums.days.get(day, NO_LOGS)
            for measure, expected, found in zip(ArchivedDay._fields, known, said, strict=True):
                if expected != found:
                    size = abs(found - expected)
                    yield Finding(f"archive {measure}", day, expected, found, size=size)


def _part(walk: Walk, account_id: str, beginnings: Beginnings | None) -> tuple[list[Sums], Part]:
    """What of an account is proved, and which sums its entries are added to."""
    sides, key = [walk.sums], walk.sums.shared.key
    if beginnings is None or walk.since_ms is None or walk.anew is None:
        return sides, Part((Share(key),))
    later = Share(key, walk.since_ms, walk.waiting.get(account_id))
    turn, anew = turn_of(account_id), Share(walk.anew.shared.key)
    if turn > walk.turn:
        return sides, beginnings.of(account_id, (later,))
    sides.append(walk.anew)
    if turn == walk.turn:
        return sides, beginnings.whole(account_id, (later, anew))
    return sides, beginnings.of(account_id, (later, replace(later, key=anew.key)))


class _Settling:
    """The comparison of shared cells with what journals and cursors say."""

    def __init__(self, sources: Sources, task: Task, walk: Walk) -> None:
        self._sources = sources
        self._task = task
        self._walk = walk

    def run(self) -> tuple[list[Difference], list[Group]]:
        """What is wrong, and the groups that did not settle."""
        workspace_id, quiet = self._walk.workspace_id, 0
        groups: set[Group] | None = None
        wrong: list[Difference] = []
        for number in range(ROUNDS):
            if number:
                self._sources.clock.sleep(ROUND_SECONDS)
            before = self._sources.versions.of(workspace_id, None).number
            expected = self._expected()
            found = self._found(groups)
            same = before == self._sources.versions.of(workspace_id, None).number
            wrong = _within(expected.differences(found), groups)
            groups = {difference.group for difference in wrong}
            quiet += same
            if not wrong or quiet == QUIET_ROUNDS:
                return wrong, []
        after = self._expected()
        bad = [each for each in wrong if not _between(each, after)]
        return bad, sorted(groups - {each.group for each in bad} if groups else ())

    def _expected(self) -> Tallies:
        """What the journals have up to the cursors as they are now."""
        total = self._task.tallies()
        total.merge(self._walk.sums.shared)
        names = sorted(self._moved())
        for at in range(0, len(names), BATCH):
            some = names[at : at + BATCH]
            progress = self._sources.proofs.progress([self._task.place(each) for each in some])
            for account_id in some:
                self._add(total, account_id, progress[self._task.place(account_id)].cursor)
        return total

    def _moved(self) -> set[str]:
        """The accounts with entries that the walk has not added up."""
        rows = self._sources.journal.between(
            self._walk.workspace_id,
            KINDS,
            self._walk.cut_ms,
            None,
            descending=False,
            expected=EXPECTED_MOVES,
        )
        return {row.account_id for _, row in rows} | self._walk.short.keys()

    def _add(self, total: Tallies, account_id: str, cursor: Cursor) -> None:
        """An account's entries from the last that is added up to its cursor."""
        workspace, accounts = self._task.workspace, self._sources.accounts
        base = self._walk.short.get(account_id)
        if base is None:
            head = accounts.head(workspace.workspace_id, account_id)
            base = 0 if head is None else accounts.last_seq_before(head, self._task.cut_ms)
        entries = accounts.readable_entries(workspace.workspace_id, account_id, base + 1)
        for entry in entries:
            if entry is None or entry.seq > cursor.seq:
                break
            add_shared(total, [foldable_of(entry)], workspace)
        if cursor.part:
            following = accounts.entry(workspace.workspace_id, account_id, cursor.seq + 1)
            if following is not None:
                add_parts(total, foldable_of(following), cursor.part, workspace)

    def _found(self, groups: set[Group] | None) -> Tallies:
        """The cells, or those of some groups."""
        tallies = self._task.tallies()
        where = (self._walk.workspace_id, self._walk.generation)
        ranges: list[tuple[str, str, str]] = [(family, "0", "9999-99") for family in FAMILIES]
        if groups is not None:
            ranges = [(g.family, g.period, _last(g)) for g in sorted(groups)]
        count = 0
        for key, delta in chain.from_iterable(
            self._sources.proofs.shared(*where, *each) for each in ranges
        ):
            group = tallies.group_of(key)
            if groups is None or group in groups:
                tallies.add(key, delta)
                count += 1
        if groups is None:
            self._walk.report.cells += count
        return tallies


def _last(group: Group) -> str:
    return group.period if len(group.period) > len("2026-11") else group.period + AFTER_DAYS


def _within(differences: list[Difference], groups: set[Group] | None) -> list[Difference]:
    """Those of the groups that were read."""
    return [each for each in differences if groups is None or each.group in groups]


def _between(difference: Difference, after: Tallies) -> bool:
    """Whether a figure lies between what was expected before it was read, and after."""
    later = after.of(difference.group).totals.get(difference.measure, 0)
    low, high = sorted((difference.expected, later))
    return low <= difference.found <= high
