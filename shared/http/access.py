"""Whose usage a caller may ask for, and which ids they get to see."""

from __future__ import annotations

from collections.abc import Collection

from shared.domain.errors import NotFoundError
from shared.domain.workspace import Workspace
from shared.http.messages import Identity
from shared.http.privacy import sees_user_ids
from shared.ports.directory import Directory
from shared.routes import OPERATOR, USER


class Access:
    """The rules of who may know what, for one directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def account(self, workspace: Workspace, identity: Identity, user_id: str) -> str:
        """The account of a user whom the caller asks about.

        Raises:
            NotFoundError: the caller is a user, and it is somebody else.
        """
        account_id = self._directory.account_of(workspace, user_id)
        self.require(workspace, identity, account_id)
        return account_id

    def scope(self, workspace: Workspace, identity: Identity, user_id: str | None) -> str | None:
        """The account that figures are limited to; None for all of the workspace.

        Users have figures of themselves only, also when they name nobody.

        Raises:
            NotFoundError: the caller is a user, and it is somebody else.
        """
        if user_id is None:
            if identity.role != USER:
                return None
            user_id = identity.subject
        return self.account(workspace, identity, user_id)

    def require(self, workspace: Workspace, identity: Identity, account_id: str) -> None:
        """Let a user pass to their own account only.

        Raises:
            NotFoundError: it is somebody else's.
        """
        if identity.role != USER:
            return
        if account_id != self._directory.account_of(workspace, identity.subject):
            raise NotFoundError("There is no such user.")

    def user_id(self, workspace: Workspace, account_id: str) -> str:
        """A user's id, the account's where there is none (any more)."""
        return self._directory.user_of(workspace.workspace_id, account_id) or account_id

    def shown_ids(
        self, workspace: Workspace, identity: Identity, accounts: Collection[str]
    ) -> dict[str, str]:
        """How the caller sees these accounts' users in statistics."""
        shown = {account_id: account_id for account_id in accounts}
        if sees_user_ids(workspace, identity):
            shown |= self._directory.users_of(workspace.workspace_id, list(accounts))
        return shown


def workspace_of(identity: Identity, named: str) -> str:
    """The workspace that a path names.

    Raises:
        NotFoundError: it is another than the caller's, who is no operator.
    """
    if identity.role != OPERATOR and named != identity.workspace_id:
        raise NotFoundError("There is no such workspace.")
    return named
