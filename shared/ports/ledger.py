"""The books, and what became of what was posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from shared.domain.errors import TallyError
from shared.domain.head import Head
from shared.domain.journal import Entry
from shared.domain.ledger import Movement
from shared.domain.usage import Usage, UsageLog
from shared.domain.workspace import Workspace

Status = Literal["created", "replayed", "conflict", "rejected"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one usage row.

    `log` is there when it is `created` or `replayed`, `error` otherwise; `entry` is the journal entry of
    a created one, where it is at hand.
    """

    status: Status
    log: UsageLog | None = None
    entry: Entry | None = None
    error: TallyError | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a posted movement: its entry, and the account's head at least as new."""

    entry: Entry
    head: Head
    replayed: bool


@dataclass(frozen=True, slots=True)
class RecordedRows:
    """What became of usage rows.

    An outcome for each in their order, the heads of the accounts afterwards by user id as sent, and the
    workspace's settings it was done under.
    """

    outcomes: list[Outcome]
    heads: dict[str, Head]
    workspace: Workspace


class Ledger(Protocol):
    """The books. Every movement of credits goes through here."""

    def record(self, workspace_id: str, rows: Sequence[Usage]) -> RecordedRows:
        """Record usage rows whose ids are all different, one commit for each account where they fit.

        A row that others' commits or the store kept from being recorded is `rejected` and says so.

        Raises:
            NotFoundError: there is no such workspace.
        """

    def move(self, workspace_id: str, user_id: str, movement: Movement, key: str | None) -> Moved:
        """Post credits by hand; `key` makes it once.

        Raises:
            IdempotencyConflictError, InsufficientCreditsError, ValidationFailedError, NotFoundError,
            ConflictRetryError.
        """
