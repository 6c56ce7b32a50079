"""Repeats in a restored table what was decided in the one used before, and takes its audit trail along.

All of it is safe to repeat: what is in effect is not found again, entries of the trail keep their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, Literal, Protocol, get_args

from operations.errors import CommandError
from operations.recovery.decisions import (
    ALERT_EMAILS,
    REGISTERED_ONLY,
    Decision,
    FindDecisions,
    Kind,
)
from shared.domain.audit import AuditFilter
from shared.domain.calendar import utc_text
from shared.domain.errors import TallyError
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock, Spread
from shared.store.api_keys import DynamoApiKeys
from shared.store.audit import DynamoAuditLog
from shared.store.erasures import DynamoErasures
from shared.store.table import Table
from shared.store.workspaces import DynamoWorkspaces

ALL: Final = "all"
KINDS: Final = (*get_args(Kind), ALL)
NO_WORKSPACE: Final = ""
"""The trail of what operators do outside of workspaces."""

AT_ONCE: Final = 1_000
"""Entries of the trail that are read before they are written side by side."""

Outcome = Literal["found", "repeated", "left out", "yours", "failed"]


class Queue(Protocol):
    """Where erasures wait for their next job."""

    def send(self, workspace_id: str, account_id: str) -> None:
        """Have an erasure go on."""


@dataclass(slots=True)
class Told:
    """A decision, what became of it, and why."""

    decision: Decision
    outcome: Outcome = "found"
    why: str = ""

    def plain(self) -> dict[str, Any]:
        """As a program reads it."""
        decision = self.decision
        return {
            "name": decision.name,
            "kind": decision.kind,
            "workspaceId": decision.workspace_id,
            "what": decision.what,
            "at": None if decision.at_ms is None else utc_text(decision.at_ms),
            "outcome": self.outcome,
            "why": self.why,
        }


class RepeatDecisions:
    """Repeats single decisions in a table."""

    def __init__(self, table: Table, clock: Clock, spread: Spread) -> None:
        self._workspaces = DynamoWorkspaces(table, clock.random_bytes)
        self._erasures = DynamoErasures(table, self._workspaces, clock, spread)
        self._keys = DynamoApiKeys(table)
        self._clock = clock

    def __call__(self, decision: Decision, before: Workspace | None) -> str:
        """Repeat it; what was done. `before`: the settings of the table before, for a setting.

        Raises:
            TallyError: it could not be done.
        """
        workspace_id, what = decision.workspace_id, decision.what
        if decision.kind == "erasure":
            return self._erase(workspace_id, what)
        if decision.kind == "key":
            self._keys.revoke(workspace_id, what, decision.at_ms or self._clock.now_ms())
            return "revoked, as of then"
        if decision.kind == "customer":
            customer = self._workspaces.customer(workspace_id, what)
            if customer is not None:
                self._workspaces.put_customer(workspace_id, replace(customer, active=False))
            return "not active any more"
        assert before is not None
        return self._close(workspace_id, what, before)

    def _erase(self, workspace_id: str, account_id: str) -> str:
        """All of an erasure that is in the table; its job does files, once the table is used."""
        erasure = self._erasures.begin(workspace_id, account_id)
        for step in self._erasures.steps(erasure):
            erasure = step
        self._workspaces.remove_customer(workspace_id, account_id)
        return f"id and texts of {erasure.done_seq} entries are gone; files follow after the swap"

    def _close(self, workspace_id: str, name: str, before: Workspace) -> str:
        now = self._workspaces.get(workspace_id)
        if name == REGISTERED_ONLY:
            closed = replace(now, registered_only=True)
        elif name == ALERT_EMAILS:
            kept = tuple(each for each in now.alert_emails if each in before.alert_emails)
            closed = replace(now, alert_emails=kept)
        else:
            closed = replace(now, user_privacy="pseudonymous")
        self._workspaces.replace(closed, now)
        gone = len(now.alert_emails) - len(closed.alert_emails)
        return f"{gone} addresses taken out" if gone else "as it was decided"


class CarryOver:
    """Takes what was decided in the table `old` over into the table `new`."""

    def __init__(
        self,
        old: Table,
        new: Table,
        workspace_ids: Callable[[], Iterable[str]],
        clock: Clock,
        since_ms: int,
        spread: Spread,
    ) -> None:
        self._find = FindDecisions(old, new, clock, since_ms)
        self._repeat = RepeatDecisions(new, clock, spread)
        self._before, self._now = DynamoWorkspaces(old), DynamoWorkspaces(new)
        self._trails = DynamoAuditLog(old, clock), DynamoAuditLog(new, clock)
        self._workspace_ids = workspace_ids
        self._since_ms = since_ms
        self._spread = spread
        self.told: dict[str, Told] = {}

    def find(self, left_out: Iterable[str] = ()) -> list[Told]:
        """What is to be repeated, what is left out, and what is the operator's to do.

        Raises:
            CommandError: something is to be left out that there is not.
        """
        out, found = frozenset(left_out), []
        for workspace_id in self._workspace_ids():
            for decision in self._find(self._now.get(workspace_id)):
                told = Told(decision)
                if {decision.name, decision.kind, ALL} & out:
                    told.outcome = "left out"
                elif decision.yours:
                    told.outcome, told.why = "yours", decision.yours
                self.told[decision.name] = told
                found.append(told)
        unknown = sorted(out - self.told.keys() - set(KINDS))
        if unknown:
            there = ", ".join([*KINDS, *self.told])
            raise CommandError(f"--leave-out {unknown[0]}: there is {there}")
        return found

    def repeat(self, left_out: Iterable[str]) -> list[Told]:
        """Repeat what there is to repeat; those for which it failed."""
        failed = []
        for told in self.find(left_out):
            if told.outcome != "found":
                continue
            try:
                told.why = self._done(told.decision)
                told.outcome = "repeated"
            except (TallyError, ValueError) as error:
                told.outcome, told.why = "failed", str(error)
                failed.append(told)
        return failed

    def _done(self, decision: Decision) -> str:
        before = self._before.get(decision.workspace_id) if decision.kind == "setting" else None
        return self._repeat(decision, before)

    def send_jobs(self, queue: Queue) -> int:
        """Have the rest of the erasures done, by the functions that use the new table now; how many."""
        erased = [
            told.decision
            for told in self.told.values()
            if told.decision.kind == "erasure" and told.outcome == "repeated"
        ]
        for decision in erased:
            queue.send(decision.workspace_id, decision.what)
        return len(erased)

    def keys_made(self) -> Iterator[dict[str, str]]:
        """Keys that are not in the new table, and so do not work."""
        for workspace_id in self._workspace_ids():
            with suppress(ValueError):
                for key in self._find.keys_made(workspace_id):
                    yield {"workspaceId": workspace_id, "keyId": key.key_id, "name": key.name}

    def copy_trail(self) -> int:
        """Write down in the new table who did what since the restore point; how many entries."""
        before, now = self._trails
        since, count = AuditFilter(start_ms=self._since_ms, descending=False), 0
        for workspace_id in (NO_WORKSPACE, *self._workspace_ids()):
            entries = before.entries(workspace_id, since)
            while batch := list(islice(entries, AT_ONCE)):
                count += sum(1 for _ in self._spread(now.record, batch))
        return count
