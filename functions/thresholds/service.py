"""Thresholds: setting them, and where their figures stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from functions.thresholds.schemas import Wish
from shared.domain.calendar import local_day, month_of
from shared.domain.errors import ValidationFailedError
from shared.domain.fingerprint import Members, without_user
from shared.domain.head import ZERO, Counters, Head
from shared.domain.limits import Use
from shared.domain.thresholds import ID_DIGITS, Rules, Threshold, new_threshold
from shared.domain.workspace import Workspace
from shared.ports.directory import Directory
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces


class Thresholds(Protocol):
    """Thresholds as they are kept."""

    def readable(self, workspace_id: str) -> Iterator[Threshold | None]:
        """All thresholds of a workspace; None for one that cannot be decoded."""

    def get(self, workspace_id: str, threshold_id: str) -> Threshold:
        """One threshold.

        Raises:
            NotFoundError: there is none.
        """

    def create(self, threshold: Threshold, key: str | None, body: Members) -> str | None:
        """Write a new one; answers None, or the id of the one made before under the same key."""

    def change(self, workspace_id: str, threshold_id: str, rules: Rules, at_ms: int) -> Threshold:
        """Put one under other rules.

        Raises:
            NotFoundError: there is none.
        """

    def delete(self, workspace_id: str, threshold_id: str) -> None:
        """Remove one.

        Raises:
            NotFoundError: there is none.
        """

    def used(self, workspace: Workspace, periods: Sequence[str]) -> Use:
        """What a workspace has used in some local days and months."""

    def heads(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, Head]:
        """The heads of accounts, by account; those without one are left out."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A threshold and the figures it watches now; no figures where it applies to each user."""

    threshold: Threshold
    workspace: Workspace
    day: str
    figures: tuple[Counters, Counters] | None


class ManageThresholds:
    """The use cases of thresholds."""

    def __init__(
        self,
        thresholds: Thresholds,
        workspaces: Workspaces,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._thresholds = thresholds
        self._workspaces = workspaces
        self._directory = directory
        self._clock = clock

    def all(self, workspace_id: str) -> list[Standing]:
        """The thresholds of a workspace, the oldest first."""
        workspace = self._workspaces.get(workspace_id)
        found = [t for t in self._thresholds.readable(workspace_id) if t is not None]
        found.sort(key=lambda threshold: (threshold.created_ms, threshold.threshold_id))
        return self._standings(workspace, found)

    def one(self, workspace_id: str, threshold_id: str) -> Standing:
        """One threshold.

        Raises:
            NotFoundError: there is none.
        """
        workspace = self._workspaces.get(workspace_id)
        return self._standings(workspace, [self._thresholds.get(workspace_id, threshold_id)])[0]

    def create(
        self, workspace_id: str, wish: Wish, key: str | None, body: Members
    ) -> tuple[Standing, bool]:
        """Set a new threshold; answers it, and whether the request came before under the same key.

        Raises:
            ValidationFailedError: an account that is none is named, or there are too many.
            IdempotencyConflictError: the key was used with another body.
            NotFoundError: what was made under the key is gone.
        """
        at_ms = self._clock.now_ms()
        workspace = self._workspaces.get(workspace_id)
        rules = self._rules(workspace, wish)
        threshold_id = f"th_{self._clock.random_bytes(ID_DIGITS // 2).hex()}"
        threshold = new_threshold(workspace_id, threshold_id, rules, at_ms)
        earlier = self._thresholds.create(threshold, key, without_user(body, rules.account_id))
        if earlier is not None:
            threshold = self._thresholds.get(workspace_id, earlier)
        return self._standings(workspace, [threshold])[0], earlier is not None

    def change(self, workspace_id: str, threshold_id: str, wish: Wish) -> Standing:
        """Put a threshold under other rules.

        Raises:
            NotFoundError: there is none.
            ValidationFailedError: an account that is none is named, or too much is blocked.
        """
        at_ms = self._clock.now_ms()
        workspace = self._workspaces.get(workspace_id)
        self._thresholds.get(workspace_id, threshold_id)
        rules = self._rules(workspace, wish)
        threshold = self._thresholds.change(workspace_id, threshold_id, rules, at_ms)
        return self._standings(workspace, [threshold])[0]

    def delete(self, workspace_id: str, threshold_id: str) -> None:
        """Remove a threshold; its alerts stay.

        Raises:
            NotFoundError: there is none.
        """
        self._thresholds.delete(workspace_id, threshold_id)

    def _rules(self, workspace: Workspace, wish: Wish) -> Rules:
        """The rules with the account they are for. A user yet unknown is written down first."""
        if wish.user_id is None:
            return wish.rules
        account_id = self._directory.account_of(workspace, wish.user_id)
        if self._directory.user_of(workspace.workspace_id, account_id) is None:
            if account_id == wish.user_id:
                raise ValidationFailedError.of("/userId", "is not an account of this workspace")
            self._directory.put(workspace.workspace_id, account_id, wish.user_id)
        return replace(wish.rules, account_id=account_id)

    def _standings(self, workspace: Workspace, thresholds: Sequence[Threshold]) -> list[Standing]:
        day = local_day(self._clock.now_ms(), workspace.zone)
        accounts = _named(thresholds)
        figures: dict[str | None, tuple[Counters, Counters]] = dict.fromkeys(accounts, (ZERO, ZERO))
        if accounts:
            for head in self._thresholds.heads(workspace.workspace_id, accounts).values():
                now = head.rolled(day)
                figures[head.account_id] = (now.today, now.this_month)
        if any(threshold.rules.scope == "workspace" for threshold in thresholds):
            figures[None] = self._workspace_figures(workspace, day)
        return [
            Standing(
                threshold,
                workspace,
                day,
                None if threshold.rules.each_user else figures[threshold.rules.account_id],
            )
            for threshold in thresholds
        ]

    def _workspace_figures(self, workspace: Workspace, day: str) -> tuple[Counters, Counters]:
        used = self._thresholds.used(workspace, [day, month_of(day)])
        return used[day], used[month_of(day)]


def _named(thresholds: Iterable[Threshold]) -> list[str]:
    """The accounts that thresholds name, each once."""
    named = (threshold.rules.account_id for threshold in thresholds)
    return list(dict.fromkeys(account_id for account_id in named if account_id is not None))
