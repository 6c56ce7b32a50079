"""Who is who, and lists of accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from shared.domain.workspace import Workspace


class Listed(NamedTuple):
    """An account in the list of accounts: the user's id (the account's own once erased), the account."""

    name: str
    account_id: str


class Directory(Protocol):
    """Who is who: the one place that knows a user's id."""

    def account_of(self, workspace: Workspace, user_id: str) -> str:
        """The account of a user id; an account's own id is taken as it is."""

    def user_of(self, workspace_id: str, account_id: str) -> str | None:
        """The user behind an account; None when unknown or erased."""

    def users_of(self, workspace_id: str, account_ids: Sequence[str]) -> dict[str, str]:
        """The users behind several accounts; the unknown are left out."""

    def put(self, workspace_id: str, account_id: str, user_id: str) -> None:
        """Write down a user before their first movement."""

    def introduce(self, workspace_id: str, account_id: str, user_id: str) -> None:
        """Write down a user whom the directory does not have; what it has stays as it is."""

    def walk(self, workspace_id: str) -> Iterator[tuple[str, str | None]]:
        """`(account_id, user_id)` of every account, each once, in a fixed order."""


class AccountLists(Protocol):
    """Lists of the accounts that have moved."""

    def listed(
        self, workspace_id: str, prefix: str, after: str | None, *, descending: bool
    ) -> Iterator[Listed]:
        """Those whose user's id starts so, in its order, after one."""

    def listed_by_account(
        self, workspace_id: str, prefix: str, after: str | None, *, descending: bool
    ) -> Iterator[Listed]:
        """Those whose own id starts so and whose user's does not, in the order of the account's id."""
