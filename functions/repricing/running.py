"""One run of a repricing: account after account, some side by side, until it is done or time is up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import islice
from typing import Final, Protocol

from shared.domain.repricing import MAX_LOGS_PER_ADJUSTMENT, Repricing, SupersededError, Tally
from shared.domain.usage import UsageLog
from shared.ports.logs import LogFilter, UsageLogs
from shared.ports.runtime import Clock, Spread

ACCOUNTS_AT_ONCE: Final = 8
"""Accounts that are under way side by side; progress is written down after each such group."""

FENCED_GROUPS: Final = 2
"""Groups in which the attempt before may still be at work."""

LOGS_AT_ONCE: Final = 50 * MAX_LOGS_PER_ADJUSTMENT
"""Logs of one account that are taken together: an account pays for all of them or for none. Some 15 MB."""


class Adjusting(Protocol):
    """One run on one account."""

    @property
    def tally(self) -> Tally:
        """What was posted (in a dry run, what would be)."""

    def take(self, logs: Sequence[UsageLog]) -> bool:
        """Post what changes about some logs; False when the account cannot pay for it."""


class Books(Protocol):
    """Where adjustments are posted."""

    def adjusting(
        self, run: Repricing, account_ids: Sequence[str], *, fence: bool
    ) -> Mapping[str, Adjusting]:
        """A run on some accounts, under the prices of now; those that never moved are left out.

        `fence` first keeps earlier attempts, which may still be at work, from posting on them.
        """


class Roll(Protocol):
    """The accounts of a workspace."""

    def accounts_after(self, workspace_id: str, after: str | None) -> Iterator[str]:
        """Accounts in a fixed order, from the one after `after` on."""


class Runs(Protocol):
    """Runs and how far they are."""

    def save(self, run: Repricing, expected: Repricing) -> bool:
        """Write a run over one; False when that is in another attempt or status by now."""


class OutOfTimeError(Exception):
    """An account takes longer than there is time for."""


class RunRepricing:
    """Runs repricings.

    A group of accounts counts once it is through. One that broke off is taken from its beginning again:
    what it posted stands beside its logs, so it is not posted twice, and in a tally of the account's own,
    so it is counted. The attempt before was in the first group or, if accounts came in between, the next.
    """

    def __init__(
        self, runs: Runs, roll: Roll, logs: UsageLogs, books: Books, clock: Clock, spread: Spread
    ) -> None:
        self._runs = runs
        self._roll = roll
        self._logs = logs
        self._books = books
        self._clock = clock
        self._spread = spread

    def __call__(self, run: Repricing, deadline: float) -> Repricing:
        """Go on with a run until it is done, or the clock that never jumps passes the deadline.

        Returns the run as it is written down then: done, or still running.

        Raises:
            SupersededError: somebody else goes on with it.
            ConflictRetryError, UnavailableError: it broke off, and can be gone on with.
        """
        accounts = self._accounts(run)
        fenced = FENCED_GROUPS if run.attempt > 1 else 0
        try:
            while group := list(islice(accounts, ACCOUNTS_AT_ONCE)):
                if self._clock.monotonic() > deadline:
                    return run
                tally = run.tally.plus(self._group(run, group, deadline, fence=fenced > 0))
                fenced -= 1
                run = self._save(replace(run, tally=tally, after=group[-1]), run)
        except OutOfTimeError:
            return run
        return self._save(replace(run, status="done"), run)

    def _accounts(self, run: Repricing) -> Iterator[str]:
        account_id = run.selection.account_id
        if account_id is None:
            return self._roll.accounts_after(run.workspace_id, run.after)
        return iter([account_id] if run.after is None else [])

    def _group(
        self, run: Repricing, account_ids: Sequence[str], deadline: float, *, fence: bool
    ) -> Tally:
        def one(item: tuple[str, Adjusting]) -> Tally:
            return self._account(run, *item, deadline)

        adjusting = self._books.adjusting(run, account_ids, fence=fence)
        return reduce(Tally.plus, self._spread(one, adjusting.items()), Tally())

    def _account(
        self, run: Repricing, account_id: str, adjusting: Adjusting, deadline: float
    ) -> Tally:
        where = run.selection
        found = self._logs.history(
            run.workspace_id,
            account_id,
            LogFilter(where.start_ms, where.end_ms, where.service, where.model),
            descending=False,
        )
        logs = (log for _, log in found)
        while taken := list(islice(logs, LOGS_AT_ONCE)):
            if self._clock.monotonic() > deadline:
                raise OutOfTimeError
            if not adjusting.take(taken):
                break
        return adjusting.tally

    def _save(self, run: Repricing, expected: Repricing) -> Repricing:
        now = replace(run, updated_ms=self._clock.now_ms())
        if not self._runs.save(now, expected):
            raise SupersededError
        return now
