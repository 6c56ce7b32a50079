"""Recording usage: ids made unique over the whole request, then each account's rows to the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from functions.record_usage.events import Event, event_of
from functions.record_usage.schemas import usage_of
from shared.domain.errors import IdempotencyConflictError, TallyError, ValidationFailedError
from shared.domain.head import Head
from shared.domain.ids import ACCOUNT_ID, uuid7
from shared.domain.journal import Entry
from shared.domain.usage import Usage, UsageLog
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts
from shared.ports.directory import Directory
from shared.ports.ledger import Ledger, Outcome
from shared.ports.runtime import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One usage log with the transaction it is part of and the account after it.

    `user_id` is how the caller knows the user.
    """

    log: UsageLog
    entry: Entry
    head: Head
    workspace: Workspace
    user_id: str
    replayed: bool


class RecordUsage:
    """Records one usage log, or many."""

    def __init__(
        self,
        ledger: Ledger,
        accounts: Accounts,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._directory = directory
        self._clock = clock

    def one(self, workspace_id: str, body: Mapping[str, object], key: str | None) -> Recorded:
        """Record one usage log.

        Raises:
            TallyError: the reason why it is not recorded.
        """
        return self._one(workspace_id, usage_of(body, key, self._new_id))

    def event(self, workspace_id: str, row: object, key: str | None) -> Recorded:
        """Record the usage that one event tells of. Its id is its key: a different one is refused.

        Raises:
            TallyError: the reason why it is not recorded, with pointers into the event.
        """
        event = event_of(row)
        usage = event.usage()
        if key is not None and key != usage.log_id:
            message = "is different from the event's source:id, which is its key"
            raise ValidationFailedError.of("Idempotency-Key", message)
        try:
            return self._one(workspace_id, usage)
        except TallyError as error:
            raise event.told(error) from error

    def _one(self, workspace_id: str, usage: Usage) -> Recorded:
        recorded = self._ledger.record(workspace_id, [usage])
        (outcome,) = recorded.outcomes
        if outcome.log is None:
            assert outcome.error is not None
            raise outcome.error
        log = outcome.log
        entry = outcome.entry or self._accounts.entry(workspace_id, log.account_id, log.seq)
        assert entry is not None, "a log's entry is committed with it"
        return Recorded(
            log,
            entry,
            recorded.heads[usage.user_id],
            recorded.workspace,
            self._shown(workspace_id, {usage.user_id})[usage.user_id],
            replayed=outcome.status == "replayed",
        )

    def many(
        self, workspace_id: str, bodies: Sequence[object], key: str | None
    ) -> list[tuple[Outcome, str]]:
        """Record a batch. Each row gets its outcome and the user id it is about."""
        rows = [_or_refusal(partial(self._row, body, key, at)) for at, body in enumerate(bodies)]
        return self._many(workspace_id, rows)

    def events(self, workspace_id: str, rows: Sequence[object]) -> list[tuple[Outcome, str]]:
        """Record a batch of events. Each gets its outcome, in its own words, and the user id."""
        events = [_or_refusal(partial(event_of, row)) for row in rows]
        usages = [_or_refusal(e.usage) if isinstance(e, Event) else e for e in events]
        taken = self._many(workspace_id, usages)
        for at, (event, usage) in enumerate(zip(events, usages, strict=True)):
            outcome, user_id = taken[at]
            if isinstance(event, Event) and isinstance(usage, Usage) and outcome.error is not None:
                taken[at] = replace(outcome, error=event.told(outcome.error)), user_id
        return taken

    def _many(
        self, workspace_id: str, rows: Sequence[Usage | TallyError]
    ) -> list[tuple[Outcome, str]]:
        usages = {at: row for at, row in enumerate(rows) if isinstance(row, Usage)}
        outcomes = {
            at: Outcome("rejected", error=row)
            for at, row in enumerate(rows)
            if isinstance(row, TallyError)
        }
        self._record_unique(workspace_id, usages, outcomes)
        shown = self._shown(workspace_id, {usage.user_id for usage in usages.values()})
        return [
            (outcomes[at], shown[usages[at].user_id] if at in usages else "")
            for at in range(len(rows))
        ]

    def _shown(self, workspace_id: str, user_ids: Iterable[str]) -> dict[str, str]:
        """Users' ids, also where the reporter gave accounts'."""
        shown = {user_id: user_id for user_id in user_ids}
        accounts = [user_id for user_id in shown if ACCOUNT_ID.fullmatch(user_id)]
        return shown | (self._directory.users_of(workspace_id, accounts) if accounts else {})

    def _row(self, body: object, key: str | None, index: int) -> Usage:
        if not isinstance(body, dict):
            raise ValidationFailedError.of("", "must be a JSON object")
        own_id = f"{key}:{index}" if key is not None and body.get("id") is None else None
        return usage_of(body, own_id, self._new_id)

    def _record_unique(
        self, workspace_id: str, usages: Mapping[int, Usage], outcomes: dict[int, Outcome]
    ) -> None:
        """Record rows so that no two of one pass share an id; repeats within the batch wait.

        A row that repeats one that was taken is settled against it. One that repeats a row that was not
        taken is another chance of that id, and goes into the next pass.
        """
        waiting = dict(usages)
        while waiting:
            first: dict[str, int] = {}
            for index, usage in waiting.items():
                first.setdefault(usage.log_id, index)
            rows = [waiting[index] for index in first.values()]
            taken = self._ledger.record(workspace_id, rows).outcomes
            for index, outcome in zip(first.values(), taken, strict=True):
                outcomes[index] = outcome
                del waiting[index]
            for index, usage in list(waiting.items()):
                leader = first[usage.log_id]
                settled = repeat_within(usage, usages[leader], outcomes[leader])
                if settled is not None:
                    outcomes[index] = settled
                    del waiting[index]

    def _new_id(self) -> str:
        return uuid7(self._clock.now_ms(), self._clock.random_bytes)


def _or_refusal(make: Callable[[], T]) -> T | TallyError:
    try:
        return make()
    except TallyError as error:
        return error


def repeat_within(usage: Usage, leader: Usage, outcome: Outcome) -> Outcome | None:
    """What becomes of a row that repeats an earlier one of its batch; None when that is still open."""
    pointers = sorted(
        pointer
        for pointer in usage.members.keys() | leader.members.keys()
        if usage.members.get(pointer) != leader.members.get(pointer)
    )
    if not pointers:
        return replace(outcome, status="replayed") if outcome.status == "created" else outcome
    if outcome.log is None:
        return None
    return Outcome("conflict", error=IdempotencyConflictError(pointers))
