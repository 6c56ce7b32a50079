"""Proof of a workspace: its accounts one after another, then its shared cells against all of them together.

What accounts add to shared cells is known from their journals, up to where their cursors are. Entries that
were committed before the run began are added up on the walk. What moves while it lasts is looked at in
rounds at the end: the entries since, up to the cursors as they are now, and the cells that are not right
yet. Cells that agree are proved, whatever moves on. Where they differ and nothing was folded meanwhile,
they are wrong. Where folding never pauses, they have to lie between what the journals said just before
and just after.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final, Self

from shared.domain.cells import SHARED_FAMILIES, TRANSACTIONS, UNPRICED
from shared.domain.folding import Cursor, foldable_of
from shared.domain.journal import KINDS
from shared.domain.sketches import Difference, Group, Tallies
from shared.ports.workspaces import Workspaces
from shared.reconcile.account import (
    BATCH,
    Account,
    ProveAccount,
    Task,
    add_parts,
    add_shared,
)
from shared.reconcile.lines import DueLines, InTime, Periods, merge_periods, missing
from shared.reconcile.report import Finding, Report
from shared.reconcile.sources import ArchivedDay, Folder, Sources, fold_some

SETTLED_MS: Final = 300_000
"""Entries younger than this when a run begins are left to its end. DynamoDB refuses whoever's clock is
further behind, so no entry older than that can turn up later."""

ROUNDS: Final = 12
QUIET_ROUNDS: Final = 3
"""Rounds in which nothing was folded and cells were wrong all the same: indexes have long followed."""

ROUND_SECONDS: Final = 1.0
FAMILIES: Final = (*SHARED_FAMILIES, TRANSACTIONS, UNPRICED)
MAX_SHORT: Final = 2_000
"""Accounts behind their heads that are kept in mind; with more of them the folding has stopped."""

FOLD_CALLS: Final = 3
"""Minutes of folding for one account that is behind; what is left is for the next night."""

AFTER_DAYS: Final = "-99"
"""With a month, the end of its days."""

EXPECTED_MOVES: Final = 500


@dataclass(slots=True)
class Walk:
    """How far the proof of a workspace is, and what it has added up: small, however large the workspace.

    `short` are accounts whose cursor had not reached the cut, with the last entry that is added up.
    """

    workspace_id: str
    generation: int
    cut_ms: int
    shared: Tallies
    after: str | None = None
    short: dict[str, int] = field(default_factory=dict)
    days: dict[str, ArchivedDay] = field(default_factory=dict)
    periods: Periods = field(default_factory=dict)
    report: Report = field(default_factory=Report)

    def plain(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {
            "workspaceId": self.workspace_id,
            "generation": self.generation,
            "cutMs": self.cut_ms,
            "shared": self.shared.plain(),
            "after": self.after,
            "short": self.short,
            "days": self.days,
            "periods": self.periods,
            "report": self.report.plain(),
        }

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> Self:
        """The walk that `plain` told."""
        return cls(
            plain["workspaceId"],
            plain["generation"],
            plain["cutMs"],
            Tallies.of_plain(plain["shared"]),
            plain["after"],
            dict(plain["short"]),
            {day: ArchivedDay(*figures) for day, figures in plain["days"].items()},
            {period: InTime(*figures) for period, figures in plain["periods"].items()},
            Report.of_plain(plain["report"]),
        )


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
    ) -> None:
        """Without `cells`, the books alone: journals, heads and logs.

        A `folder` folds what the stream lost of accounts by the way.
        """
        self._sources = sources
        self._folder = folder
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
        task = Task(workspace, wanted, cut_ms, self._key)
        return Walk(workspace_id, wanted, cut_ms, task.tallies())

    def account(self, workspace_id: str, account_id: str) -> Report:
        """The proof of one account alone.

        Raises:
            NotFoundError: there is no such workspace.
        """
        walk = self.begin(workspace_id)
        task = self._task(walk)
        account = self._account(task, account_id, DueLines(task.workspace, self._thresholds(walk)))
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
        for account_id in self._sources.names.accounts_after(walk.workspace_id, walk.after):
            account = self._account(task, account_id, lines)
            walk.shared.merge(account.shared)
            walk.report.add(account.report)
            walk.report.behind += account.behind
            if account.behind and self._folder is not None:
                walk.report.folded += fold_some(
                    self._folder, walk.workspace_id, [account_id], FOLD_CALLS
                )
            walk.after = account_id
            merge_periods(walk.periods, account.periods)
            if account.short and len(walk.short) < MAX_SHORT:
                walk.short[account_id] = account.base
            for day, figures in account.days.items():
                known = walk.days.get(day, ArchivedDay(0, 0, 0))
                walk.days[day] = ArchivedDay(*(a + b for a, b in zip(known, figures, strict=True)))
            yield account

    def end(self, walk: Walk) -> Report:
        """Judge the shared cells, the workspace's alerts and the archive."""
        task, report = self._task(walk), walk.report
        if task.generation is not None:
            self._judge_cells(task, walk)
        report.find(self._archive(walk))
        return report

    def _judge_cells(self, task: Task, walk: Walk) -> None:
        report = walk.report
        differences, unsettled = _Settling(self._sources, task, walk).run()
        report.find(Finding.of("cells", each) for each in differences)
        report.unsettled += [f"{group.family} {group.period}" for group in unsettled]
        lines = DueLines(task.workspace, self._thresholds(walk))
        if walk.generation == task.workspace.generation:
            lines.of_workspace(walk.periods)
        report.lines += len(lines.found)
        report.find(missing(self._sources, walk.workspace_id, lines))

    def _task(self, walk: Walk) -> Task:
        workspace = self._workspaces.get(walk.workspace_id)
        generation = walk.generation if self._cells else None
        return Task(workspace, generation, walk.cut_ms, walk.shared.key)

    def _thresholds(self, walk: Walk) -> list[Any]:
        found = list(self._sources.thresholds.readable(walk.workspace_id))
        return [threshold for threshold in found if threshold is not None]

    def _archive(self, walk: Walk) -> Iterator[Finding]:
        """An archived day holds all logs that the journals have of it."""
        for day, said in sorted(self._sources.archived.days(walk.workspace_id).items()):
            known = walk.days.get(day, ArchivedDay(0, 0, 0))
            for measure, expected, found in zip(ArchivedDay._fields, known, said, strict=True):
                if expected != found:
                    size = abs(found - expected)
                    yield Finding(f"archive {measure}", day, expected, found, size=size)


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
        total.merge(self._walk.shared)
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
