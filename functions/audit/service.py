"""Reading the audit trail, and bringing home what the table did not take at first."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from shared.domain.audit import AuditEntry, AuditFilter, accounts_of
from shared.domain.workspace import Workspace
from shared.ports.audit import AuditLog
from shared.ports.directory import Directory
from shared.ports.pages import Page
from shared.ports.workspaces import Workspaces


class Trail:
    """One workspace's audit trail, or (without a workspace) what operators did outside of any."""

    def __init__(self, workspace: Workspace | None, audit: AuditLog, directory: Directory) -> None:
        self._workspace = workspace
        self._audit = audit
        self._directory = directory

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the days in a query."""
        return ZoneInfo("UTC") if self._workspace is None else self._workspace.zone

    def account_of(self, user_id: str) -> str | None:
        """The account that stands for a user; there are none outside of workspaces."""
        if self._workspace is None:
            return None
        return self._directory.account_of(self._workspace, user_id)

    def page(self, where: AuditFilter, limit: int) -> Page[AuditEntry]:
        """Some entries, their users named as the directory knows them now."""
        workspace_id = "" if self._workspace is None else self._workspace.workspace_id
        page = self._audit.page(workspace_id, where, limit)
        accounts = accounts_of(page.rows)
        users = self._directory.users_of(workspace_id, accounts) if accounts else {}
        return Page([entry.shown(users) for entry in page.rows], page.next_key)


class ReadTrails:
    """Finds the trail of a request."""

    def __init__(self, workspaces: Workspaces, audit: AuditLog, directory: Directory) -> None:
        self._workspaces = workspaces
        self._audit = audit
        self._directory = directory

    def of(self, workspace_id: str) -> Trail:
        """The trail of a workspace; of an operator who named none (empty), their own.

        Raises:
            NotFoundError: there is no such workspace.
        """
        workspace = self._workspaces.get(workspace_id) if workspace_id else None
        return Trail(workspace, self._audit, self._directory)


class BringHome:
    """Writes entries that waited in the queue. They keep their ids, so repeating it changes nothing."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    def __call__(self, entries: Iterable[AuditEntry]) -> None:
        """Write entries.

        Raises:
            UnavailableError: the table still takes none; the queue hands them out again.
        """
        for entry in entries:
            self._audit.record(entry)
