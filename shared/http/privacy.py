"""Who sees users by their ids, and who by their accounts: the one rule, for every surface but the ledger."""

from __future__ import annotations

from shared.domain.workspace import Workspace
from shared.http.messages import Identity
from shared.routes import SERVICE, USER


def sees_user_ids(workspace: Workspace, identity: Identity) -> bool:
    """Services see the ids they wrote, users know their own; admins only where users are visible."""
    return identity.role in {SERVICE, USER} or workspace.users_visible
