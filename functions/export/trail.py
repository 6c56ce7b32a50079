"""Rows of the audit trail, in order of time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import islice
from typing import Final

from functions.export.batches import ROWS_AHEAD, Batch
from functions.export.columns import Row
from shared.domain.audit import MASKED, AuditEntry, AuditFilter, accounts_of
from shared.domain.exports import AUDIT, Selection, no_totals
from shared.domain.workspace import Workspace
from shared.http.views.audit import audit_entry_view
from shared.ports.audit import AuditLog
from shared.ports.directory import Directory

USER: Final = "user:"


class AuditRows:
    """Reads the audit trail. Users stand in it by account, and are named as the directory knows them now."""

    def __init__(self, audit: AuditLog, directory: Directory) -> None:
        self._audit = audit
        self._directory = directory

    def __call__(self, workspace: Workspace, selection: Selection) -> Generator[Batch]:
        """Entries; see `functions.export.batches.RowSource`."""
        workspace_id = workspace.workspace_id
        where = AuditFilter(
            actors=self._actors(workspace_id, selection.actor), action=selection.action
        )
        # All of the range is read and the rest looked at here: a rare match does not keep the reader silent.
        span = AuditFilter(selection.start_ms, selection.end_ms, descending=False)
        entries = self._audit.entries(workspace_id, span)
        while read := list(islice(entries, ROWS_AHEAD)):
            taken = [entry for entry in read if where.takes(entry)]
            yield Batch(len(read), self._rows(workspace_id, taken), no_totals(AUDIT))

    def _rows(self, workspace_id: str, entries: Sequence[AuditEntry]) -> list[Row]:
        users = self._directory.users_of(workspace_id, accounts_of(entries))
        return [audit_entry_view(entry.shown(users)) for entry in entries]

    def _actors(self, workspace_id: str, actor: str | None) -> tuple[str, ...]:
        """The forms in which an actor stands in the trail: a user may be staff as well, by their id."""
        if actor is None:
            return ()
        known = self._directory.users_of(workspace_id, MASKED.findall(actor))
        return (actor, *(f"{USER}{user_id}" for user_id in known.values()))
