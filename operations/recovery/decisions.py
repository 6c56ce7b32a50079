"""What was decided after a restore point and must outlive the restore, told from the table used before.

That is what was taken away from somebody: who was erased, which keys were revoked, who may not use a
workspace any more, what its settings keep to itself. What was given since then (keys, registrations, wider
settings) is not taken along: a restore may well be there to undo it.

Two tables are held against each other as they are, so a decision that is in effect is not found again. For
keys and people that the table before has lost, its audit trail is the second witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from operations.recovery.commits import LOOKED_BACK_MS
from shared.domain.audit import AuditFilter
from shared.domain.errors import NotFoundError
from shared.domain.thresholds import Threshold
from shared.domain.workspace import ApiKey, Workspace
from shared.ports.runtime import Clock
from shared.store.api_keys import DynamoApiKeys
from shared.store.audit import DynamoAuditLog
from shared.store.erasures import DynamoErasures
from shared.store.schema import customer_key, directory_key, erasure_key, head_key
from shared.store.table import Equal, Query, Table, number, rows, text
from shared.store.thresholds import DynamoThresholds
from shared.store.workspaces import DynamoWorkspaces

Kind = Literal["erasure", "key", "customer", "setting", "limit"]

ERASED_BY: Final = "DELETE /api/admin/users/{userId}"
REVOKED_BY: Final = "DELETE /api/admin/api-keys/{id}"
DONE: Final = range(200, 300)

REGISTERED_ONLY: Final = "registeredOnly"
USER_PRIVACY: Final = "userPrivacy"
ALERT_EMAILS: Final = "alertEmails"
ENFORCE_CREDITS: Final = "enforceCredits"
RETENTION_DAYS: Final = "retentionDays"

UNREADABLE: Final = "unreadable"

MONEY: Final = "it is about money: the balances are those of the restore point; set it again"
NOT_UNDONE: Final = "logs that expire do not come back; set it again if it was meant"


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that was taken away. `what` is an account, a key, a setting or a threshold.

    `yours` says why the command leaves it to the operator (empty: it repeats it).
    """

    kind: Kind
    workspace_id: str
    what: str
    at_ms: int | None = None
    yours: str = ""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return f"{self.kind}:{self.workspace_id}/{self.what}"


class _Trail(NamedTuple):
    """When the audit trail says that accounts were erased and keys revoked."""

    erased: dict[str, int]
    revoked: dict[str, int]


