"""The part of a restore that takes over what was decided since: found, told, repeated, handed on."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from operations.proving import Proving
from operations.recovery.repeating import ALL, CarryOver
from operations.recovery.tables import RestoreError, Source, Tables
from operations.stack import Stack
from shared.adapters.erasure_queue import SqsErasureQueue
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.domain.calendar import utc_text
from shared.store.table import StoreUnavailableError
from shared.store.wire import RefusedError

ERASURE_QUEUE: Final = "ErasureJobs"
LAST_STATE: Final = "$DeletedTableBackup"
"""What DynamoDB adds to a table's name for the backup that it makes by itself of one that is deleted."""

SIDE_BY_SIDE: Final = 16
"""Reads and writes under way at once."""

UNKNOWN: Final = (
    "{source} is gone. What was decided there since {since} cannot be told: users erased and keys revoked "
    "since then are back, customers and settings are as they were. If `restore --list` has "
    f"{{source}}{LAST_STATE}, restore that into a table of its own and name it with --decisions-from. "
    "Else take them from your own records and repeat them over the API at once: erasures first."
)


class Decided:
    """What was decided in one table since a moment, on its way into another."""

    def __init__(self, stack: Stack, source: Source, name: str, left_out: Iterable[str]) -> None:
        """Take it from a table into the table `name`.

        Raises:
            RestoreError: there is a table, and it cannot be read.
        """
        self._source = source
        self._stack = stack
        self._left_out = tuple(left_out)
        self.unknown = ""
        self._made: list[dict[str, str]] = []
        self._trail: int | None = None
        self._carry: CarryOver | None = None
        if ALL in self._left_out:
            return
        if Tables(stack).state(source.table) is None:
            since = utc_text(source.since_ms)
            self.unknown = UNKNOWN.format(source=source.table, since=since)
            return
        new = stack.using(name)
        self._carry = CarryOver(
            stack.using(source.table).table(),
            new.table(),
            Proving(new, cells=False).workspace_ids,
            stack.clock,
            source.since_ms,
            ThreadPoolExecutor(SIDE_BY_SIDE).map,
        )

    def show(self) -> None:
        """List what there is to repeat, before anything is done.

        Raises:
            RestoreError: the table before is there and cannot be read.
            CommandError: something is to be left out that there is not.
        """
        if self.unknown:
            print(self.unknown)
        if self._carry is None:
            if not self.unknown:
                print(f"What was decided in {self._source.table} since is not looked at.")
            return
        try:
            found = self._carry.find(self._left_out)
        except (StoreUnavailableError, RefusedError) as error:
            raise RestoreError(
                f"{self._source.table} cannot be read, so nobody can tell what was decided there: {error}. "
                "Nothing in use is changed. Mend that and give the command again, or go on without what it "
                f"says, by --leave-out {ALL}"
            ) from error
        since = utc_text(self._source.since_ms)
        print(f"Decided in {self._source.table} since {since} and not in effect: {len(found)}")
        for told in found:
            at_ms = told.decision.at_ms
            at = "" if at_ms is None else f" of {utc_text(at_ms)}"
            print(f"  {told.outcome}: {told.decision.name}{at} {told.why}")
        self._made = list(self._carry.keys_made())
        for key in self._made:
            print(f"  key made since, nobody gets in with it: {key['keyId']} ({key['name']})")

    def repeat(self) -> bool:
        """Repeat what is to be repeated; False where that failed."""
        if self._carry is None:
            return True
        failed = self._carry.repeat(self._left_out)
        for told in self._carry.told.values():
            print(f"  {told.outcome}: {told.decision.name} {told.why}")
        return not failed

    def hand_over(self) -> None:
        """After the swap: what was decided meanwhile, the rest of the erasures, the trail."""
        if self._carry is None:
            return
        self.repeat()
        queue = SqsQueue(sqs_client, self._stack.queues()[ERASURE_QUEUE])
        count = self._carry.send_jobs(SqsErasureQueue(queue))
        print(f"{count} erasures on their way to files and archive")
        try:
            self._trail = self._carry.copy_trail()
        except ValueError as error:
            print(
                f"The audit trail of {self._source.table} is damaged, not all came along: {error}"
            )
            return
        print(f"{self._trail} entries of the audit trail taken along")

    @property
    def well(self) -> bool:
        """Whether nothing is left to do for the operator."""
        if self._carry is None:
            return not self.unknown
        outcomes = {told.outcome for told in self._carry.told.values()}
        return outcomes <= {"repeated", "left out"} and self._trail is not None

    def plain(self) -> dict[str, Any]:
        """As a program reads it."""
        carry = self._carry
        return {
            "from": self._source.table,
            "since": utc_text(self._source.since_ms),
            "unknown": self.unknown or None,
            "decisions": [told.plain() for told in carry.told.values()] if carry else [],
            "keysMadeSince": self._made,
            "auditEntries": self._trail,
        }
