"""Posting what a repricing changes on one account: adjustments, each with what stands beside its logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from shared.domain.errors import InsufficientCreditsError
from shared.domain.head import Head
from shared.domain.ledger import AccountTerms
from shared.domain.repricing import (
    MAX_LOGS_PER_ADJUSTMENT,
    NOTHING,
    Change,
    Repricing,
    SupersededError,
    Tally,
    apply_repricing,
    can_pay,
    change_of,
    in_order,
)
from shared.domain.usage import UsageLog
from shared.ports.runtime import Clock
from shared.store.commit import Committed, Extras, commit
from shared.store.items import head_from
from shared.store.log_items import repriced_item
from shared.store.logs import DynamoUsageLogs
from shared.store.race import Race
from shared.store.recording import moment
from shared.store.schema import SCHEMA_VERSION, TTL_ATTRIBUTE, Key, head_key, tally_key
from shared.store.snapshot import AccountState, read_snapshot
from shared.store.table import (
    NEW_ITEM,
    Absent,
    AnyOf,
    Below,
    ConditionFailedError,
    Equal,
    Put,
    Table,
    Update,
    number,
)

SUMMED: Final = {"lg": "logs", "dc": "cost_difference", "dr": "credit_difference"}
"""What is kept of a tally for each account."""

KEPT_SECONDS: Final = 30 * 86_400
"""Longer than a message stays among the dead letters."""


class Adjusting:
    """One run on one account: takes logs in slices, posts what changes about them, keeps count.

    What stands beside a log is read consistently before anything is decided, and is a condition of the
    transaction: a log is repriced once by a run, whoever else is at it. Logs that this run did before, in
    an attempt that broke off, are left: what it posted was added to the run's tally of the account in the
    same transaction, and counting goes on from there.
    """

    def __init__(
        self, table: Table, clock: Clock, state: AccountState, run: Repricing, before: Tally
    ) -> None:
        self._table = table
        self._clock = clock
        self._logs = DynamoUsageLogs(table)
        self._terms: AccountTerms = state.terms
        self._head: Head = state.head
        self._repricing_id = run.repricing_id
        self._attempt = run.attempt
        self._dry = run.dry
        self._tally = before
        self._unpaid = False

    @property
    def tally(self) -> Tally:
        """What was posted (in a dry run, what would be)."""
        return self._tally._replace(accounts=int(self._tally.logs > 0), unpaid=int(self._unpaid))

    def take(self, logs: Sequence[UsageLog]) -> bool:
        """Post what changes about some logs; False when the account cannot pay for it.

        Raises:
            SupersededError: a later attempt of the run is at the account.
            ConflictRetryError: others kept writing to the account.
            StoreUnavailableError: the table did not answer.
        """
        changes = in_order(self._changes(logs))
        credits = sum(change.credit_difference for change in changes)
        if not can_pay(self._head.balance, credits, self._terms):
            self._head = self._read_head()
        if not can_pay(self._head.balance, credits, self._terms):
            self._unpaid = True
            return False
        if self._dry:
            self._head = replace(self._head, balance=self._head.balance - credits)
            self._count(changes)
            return True
        try:
            for start in range(0, len(changes), MAX_LOGS_PER_ADJUSTMENT):
                self._post(changes[start : start + MAX_LOGS_PER_ADJUSTMENT])
        except InsufficientCreditsError:
            # Usage spent what was there a moment ago: what is left is for the next run.
            self._unpaid = True
        return not self._unpaid

    def _changes(self, logs: Sequence[UsageLog]) -> list[Change]:
        """What changes about logs, by what stands beside them now. Those done by this run do not."""
        likely = [log for log in logs if not self._done(log) and self._change_of(log)]
        if not likely:
            return []
        workspace_id = self._head.workspace_id
        repriced = self._logs.repriced(workspace_id, [log.log_id for log in likely])
        changes = []
        for log in likely:
            known = replace(log, repriced=repriced.get(log.log_id))
            change = None if self._done(known) else self._change_of(known)
            if change is not None:
                changes.append(change)
        return changes

    def _change_of(self, log: UsageLog) -> Change | None:
        return change_of(log, self._terms.pricing)

    def _done(self, log: UsageLog) -> bool:
        return log.repriced is not None and log.repriced.repricing_id == self._repricing_id

    def _post(self, changes: Sequence[Change]) -> None:
        race = Race(self._clock)
        while changes:
            race.begin()
            applied = apply_repricing(
                self._head, changes, self._repricing_id, self._terms, moment(self._clock)
            )
            result = commit(
                self._table, self._clock, applied, self._head, self._extras(changes, applied.head)
            )
            if isinstance(result, Committed):
                self._head = applied.head
                self._count(changes)
                return
            self._check_fence()
            self._head = result.head or self._read_head()
            changes = self._changes([change.log for change in changes])
            if changes:
                race.lost()

    def _extras(self, changes: Sequence[Change], head: Head) -> Extras:
        claims = []
        for change in changes:
            before = change.log.repriced
            unread = NEW_ITEM if before is None else Equal("rp", before.repricing_id)
            beside = change.posted(self._repricing_id, head.seq)
            claims.append(Put(repriced_item(change.log, beside), unread))
        posted = NOTHING
        for change in changes:
            posted = posted.counted(change)
        return Extras(claims=tuple(claims), others=(self._adding(posted),))

    def _adding(self, posted: Tally) -> Update:
        return tally_update(self._clock, self._tally_key, self._attempt, posted)

    @property
    def _tally_key(self) -> Key:
        head = self._head
        return tally_key(head.workspace_id, head.account_id, self._repricing_id)

    def _check_fence(self) -> None:
        item = self._table.get(self._tally_key)
        if item is not None and number(item, "at") > self._attempt:
            raise SupersededError

    def _count(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._tally = self._tally.counted(change)

    def _read_head(self) -> Head:
        item = self._table.get(head_key(self._head.workspace_id, self._head.account_id))
        return self._head if item is None else head_from(item)


def tally_update(clock: Clock, key: Key, attempt: int, posted: Tally) -> Update:
    """Add to what a run posted on an account, unless a later attempt of it has come there.

    The item goes when nobody can take the run up any more.
    """
    return Update(
        key,
        assign={
            "v": SCHEMA_VERSION,
            "at": attempt,
            TTL_ATTRIBUTE: clock.now_ms() // 1000 + KEPT_SECONDS,
        },
        add={name: getattr(posted, member) for name, member in SUMMED.items()},
        condition=AnyOf((Absent("at"), Below("at", attempt + 1))),
    )


class DynamoAdjustments:
    """Where the adjustments of repricings are posted: the journals in the table."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def adjusting(
        self, run: Repricing, account_ids: Sequence[str], *, fence: bool
    ) -> dict[str, Adjusting]:
        """A run on some accounts, under the prices of now; those that never moved are left out.

        `fence` first keeps earlier attempts, which may still be at work, from posting on them.

        Raises:
            SupersededError: a later attempt of the run is at them.
            NotFoundError: the workspace is gone.
        """
        snapshot = read_snapshot(self._table, self._clock, run.workspace_id, account_ids)
        states = {
            account_id: state for account_id, state in snapshot.accounts.items() if state.head.seq
        }
        before = {} if run.dry or run.attempt == 1 else self._before(run, [*states], fence=fence)
        return {
            account_id: Adjusting(
                self._table, self._clock, state, run, before.get(account_id, NOTHING)
            )
            for account_id, state in states.items()
        }

    def _before(
        self, run: Repricing, account_ids: Sequence[str], *, fence: bool
    ) -> dict[str, Tally]:
        """What earlier attempts of a run posted on accounts."""
        keys = {i: tally_key(run.workspace_id, i, run.repricing_id) for i in account_ids}
        if fence:
            for key in keys.values():
                try:
                    self._table.write(tally_update(self._clock, key, run.attempt, NOTHING))
                except ConditionFailedError as error:
                    raise SupersededError from error
        found = self._table.get_many([*keys.values()])
        return {
            account_id: Tally(**{member: number(item, name) for name, member in SUMMED.items()})
            for account_id, key in keys.items()
            if (item := found.get((key["pk"], key["sk"]))) is not None
        }
