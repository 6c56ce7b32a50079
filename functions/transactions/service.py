"""Accounts and single transactions: balances, posting, reading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.domain.errors import NotFoundError
from shared.domain.head import Head
from shared.domain.ids import ACCOUNT_ID, split_transaction_id
from shared.domain.journal import Entry
from shared.domain.ledger import Movement
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts
from shared.ports.directory import Directory
from shared.ports.ledger import Ledger, Moved
from shared.ports.workspaces import Workspaces


@dataclass(frozen=True, slots=True)
class AccountOf:
    """An account as a caller meets it. `head` has `seq` 0 before the first movement."""

    workspace: Workspace
    head: Head
    user_id: str


class Transactions:
    """The use cases of accounts and single transactions."""

    def __init__(
        self, ledger: Ledger, accounts: Accounts, workspaces: Workspaces, directory: Directory
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._workspaces = workspaces
        self._directory = directory

    def workspace(self, workspace_id: str) -> Workspace:
        """A workspace's settings."""
        return self._workspaces.get(workspace_id)

    def account(self, workspace_id: str, user_id: str) -> AccountOf:
        """A user's account, new when there has been no movement."""
        workspace = self._workspaces.get(workspace_id)
        account_id = self._directory.account_of(workspace, user_id)
        head = self._accounts.head(workspace_id, account_id) or Head(workspace_id, account_id)
        shown = user_id
        if ACCOUNT_ID.fullmatch(user_id):
            shown = self._directory.user_of(workspace_id, account_id) or user_id
        return AccountOf(workspace, head, shown)

    def known_account(self, workspace_id: str, user_id: str) -> AccountOf:
        """The account of a user who has had a movement, or whom the directory has without one.

        Raises:
            NotFoundError: nobody is known by that id.
        """
        account = self.account(workspace_id, user_id)
        account_id = account.head.account_id
        if account.head.seq == 0 and self._directory.user_of(workspace_id, account_id) is None:
            raise NotFoundError("There is no such account.")
        return account

    def account_at(self, workspace_id: str, user_id: str, at_ms: int) -> AccountOf:
        """An account as it stood at an instant, that millisecond included.

        Raises:
            NotFoundError: nobody is known by that id.
        """
        account = self.known_account(workspace_id, user_id)
        seq = self._accounts.last_seq_before(account.head, at_ms + 1)
        return replace(account, head=self._accounts.head_at(account.head, seq))

    def post(
        self, workspace_id: str, user_id: str, movement: Movement, key: str | None
    ) -> tuple[Moved, AccountOf]:
        """Post credits by hand, once under a key."""
        moved = self._ledger.move(workspace_id, user_id, movement, key)
        return moved, replace(self.account(workspace_id, user_id), head=moved.head)

    def one(self, workspace_id: str, transaction_id: str, owner: str | None) -> tuple[Entry, str]:
        """A transaction and its user's id. `owner` is the user who may see only their own.

        Raises:
            NotFoundError: there is none, or it is another user's.
        """
        found = split_transaction_id(transaction_id)
        if found is None:
            raise NotFoundError("There is no such transaction.")
        account_id, seq = found
        if owner is not None and self.account(workspace_id, owner).head.account_id != account_id:
            raise NotFoundError("There is no such transaction.")
        entry = self._accounts.entry(workspace_id, account_id, seq)
        if entry is None:
            raise NotFoundError("There is no such transaction.")
        return entry, self._directory.user_of(workspace_id, account_id) or account_id

    def refunded(self, workspace_id: str, entry: Entry) -> int:
        """The credits of a transaction that were given back so far."""
        return self._accounts.refunded(workspace_id, entry.account_id, entry.seq)

    def names(self, workspace_id: str, account_ids: Iterable[str]) -> dict[str, str]:
        """What accounts are shown as: their users' ids, or their own where those are erased."""
        wanted = list(dict.fromkeys(account_ids))
        known = self._directory.users_of(workspace_id, wanted)
        return {account_id: known.get(account_id, account_id) for account_id in wanted}
