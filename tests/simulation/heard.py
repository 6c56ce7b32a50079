"""What clients were told: the truth that has to be in the table at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.domain.errors import IdempotencyConflictError, TallyError
from shared.domain.fingerprint import members_of
from shared.domain.journal import Entry
from shared.domain.usage import UsageLog
from tests.simulation.sights import Sights

Body = dict[str, Any]
Known = tuple[Mapping[str, str], UsageLog]
"""What was said of a log, and how it was acknowledged."""


class Refusal(NamedTuple):
    """A row that a blocking limit refused; `asked` is the table's last change before it was sent."""

    workspace_id: str
    threshold_id: str
    body: Body
    asked: int


@dataclass
class Heard:
    """Answers by `(workspace, id or key)`.

    `erased` are the accounts whose users an erasure was asked for: their texts go, and with them the
    proof that a repeat is one.
    """

    sights: Sights
    logs: dict[tuple[str, str], Known] = field(default_factory=dict)
    moved: dict[tuple[str, str], Entry] = field(default_factory=dict)
    bodies: dict[tuple[str, str], Body] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    erased: set[tuple[str, str]] = field(default_factory=set)
    sent: dict[tuple[str, str], int] = field(default_factory=dict)
    """When ids and keys were sent first."""

    users: dict[tuple[str, str], str] = field(default_factory=dict)
    """Who is behind each account."""

    def first(self, workspace_id: str, key: str, now_ms: int) -> bool:
        """Whether an id or key is sent for the first time: then nothing can be a repeat."""
        first = (workspace_id, key) not in self.sent
        self.sent.setdefault((workspace_id, key), now_ms)
        return first

    def belongs(self, workspace_id: str, account_id: str, user_id: str) -> None:
        """An answer shows whose an account is: always the same user's."""
        owner = self.users.setdefault((workspace_id, account_id), user_id)
        assert owner == user_id, f"6: {account_id} is {owner}'s and {user_id}'s"

    def told(self, workspace_id: str, body: Body, log: UsageLog) -> None:
        """A log was acknowledged: every time with the same words."""
        key = workspace_id, log.log_id
        members = members_of(body, frozenset({"id"}))
        before = self.logs.setdefault(key, (members, log))
        assert before == (members, log), f"{key} was answered in two ways"
        self.bodies[key] = body

    def refused(
        self, workspace_id: str, body: Body, before: Known | None, error: TallyError
    ) -> None:
        """A log was refused. One acknowledged before may only differ from what is now said of it."""
        if before is None:
            return
        conflict = isinstance(error, IdempotencyConflictError)
        if conflict and (workspace_id, before[1].account_id) in self.erased:
            self.sights.saw("repeat after an erasure")
            return
        if before[0] == members_of(body, frozenset({"id"})) or not conflict:
            what = f"{workspace_id}/{body['id']}"
            raise AssertionError(
                f"{what} was acknowledged and is now refused: {error!r}"
            ) from error
        self.sights.saw("conflicting body")

    def posted(self, workspace_id: str, key: str, entry: Entry) -> None:
        """A movement was acknowledged."""
        before = self.moved.setdefault((workspace_id, key), entry)
        if (workspace_id, entry.account_id) in self.erased:
            assert textless(before) == textless(entry), f"{key} was answered in two ways"
        else:
            assert before == entry, f"{key} was answered in two ways"

    def not_posted(self, workspace_id: str, key: str, error: TallyError) -> None:
        """A movement was refused: never one that was acknowledged, but for an erased user's."""
        known = self.moved.get((workspace_id, key))
        if known is None:
            return
        conflict = isinstance(error, IdempotencyConflictError)
        if conflict and (workspace_id, known.account_id) in self.erased:
            self.sights.saw("repeat after an erasure")
            return
        raise AssertionError(f"{key} was posted and is now refused: {error!r}") from error


def textless(entry: Entry) -> Entry:
    """An entry as an erasure leaves it."""
    return replace(entry, note=None, metadata=None, salt=b"")


def wordless(log: UsageLog) -> UsageLog:
    """A log as an erasure leaves it."""
    return replace(log, metadata=None, request_id=None, fingerprint={})