class FindDecisions:
    """Finds what `old` says was decided and what is not in effect in `new`, workspace by workspace."""

    def __init__(self, old: Table, new: Table, clock: Clock, since_ms: int) -> None:
        """`since_ms`: from when on the trail of the table before is looked through."""
        self._old, self._new = old, new
        self._clock = clock
        self._since_ms = since_ms
        # The trail is long: whoever looks again reads on where they were.
        self._trails: dict[str, _Trail] = {}
        self._read_until: dict[str, int] = {}
        self._erased = DynamoErasures(new, DynamoWorkspaces(new), clock, map)

    def __call__(self, workspace: Workspace) -> Iterator[Decision]:
        """The decisions of a workspace, given as the new table has it."""
        workspace_id = workspace.workspace_id
        trail = self._trails.setdefault(workspace_id, _Trail({}, {}))
        try:
            self._read_trail(workspace_id, trail)
        except ValueError as error:
            yield _untold("erasure", workspace_id, error)
        parts: Mapping[Kind, Iterator[Decision]] = {
            "erasure": self._erasures(workspace_id, trail),
            "key": self._keys(workspace_id, trail),
            "customer": self._customers(workspace_id),
            "setting": self._settings(workspace),
            "limit": self._limits(workspace_id),
        }
        for kind, part in parts.items():
            try:
                yield from part
            except ValueError as error:
                yield _untold(kind, workspace_id, error)

    def keys_made(self, workspace_id: str) -> list[ApiKey]:
        """Keys that were good in the table before and are not there now: whoever has one gets 401."""
        known = {key.key_id for key in DynamoApiKeys(self._new).list(workspace_id)}
        now_ms = self._clock.now_ms()
        made = (k for k in DynamoApiKeys(self._old).list(workspace_id) if not k.is_dead(now_ms))
        return [key for key in made if key.key_id not in known]

    def _read_trail(self, workspace_id: str, found: _Trail) -> None:
        now_ms = self._clock.now_ms()
        start_ms = self._read_until.get(workspace_id, self._since_ms)
        since = AuditFilter(start_ms=start_ms, descending=False)
        for entry in DynamoAuditLog(self._old, self._clock).entries(workspace_id, since):
            named = entry.resource.partition("?")[0].rpartition("/")[2].strip("{}")
            if entry.status in DONE and entry.action == ERASED_BY:
                found.erased[named] = entry.at_ms
            elif entry.status in DONE and entry.action == REVOKED_BY:
                found.revoked[named] = entry.at_ms
        self._read_until[workspace_id] = now_ms - LOOKED_BACK_MS

    def _erasures(self, workspace_id: str, trail: _Trail) -> Iterator[Decision]:
        asked = dict(trail.erased)
        for item in rows(self._old, Query(erasure_key(workspace_id, "")["pk"])):
            asked[text(item, "sk")] = number(item, "ca", self._since_ms)
        for account_id, at_ms in sorted(asked.items()):
            if not self._is_erased(workspace_id, account_id, at_ms):
                yield Decision("erasure", workspace_id, account_id, at_ms)

    def _is_erased(self, workspace_id: str, account_id: str, at_ms: int) -> bool:
        """Whether nothing is left to erase, as also where the new table never heard of the user."""
        if self._new.get(directory_key(workspace_id, account_id)) is None:
            return True
        erasure = self._erased.get(workspace_id, account_id)
        if erasure is None or erasure.status == "running":
            return False
        head = self._new.get(head_key(workspace_id, account_id)) or {}
        return erasure.at_ms >= at_ms or number(head, "seq", 0) <= erasure.done_seq

    def _keys(self, workspace_id: str, trail: _Trail) -> Iterator[Decision]:
        before = DynamoApiKeys(self._old)
        for key in DynamoApiKeys(self._new).list(workspace_id):
            if key.is_dead(self._clock.now_ms()):
                continue
            try:
                known = before.get(workspace_id, key.key_id)
            except ValueError as error:
                yield _untold("key", workspace_id, error, key.key_id)
                continue
            at_ms = trail.revoked.get(key.key_id) if known is None else known.revoked_ms
            if at_ms is not None:
                yield Decision("key", workspace_id, key.key_id, at_ms)
            elif known is None:
                why = f"the table before has lost it ({key.name}): revoke it unless you know it"
                yield Decision("key", workspace_id, key.key_id, None, why)

    def _customers(self, workspace_id: str) -> Iterator[Decision]:
        partition = customer_key(workspace_id, "")["pk"]
        for item in rows(self._old, Query(partition, where=Equal("ac", value=False))):
            account_id = text(item, "sk")
            now = self._new.get(customer_key(workspace_id, account_id))
            if now is not None and now["ac"] is True:
                yield Decision("customer", workspace_id, account_id)

    def _settings(self, now: Workspace) -> Iterator[Decision]:
        workspace_id = now.workspace_id
        try:
            before = DynamoWorkspaces(self._old).get(workspace_id)
        except NotFoundError:
            why = "the table before has lost the settings: look whether these are right"
            yield Decision("setting", workspace_id, "all", None, why)
            return
        closed = {
            REGISTERED_ONLY: before.registered_only and not now.registered_only,
            USER_PRIVACY: now.users_visible and not before.users_visible,
            ALERT_EMAILS: not set(now.alert_emails) <= set(before.alert_emails),
        }
        yield from (Decision("setting", workspace_id, name) for name in closed if closed[name])
        if before.enforce_credits and not now.enforce_credits:
            yield Decision("setting", workspace_id, ENFORCE_CREDITS, None, MONEY)
        if before.retention_days < now.retention_days:
            yield Decision("setting", workspace_id, RETENTION_DAYS, None, NOT_UNDONE)

    def _limits(self, workspace_id: str) -> Iterator[Decision]:
        now = list(filter(None, DynamoThresholds(self._new, self._clock).readable(workspace_id)))
        for threshold in DynamoThresholds(self._old, self._clock).readable(workspace_id):
            if threshold is not None and not _held(threshold, now):
                what, at_ms = threshold.threshold_id, threshold.updated_ms
                yield Decision("limit", workspace_id, what, at_ms, MONEY)


def _untold(kind: Kind, workspace_id: str, error: ValueError, what: str = UNREADABLE) -> Decision:
    """That not all can be told, as the table before is damaged there."""
    why = f"the table before is damaged there, so not all can be told: {error}"
    return Decision(kind, workspace_id, what, None, why)


def _held(threshold: Threshold, now: list[Threshold]) -> bool:
    """Whether all that a threshold refuses is refused by the same one now, as early or earlier."""
    same = [each for each in now if each.threshold_id == threshold.threshold_id]
    kept = {
        (block.metric, block.period): block.limit
        for each in same
        for block in each.blocks()
        if (each.rules.scope, each.rules.account_id)
        == (threshold.rules.scope, threshold.rules.account_id)
    }
    return all(
        kept.get((block.metric, block.period), block.limit + 1) <= block.limit
        for block in threshold.blocks()
    )
