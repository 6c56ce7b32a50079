"""Exports: asking for one, and asking how far it is."""

from __future__ import annotations

from typing import Literal

from tally._call import Call, Day, Moment, get, listed, path, query, whole
from tally._models.credits import Reason
from tally._models.exports import Export, ExportState, Format
from tally._models.pages import Page
from tally._operations.analytics import Dimension
from tally._operations.credits import Direction

_state = whole(ExportState)


def export_usage(
    *,
    format: Format | None = None,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
    user_id: str | None = None,
    service: str | None = None,
    model: str | None = None,
    status: Literal["success", "error"] | None = None,
) -> Call[ExportState]:
    """Usage logs as a file."""
    params = query(
        format=format,
        start_date=start_date,
        end_date=end_date,
        user_id=user_id,
        service=service,
        model=model,
        status=status,
    )
    return get("/api/usage-logs/export", _state, params)


def export_workspace(
    workspace_id: str,
    *,
    format: Literal["csv", "json"] | None = None,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
) -> Call[ExportState]:
    """Usage logs of a workspace as a file."""
    params = query(format=format, start_date=start_date, end_date=end_date)
    return get(path("/api/usage/export/{}", workspace_id), _state, params)


def export_transactions(
    *,
    format: Format | None = None,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
    user_id: str | None = None,
    type: Direction | None = None,
    reason: Reason | None = None,
    q: str | None = None,
) -> Call[ExportState]:
    """Transactions as a file."""
    params = query(
        format=format,
        start_date=start_date,
        end_date=end_date,
        user_id=user_id,
        type=type,
        reason=reason,
        q=q,
    )
    return get("/api/admin/transactions/export", _state, params)


def export_summary(
    *,
    group_by: Dimension,
    metric: str | None = None,
    format: Format | None = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    user_id: str | None = None,
    service: str | None = None,
    model: str | None = None,
) -> Call[ExportState]:
    """The answer of `analytics.query` as a file."""
    params = query(
        kind="summary",
        group_by=group_by,
        metric=metric,
        format=format,
        start_date=start_date,
        end_date=end_date,
        user_id=user_id,
        service=service,
        model=model,
    )
    return get("/api/analytics/export", _state, params)


def export_audit(
    *,
    format: Format | None = None,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
    actor: str | None = None,
    action: str | None = None,
) -> Call[ExportState]:
    """The audit trail as a file."""
    params = query(
        format=format, start_date=start_date, end_date=end_date, actor=actor, action=action
    )
    return get("/api/admin/audit/export", _state, params)


def export(export_id: str) -> Call[ExportState]:
    """How far an export is, and where its files are once it is done."""
    return get(path("/api/exports/{}", export_id), _state)


def exports(
    *, page: int | None = None, limit: int | None = None, cursor: str | None = None
) -> Call[Page[Export]]:
    """A page of exports that were asked for."""
    params = query(page=page, limit=limit, cursor=cursor)
    return get("/api/exports", listed("exports", Export), params)
