"""The audit trail: who did what, when, from where, and what came of it.

An entry never holds a user's id. Where one belongs, the account's id stands in braces (`user:{acct_…}`),
and whoever shows the entry puts the id there as the directory has it at that time: erasing a user from
the directory erases them from the trail, too. Admins, operators and keys stand as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.domain.calendar import MS_PER_DAY
from shared.domain.ids import ACCOUNT_ID, uuid7_ms

Outcome = Literal["allowed", "denied", "not_found"]

KEPT_MS: Final = 400 * MS_PER_DAY
"""How long an entry is kept: a year that an auditor looks back on, and a month to do it in."""

MAX_PART_LENGTH: Final = 128
"""Characters of one value in a resource: ids have no more, and what is none is cut."""

DENIED: Final = frozenset({401, 402, 403, 429})
NOT_FOUND: Final = 404
MASKED: Final = re.compile(r"\{(acct_[0-9a-f]{20})\}", re.ASCII)


def masked(account_id: str) -> str:
    """What stands in an entry for the id of the user who has this account."""
    assert ACCOUNT_ID.fullmatch(account_id)
    return f"{{{account_id}}}"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One answered request.

    `entry_id` is a UUIDv7 and holds the time; `action` is the route's key; `resource` is the path, with the
    user or workspace that the query named.
    """

    workspace_id: str
    entry_id: str
    actor: str
    role: str
    action: str
    resource: str
    status: int
    ip: str
    request_id: str

    @property
    def at_ms(self) -> int:
        """When, in ms since 1970."""
        at_ms = uuid7_ms(self.entry_id)
        assert at_ms is not None
        return at_ms

    @property
    def outcome(self) -> Outcome:
        """Whether it was let through. What else came of it, `status` says."""
        if self.status in DENIED:
            return "denied"
        return "not_found" if self.status == NOT_FOUND else "allowed"

    def accounts(self) -> set[str]:
        """The accounts that stand for users' ids."""
        return set(MASKED.findall(self.actor)) | set(MASKED.findall(self.resource))

    def shown(self, users: Mapping[str, str]) -> AuditEntry:
        """The entry as it is shown: users by id where `users` (by account) knows one, else by account."""

        def name(match: re.Match[str]) -> str:
            return users.get(match[1], match[1])

        return replace(
            self, actor=MASKED.sub(name, self.actor), resource=MASKED.sub(name, self.resource)
        )


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries of a workspace, and in which order.

    `start_ms` and `end_ms` are a half-open range, `actors` the stored forms of one actor (empty: any).
    With `after`, only entries behind that one in the order asked for.
    """

    start_ms: int | None = None
    end_ms: int | None = None
    actors: tuple[str, ...] = ()
    action: str | None = None
    descending: bool = True
    after: str | None = None

    def takes(self, entry: AuditEntry) -> bool:
        """Whether an entry in the range is one that is looked for."""
        return (not self.actors or entry.actor in self.actors) and self.action in {
            None,
            entry.action,
        }


def accounts_of(entries: Iterable[AuditEntry]) -> list[str]:
    """The accounts of several entries, each once, in order."""
    return sorted({account_id for entry in entries for account_id in entry.accounts()})
