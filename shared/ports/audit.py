"""The audit trail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from shared.domain.audit import AuditEntry, AuditFilter
from shared.ports.pages import Page


class AuditLog(Protocol):
    """The audit trail."""

    def record(self, entry: AuditEntry) -> None:
        """Write an entry down, durably. Repeating it changes nothing.

        Raises:
            UnavailableError: it is nowhere.
        """

    def entries(self, workspace_id: str, where: AuditFilter) -> Iterator[AuditEntry]:
        """The entries of a workspace that are looked for, read as they are taken."""

    def page(self, workspace_id: str, where: AuditFilter, limit: int) -> Page[AuditEntry]:
        """At most `limit` of them, and the entry to go on after: reading stops at a bound, found or not."""
