"""Recording usage on one account: apply, commit, and settle repeats before anything is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from shared.domain.errors import ConflictRetryError, IdempotencyConflictError, UnavailableError
from shared.domain.fingerprint import differing
from shared.domain.head import Head
from shared.domain.ledger import MAX_LOGS_PER_COMMIT, Applied, Moment, apply_usage
from shared.domain.usage import Usage, UsageLog
from shared.ports.ledger import Outcome
from shared.ports.runtime import Clock
from shared.store.accounts import DynamoAccounts
from shared.store.budgets import pool_writes
from shared.store.commit import Committed, Extras, LostRace, Result, commit
from shared.store.directory import directory_put
from shared.store.logs import DynamoUsageLogs
from shared.store.race import Race
from shared.store.snapshot import Snapshot, read_snapshot
from shared.store.table import StoreUnavailableError, Table, Write
from shared.store.workspaces import mark_in_use

NONCE_BYTES: Final = 16

FRESH_SECONDS: Final = 0.25
"""Settings and limits older than this are read anew before the next attempt, races or not."""

SCARCE_CROWD: Final = 32
"""Where little is left of a budget, commits of the whole workspace go one at a time: so many may wait."""


def moment(clock: Clock) -> Moment:
    """Time and randomness of an attempt."""
    return Moment(clock.now_ms(), clock.random_bytes(NONCE_BYTES), clock.random_bytes(NONCE_BYTES))


class Recording:
    """One request's usage rows on one account. `run` gives each row its outcome.

    `among_others`: other accounts of the workspace are written from the same snapshot.
    """

    def __init__(
        self,
        table: Table,
        clock: Clock,
        snapshot: Snapshot,
        account_id: str,
        user_id: str,
        *,
        among_others: bool = False,
    ) -> None:
        self._table = table
        self._clock = clock
        self._account_id = account_id
        self._user_id = user_id
        self._logs = DynamoUsageLogs(table)
        self._accounts = DynamoAccounts(table)
        self._own_nonces: set[bytes] = set()
        self.outcomes: dict[str, Outcome] = {}
        self._take_over(snapshot)
        self._drawn = among_others

    def _take_over(self, snapshot: Snapshot) -> None:
        """Go on from what was read.

        `_as_read`: settings, limits and head are still those of one read. `_drawn`: what is left of the
        budgets may have been used by a commit of our own.
        """
        self._workspace = snapshot.workspace
        self._terms = snapshot.accounts[self._account_id].terms
        self._read_at = snapshot.read_at
        self._as_read = True
        self._pool = snapshot.pool
        self._drawn = False
        self.head: Head = snapshot.accounts[self._account_id].head

    def _read(self) -> None:
        workspace_id = self._workspace.workspace_id
        self._take_over(read_snapshot(self._table, self._clock, workspace_id, [self._account_id]))

    def run(self, rows: Sequence[Usage]) -> list[Usage]:
        """Record the rows in order; afterwards every row has an outcome and `head` is current.

        Returns the rows that have none because the user was erased meanwhile: they are another account's.
        """
        race = Race(self._clock)
        waiting = list(rows)
        try:
            while waiting and not self.head.erased:
                waiting = self._step(waiting, race)
        except ConflictRetryError as error:
            waiting = self._reject(waiting, error)
        except StoreUnavailableError:
            unknown = UnavailableError("The row may or may not be recorded; please repeat it.")
            waiting = self._reject(waiting, unknown)
        latest = max((o.log.seq for o in self.outcomes.values() if o.log is not None), default=0)
        if latest > self.head.seq:
            self._read_head()
        return waiting

    def _step(self, waiting: list[Usage], race: Race) -> list[Usage]:
        """Commit the first rows, or settle repeats and try again. Returns the rows still waiting.

        Nothing is refused for settings, limits or a head that were not read together, consistently.
        """
        race.begin()
        aged = self._clock.monotonic() - self._read_at > FRESH_SECONDS
        if aged or (self._drawn and self._pool.used):
            self._read()
            if self.head.erased:
                return waiting
        extras = self._extras()
        rows = waiting[: MAX_LOGS_PER_COMMIT - extras.count - self._pool.most_writes]
        applied = apply_usage(self.head, rows, self._terms, moment(self._clock))
        if applied.refused:
            if not self._as_read:
                self._read()
                return waiting
            fresh = self._settle(waiting)
            if len(fresh) < len(waiting):
                return fresh
        if applied.entry is None:
            self._refuse(applied)
            return waiting[len(rows) :]
        self._own_nonces.add(applied.entry.nonce)
        self._drawn = True
        extras = replace(extras, others=(*extras.others, *self._counting(applied)))
        result = commit(self._table, self._clock, applied, self.head, extras)
        if isinstance(result, Committed):
            self._take(applied)
            return waiting[len(rows) :]
        crowd = SCARCE_CROWD if applied.scarce else 1
        return self._after_failure(waiting, result, race, crowd)

    def _extras(self) -> Extras:
        """The directory entry with the account's first commit, the mark with the workspace's first log."""
        workspace = self._workspace
        others: list[Write] = []
        if self.head.seq == 0:
            others.append(
                directory_put(workspace.workspace_id, self.head.account_id, self._user_id)
            )
        if not workspace.in_use:
            others.append(mark_in_use(workspace))
        return Extras(others=tuple(others))

    def _counting(self, applied: Applied) -> list[Write]:
        """The writes that count the commit on the workspace's budgets, where there are any."""
        lot = self._clock.random_bytes(1)[0] if applied.counted else 0
        return pool_writes(self._workspace, self._pool, applied.counted, applied.scarce, lot)

    def _take(self, applied: Applied) -> None:
        self._go_on_from(applied.head)
        self._workspace = replace(self._workspace, in_use=True)
        for log in applied.logs:
            self.outcomes[log.log_id] = Outcome("created", log, applied.entry)
        self._refuse(applied)

    def _refuse(self, applied: Applied) -> None:
        for log_id, error in applied.refused.items():
            self.outcomes[log_id] = Outcome("rejected", error=error)

    def _reject(
        self, rows: Sequence[Usage], error: ConflictRetryError | UnavailableError
    ) -> list[Usage]:
        """Turn away the rows still waiting; none is left then."""
        for row in rows:
            self.outcomes[row.log_id] = Outcome("rejected", error=error)
        return []

    def _after_failure(
        self, waiting: list[Usage], result: Result, race: Race, crowd: int
    ) -> list[Usage]:
        assert not isinstance(result, Committed)
        fresh = waiting if isinstance(result, LostRace) else self._settle(waiting)
        if result.head is not None:
            self._go_on_from(result.head)
        else:
            self._read()
        if len(fresh) == len(waiting):
            race.lost(crowd)
        return fresh

    def _go_on_from(self, head: Head) -> None:
        self.head = head
        self._as_read = False

    def _read_head(self) -> None:
        head = self._accounts.head(self.head.workspace_id, self.head.account_id)
        self.head = self.head if head is None else head

    def _settle(self, rows: Sequence[Usage]) -> list[Usage]:
        """Tell repeats and conflicts from new rows, by a consistent read of all ids.

        A log with a nonce of our own was committed by us, in an attempt whose answer got lost.
        """
        stored = self._logs.get_many(self._workspace.workspace_id, [row.log_id for row in rows])
        fresh = []
        for row in rows:
            log = stored.get(row.log_id)
            if log is None:
                fresh.append(row)
            elif log.nonce in self._own_nonces:
                self.outcomes[row.log_id] = Outcome("created", log)
            else:
                self.outcomes[row.log_id] = repeated(row, log)
        return fresh


def repeated(row: Usage, log: UsageLog) -> Outcome:
    """The outcome of a row whose id is there already: the same body again, or another."""
    pointers = differing(log.fingerprint, row.members, log.nonce)
    if pointers:
        return Outcome("conflict", error=IdempotencyConflictError(pointers))
    return Outcome("replayed", log)
