"""Entries of the audit trail as the contract shows them, in lists and exports alike."""

from __future__ import annotations

from shared.domain.audit import AuditEntry
from shared.domain.calendar import utc_text
from shared.http.views.view import View


def audit_entry_view(entry: AuditEntry) -> View:
    """An entry whose users have been named (`AuditEntry.shown`)."""
    return {
        "id": entry.entry_id,
        "at": utc_text(entry.at_ms),
        "actor": entry.actor,
        "role": entry.role,
        "action": entry.action,
        "resource": entry.resource,
        "outcome": entry.outcome,
        "status": entry.status,
        "ip": entry.ip,
        "requestId": entry.request_id,
    }
