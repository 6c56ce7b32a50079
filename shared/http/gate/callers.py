"""How callers, and the users they ask about, are named where users' ids may not stand."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from shared.domain.audit import masked
from shared.domain.errors import NotFoundError
from shared.domain.workspace import Workspace
from shared.http.messages import Identity
from shared.ports.directory import Directory
from shared.ports.runtime import Clock
from shared.ports.workspaces import Workspaces
from shared.routes import USER

WORKSPACES_REMEMBERED: Final = 1_000
USERS_REMEMBERED: Final = 10_000
"""What one instance remembers; about a hundred bytes each."""

REMEMBERED_MS: Final = 30_000
"""How long a workspace is taken as it was read: so soon an erased user's id leads to another account."""


class Callers:
    """Names users by their accounts, everybody else by their ids."""

    def __init__(self, workspaces: Workspaces, directory: Directory, clock: Clock) -> None:
        self._workspaces = workspaces
        self._directory = directory
        self._clock = clock
        self._known_workspaces: OrderedDict[str, tuple[int, Workspace]] = OrderedDict()
        self._known_users: OrderedDict[tuple[str, str], None] = OrderedDict()

    def actor(self, identity: Identity) -> str:
        """`key:<id>`, `user:<id>` of staff, `user:{<accountId>}` of users.

        Raises:
            NotFoundError: a user's workspace is not there.
        """
        if identity.role != USER:
            return identity.actor
        return f"user:{masked(self.account_of(identity.workspace_id, identity.subject))}"

    def account_of(self, workspace_id: str, user_id: str) -> str:
        """The account of a user.

        Raises:
            NotFoundError: the workspace is not there.
        """
        return self._directory.account_of(self._workspace(workspace_id), user_id)

    def introduce(self, identity: Identity) -> None:
        """Let the directory know a user, so that whoever reads their account can be told the name."""
        if identity.role != USER:
            return
        account_id = self.account_of(identity.workspace_id, identity.subject)
        known = identity.workspace_id, account_id
        if known not in self._known_users:
            self._directory.introduce(identity.workspace_id, account_id, identity.subject)
            self._known_users[known] = None
            if len(self._known_users) > USERS_REMEMBERED:
                self._known_users.popitem(last=False)

    def _workspace(self, workspace_id: str) -> Workspace:
        # By the wall clock: a frozen instance's monotonic one may stand still meanwhile.
        now_ms = self._clock.now_ms()
        read_ms, known = self._known_workspaces.get(workspace_id, (now_ms, None))
        if known is not None and 0 <= now_ms - read_ms < REMEMBERED_MS:
            return known
        if not workspace_id:
            raise NotFoundError("The request names no workspace.")
        found = self._workspaces.get(workspace_id)
        self._known_workspaces[workspace_id] = now_ms, found
        if len(self._known_workspaces) > WORKSPACES_REMEMBERED:
            self._known_workspaces.popitem(last=False)
        return found
