"""Which alerts there have to be, and may be: recomputed from journals and all that thresholds ever were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shared.domain.calendar import local_day
from shared.domain.head import Period
from shared.domain.journal import Entry
from shared.domain.thresholds import PERIODS, Threshold
from shared.domain.workspace import Workspace
from shared.store.table import Item
from tests.simulation.books import Books, Version
from tests.simulation.figures import Used, used


class Crossing(NamedTuple):
    """One line of one threshold, reached in a period (`account_id` None: by the workspace).

    `percent` is None for a balance; `mark` names the entry that sank it then.
    """

    threshold_id: str
    revision: int
    account_id: str | None
    period: str
    percent: int | None
    mark: str = ""


def on_record(items: list[Item], workspace_id: str) -> list[Crossing]:
    """The alerts of a workspace that are in the table, tests aside."""
    return [
        Crossing(
            str(item["th"]),
            int(str(item["rv"])),
            None if "ac" not in item else str(item["ac"]),
            str(item["pe"]),
            None if "pc" not in item else int(str(item["pc"])),
            str(item.get("mk", "")),
        )
        for item in items
        if item["pk"] == f"W#{workspace_id}#ALERTS" and "tt" not in item
    ]


class Lines:
    """The lines of one workspace's thresholds."""

    def __init__(self, books: Books, workspace: Workspace) -> None:
        self._books = books
        self._workspace = workspace
        self._journals = dict(books.of(workspace.workspace_id))

    def due(self, version: Version) -> set[Crossing]:
        """What has to have fired of a threshold that stands: reached by entries that came when it did."""

        def counts(entry: Entry) -> bool:
            key = entry.workspace_id, entry.account_id, entry.seq
            return self._books.written[key] > version.written and not self._of_nobody(entry)

        if not version.threshold.rules.enabled:
            return set()
        found = {crossing for entry, crossing in self._of_users(version.threshold) if counts(entry)}
        for kind in PERIODS:
            found |= self._of_all(version, kind)
        return found

    def possible(self, threshold: Threshold) -> set[Crossing]:
        """What may have fired of a threshold as it once was."""
        found = {crossing for _, crossing in self._of_users(threshold)}
        if threshold.rules.scope == "workspace":
            for kind in PERIODS:
                totals: dict[str, int] = {}
                for row in self._rows(threshold, kind):
                    totals[row.period] = totals.get(row.period, 0) + max(0, row.amount)
                for period, total in totals.items():
                    found |= set(_crossed(threshold, kind, None, period, total))
        return found

    def _of_nobody(self, entry: Entry) -> bool:
        """Whether nobody was behind the account any more when an entry came."""
        account = entry.workspace_id, entry.account_id
        erased = self._books.erased.get(account)
        return erased is not None and erased < self._books.written[*account, entry.seq]

    def _of_users(self, threshold: Threshold) -> Iterator[tuple[Entry, Crossing]]:
        """The lines that users' entries reached, each with the entry, by when it was armed alone."""
        rules = threshold.rules
        if rules.scope != "user":
            return
        for account_id, entries in self._journals.items():
            if rules.account_id not in {None, account_id}:
                continue
            for kind in PERIODS:
                yield from self._of_user(threshold, kind, account_id, entries)
            yield from self._sunk(threshold, account_id, entries)

    def _of_user(
        self, threshold: Threshold, kind: Period, account_id: str, entries: list[Entry]
    ) -> Iterator[tuple[Entry, Crossing]]:
        metric = threshold.rules.counted
        if metric is None or threshold.rules.limit(kind) is None:
            return
        figures: dict[str, int] = {}
        for row in used(self._workspace, entries, kind, metric):
            if row.in_time:
                figures[row.period] = figures.get(row.period, 0) + row.amount
            if (
                row.period != row.committed
                or row.entry.created_ms < threshold.arming(kind).since_ms
            ):
                continue
            for crossing in _crossed(threshold, kind, account_id, row.period, figures[row.period]):
                yield row.entry, crossing

    def _sunk(
        self, threshold: Threshold, account_id: str, entries: list[Entry]
    ) -> Iterator[tuple[Entry, Crossing]]:
        floor = threshold.rules.below
        if floor is None:
            return
        before = 0
        for entry in entries:
            after = entry.balance_after
            if before >= floor > after and entry.created_ms >= threshold.balance.since_ms:
                day = local_day(entry.created_ms, self._workspace.zone)
                mark = f"entry {entry.seq}"
                yield entry, Crossing(threshold.threshold_id, 0, account_id, day, None, mark)
            before = after

    def _of_all(self, version: Version, kind: Period) -> set[Crossing]:
        """Lines on the workspace that are reached by what came since alone, whatever came before."""
        threshold = version.threshold
        since_ms = threshold.arming(kind).since_ms
        totals: dict[str, int] = {}
        current: set[str] = set()
        for row in self._rows(threshold, kind):
            key = row.entry.workspace_id, row.entry.account_id, row.entry.seq
            if self._books.written[key] < version.written or row.entry.created_ms < since_ms:
                continue
            if row.in_time:
                totals[row.period] = totals.get(row.period, 0) + row.amount
            if row.committed == row.period and row.amount:
                current.add(row.period)
        found: set[Crossing] = set()
        for period in current:
            found |= set(_crossed(threshold, kind, None, period, totals[period]))
        return found

    def _rows(self, threshold: Threshold, kind: Period) -> Iterator[Used]:
        """What all accounts used, where the threshold watches that."""
        rules = threshold.rules
        if rules.scope != "workspace" or rules.counted is None or rules.limit(kind) is None:
            return
        for entries in self._journals.values():
            yield from used(self._workspace, entries, kind, rules.counted)


def _crossed(
    threshold: Threshold, kind: Period, account_id: str | None, period: str, figure: int
) -> Iterator[Crossing]:
    limit = threshold.rules.limit(kind)
    if limit is None:
        return
    for percent in threshold.rules.percents:
        if figure * 100 >= limit * percent:
            revision = threshold.arming(kind).revision
            yield Crossing(threshold.threshold_id, revision, account_id, period, percent)
