"""Trying a threshold against history, with nothing saved but that a key was used.

Users' figures stand in every journal entry, so their lines are found where they would have fired: at the very
entry, by bisection. The workspace's are known by the hour. What can be read is bounded; `truncated` says when
that was not all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final, Protocol

from functions.thresholds.schemas import Trial
from shared.domain.alerts import counters_of
from shared.domain.calendar import add_days, day_end_ms, day_start_ms, local_day, month_of
from shared.domain.cells import HOUR
from shared.domain.errors import ValidationFailedError
from shared.domain.fingerprint import Members, without_user
from shared.domain.head import Head
from shared.domain.ids import ACCOUNT_ID
from shared.domain.journal import Entry, Kind
from shared.domain.limits import kind_of
from shared.domain.thresholds import Rules
from shared.domain.transactions import ListedEntry
from shared.domain.trials import (
    MAX_TRIAL_DAYS,
    Aim,
    Firing,
    Hour,
    Span,
    can_fire,
    hourly,
    in_order,
    sinks,
    span_of,
)
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts
from shared.ports.cells import Cells
from shared.ports.directory import Directory
from shared.ports.journal import Journal
from shared.ports.runtime import Clock, Spread
from shared.ports.workspaces import Workspaces

DEFAULT_DAYS: Final = 30

MAX_ROWS: Final = 50_000
"""Rows of lists read to find who reached a line, or whose balance fell: some 10 MB."""

MAX_ENTRIES: Final = 10_000
"""Entries of one account looked through for a low balance: some 10 MB."""

MAX_USERS: Final = 100
"""Accounts whose journals are searched, those with the largest figures first: a few reads each."""

MAX_FIRINGS: Final = 1_000
"""Firings told: more would be a limit that nobody could live with."""

DEBITS: Final[tuple[Kind, ...]] = (("usage", "debit"), ("adjustment", "debit"))


class Trials(Protocol):
    """What is kept of trials."""

    def tried(self, workspace_id: str, key: str, body: Members, day: str) -> str | None:
        """Note the day of a trial; answers None, or the day of the one before under the same key."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would have fired, by time. `truncated`: not everything was looked at, or is told.

    `again`: the request came before under the same key; these are the days of that time.
    """

    workspace: Workspace
    rules: Rules
    firings: list[Firing]
    truncated: bool
    again: bool


Found = tuple[Iterable[Firing], bool]
"""Firings in any order, and whether some may be missing."""


class TryThreshold:
    """The use case."""

    def __init__(
        self,
        accounts: Accounts,
        journal: Journal,
        cells: Cells,
        workspaces: Workspaces,
        directory: Directory,
        clock: Clock,
        spread: Spread,
        trials: Trials,
    ) -> None:
        self._accounts = accounts
        self._journal = journal
        self._cells = cells
        self._workspaces = workspaces
        self._directory = directory
        self._clock = clock
        self._spread = spread
        self._trials = trials

    def __call__(self, workspace_id: str, trial: Trial, key: str | None) -> Outcome:
        """Try a threshold over some days; without dates, over the last thirty.

        Raises:
            ValidationFailedError: the range is too long, or an account that is none is named.
            IdempotencyConflictError: the key was used with another body.
        """
        workspace = self._workspaces.get(workspace_id)
        today, earlier = local_day(self._clock.now_ms(), workspace.zone), None
        rules, span = self._rules(workspace, trial), _span(workspace, trial, today)
        if key is not None:
            body = without_user(trial.members, rules.account_id, "/threshold/userId")
            earlier = self._trials.tried(workspace_id, key, body, today)
            span = _span(workspace, trial, earlier or today)
        firings, missing = self._found(workspace, rules, span)
        ordered = in_order(firings)
        cut = missing or len(ordered) > MAX_FIRINGS
        return Outcome(workspace, rules, ordered[:MAX_FIRINGS], cut, earlier is not None)

    def _rules(self, workspace: Workspace, trial: Trial) -> Rules:
        user_id = trial.wish.user_id
        if user_id is None:
            return trial.wish.rules
        account_id = self._directory.account_of(workspace, user_id)
        known = self._directory.user_of(workspace.workspace_id, account_id)
        if known is None and ACCOUNT_ID.fullmatch(user_id):
            pointer = "/threshold/userId"
            raise ValidationFailedError.of(pointer, "is not an account of this workspace")
        return replace(trial.wish.rules, account_id=account_id)

    def _found(self, workspace: Workspace, rules: Rules, span: Span) -> Found:
        if rules.scope == "workspace":
            return self._of_workspace(workspace, rules, span), False
        if rules.below is not None and rules.account_id is None:
            return self._falls_of_all(workspace, rules.below, span)
        if rules.below is not None and rules.account_id is not None:
            head = self._accounts.head(workspace.workspace_id, rules.account_id)
            return ((), False) if head is None else self._falls_of_one(head, rules.below, span)
        accounts, missing = self._candidates(workspace, rules, span)
        heads = list(self._accounts.heads(workspace.workspace_id, accounts).values())
        found = self._spread(lambda head: self._search(head, rules, span), heads)
        return [firing for firings in found for firing in firings], missing

    def _of_workspace(self, workspace: Workspace, rules: Rules, span: Span) -> Iterable[Firing]:
        first = f"{month_of(span.first)}-01"
        cells = self._cells.shared(workspace, HOUR, first, span.last)
        hours = {
            Hour(key.period, int(key.value)): counters_of(delta.sums)
            for key, delta in cells.items()
        }
        return hourly(rules, hours, span)

    def _candidates(self, workspace: Workspace, rules: Rules, span: Span) -> tuple[list[str], bool]:
        """The accounts that can have reached a line: by all that a day or month came to in the end."""
        if rules.account_id is not None:
            return [rules.account_id], False
        largest: dict[str, int] = {}
        left = MAX_ROWS
        for period in span.periods(rules):
            limit = rules.limit(kind_of(period))
            assert limit is not None
            for account_id, delta in islice(self._cells.active(workspace, period), max(left, 0)):
                left -= 1
                counters = counters_of(delta.sums)
                if can_fire(rules, period, counters):
                    share = counters.of(rules.counted or "requests") * 10**6 // limit
                    largest[account_id] = max(share, largest.get(account_id, 0))
        ordered = sorted(largest, key=lambda account_id: (-largest[account_id], account_id))
        return ordered[:MAX_USERS], left <= 0 or len(ordered) > MAX_USERS

    def _search(self, head: Head, rules: Rules, span: Span) -> list[Firing]:
        """The first entry at or above each line, in each period; all lines are bisected side by side.

        Figures only grow within a period, but for a repricing that made usage cheaper.
        """
        known: dict[int, Head] = {}

        def read(numbers: Iterable[int]) -> None:
            known.update(self._accounts.heads_at(head, set(numbers) - known.keys()))

        aims = list(self._aims(head, rules, span))
        read(aim.last for aim in aims)
        aims = [aim for aim in aims if aim.reached(known[aim.last], rules)]
        bounds = [(aim.first, aim.last) for aim in aims]
        while True:
            open_ = {n: (low + high) // 2 for n, (low, high) in enumerate(bounds) if low < high}
            if not open_:
                break
            read(open_.values())
            for n, middle in open_.items():
                low, high = bounds[n]
                passed = aims[n].reached(known[middle], rules)
                bounds[n] = (low, middle) if passed else (middle + 1, high)
        read(seq for seq, _ in bounds)
        return [_firing(aim, known[seq], rules) for aim, (seq, _) in zip(aims, bounds, strict=True)]

    def _aims(self, head: Head, rules: Rules, span: Span) -> Iterator[Aim]:
        """Every line of every period in which the account has entries."""
        days = span.days()
        instants = [*(day_start_ms(day, span.zone) for day in days), span.end_ms]
        before = dict(zip(instants, self._numbers(head, instants), strict=True))
        for period in span.periods(rules):
            own = [day for day in days if period in {day, month_of(day)}]
            limit = rules.limit(kind_of(period))
            assert limit is not None
            first = before[day_start_ms(own[0], span.zone)] + 1
            last = before[day_end_ms(own[-1], span.zone)]
            if first <= last:
                for percent in rules.percents:
                    yield Aim(period, percent, limit, first, last)

    def _numbers(self, head: Head, instants: Sequence[int]) -> list[int]:
        """The number of the last entry before each instant."""
        return [standing.seq for standing in self._accounts.standings(head, instants)]

    def _falls_of_one(self, head: Head, floor: int, span: Span) -> Found:
        """The entries of an account that took its balance under a floor."""
        first, last = self._numbers(head, [span.start_ms, span.end_ms])
        final = min(last, first + MAX_ENTRIES)
        entries = self._accounts.entries(head.workspace_id, head.account_id, first + 1, final)
        return _falls(entries, floor, span), final < last

    def _falls_of_all(self, workspace: Workspace, floor: int, span: Span) -> Found:
        """The debits of a workspace that took their account's balance under a floor."""
        debits = self._journal.between(
            workspace.workspace_id,
            DEBITS,
            span.start_ms,
            span.end_ms,
            descending=False,
            expected=MAX_ROWS,
        )
        rows = [entry for _, entry in islice(debits, MAX_ROWS + 1)]
        return _falls(rows[:MAX_ROWS], floor, span), len(rows) > MAX_ROWS


def _span(workspace: Workspace, trial: Trial, today: str) -> Span:
    first = trial.first or add_days(today, 1 - DEFAULT_DAYS)
    last = trial.last or today
    if add_days(first, MAX_TRIAL_DAYS) <= last:
        message = f"the range has at most {MAX_TRIAL_DAYS} days"
        raise ValidationFailedError.of("/endDate", message)
    return span_of(first, last, workspace.zone)


def _falls(entries: Iterable[Entry | ListedEntry], floor: int, span: Span) -> Iterator[Firing]:
    for entry in entries:
        if sinks(floor, entry.type, entry.amount, entry.balance_after):
            day = local_day(entry.created_ms, span.zone)
            yield Firing(entry.account_id, day, None, entry.created_ms, entry.balance_after)


def _firing(aim: Aim, head: Head, rules: Rules) -> Firing:
    return Firing(
        head.account_id,
        aim.period,
        aim.percent,
        head.last_created_ms,
        aim.figure(head, rules),
    )
