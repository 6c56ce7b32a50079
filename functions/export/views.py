"""Exports and manifests as the contract shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from functions.export.sources import order_of
from shared.domain.calendar import local_day, utc_text
from shared.domain.exports import Export, Links, Selection, Totals
from shared.domain.money import Figure, fixed_text, money
from shared.domain.workspace import Workspace
from shared.http.params import Paging, page_body
from shared.ports.pages import Page

View = dict[str, object]

PROGRESS_PLACES: Final = 2


@dataclass(frozen=True, slots=True)
class Named:
    """The one user or actor that an export is about, as its reader knows them."""

    user_id: str | None = None
    actor: str | None = None


def export_view(export: Export, now_ms: int) -> View:
    """An export. `progress` is 0–1; `bytes`, `sha256` and `totals` are there once it is done."""
    status = export.status_at(now_ms)
    view: View = {
        "id": export.export_id,
        "kind": export.selection.kind,
        "format": export.selection.format,
        "status": status,
        "rows": export.rows,
        "progress": _progress(export),
        "createdAt": utc_text(export.created_ms),
    }
    if status == "done":
        view |= {
            "bytes": export.bytes,
            "sha256": export.sha256,
            "totals": _totals_view(export.totals),
        }
    return view


def list_view(page: Page[Export], total: int, paging: Paging, now_ms: int) -> View:
    """A page of exports."""
    views: list[object] = [export_view(export, now_ms) for export in page.rows]
    return page_body("exports", views, paging, total, page.next_key)


def answer_view(export: Export, links: Links | None, now_ms: int) -> View:
    """An export with the links to its files, where they are there."""
    view: View = {"export": export_view(export, now_ms)}
    if links is not None:
        rows_url, manifest_url = links.urls
        view |= {
            "downloadUrl": rows_url,
            "manifestUrl": manifest_url,
            "expiresAt": utc_text(links.expires_ms),
        }
    return view


def manifest_view(export: Export, named: Named, columns: list[str]) -> View:
    """A finished export's manifest.

    `range` is the half-open range of times that the dates stand for; null where it is open. `truncated` is
    there when a summary has more groups than rows; its totals are of all.
    """
    selection = export.selection
    start_ms, end_ms = selection.start_ms, selection.end_ms
    manifest: View = {
        "exportId": export.export_id,
        "kind": selection.kind,
        "format": selection.format,
        "filters": _filters_view(selection, named),
        "range": {
            "start": None if start_ms is None else utc_text(start_ms),
            "end": None if end_ms is None else utc_text(end_ms),
        },
        "rows": export.rows,
        "totals": _totals_view(export.totals),
        "bytes": export.bytes,
        "sha256": export.sha256,
        "columns": columns,
        "order": order_of(selection),
        "createdAt": utc_text(export.created_ms),
    }
    return manifest | {"truncated": True} if export.truncated else manifest


def file_names(export: Export, workspace: Workspace) -> tuple[str, str]:
    """What a browser calls the rows and the manifest."""
    day = local_day(export.created_ms, workspace.zone)
    stem = f"{export.selection.kind}-{day}-{export.export_id[-6:]}"
    return f"{stem}.{export.selection.format}", f"{stem}.manifest.json"


def _filters_view(selection: Selection, named: Named) -> View:
    status = None
    if selection.failed is not None:
        status = "error" if selection.failed else "success"
    filters = {
        "startDate": selection.start_date,
        "endDate": selection.end_date,
        "userId": named.user_id,
        "service": selection.service,
        "model": selection.model,
        "status": status,
        "type": selection.type,
        "reason": selection.reason,
        "q": selection.q,
        "actor": named.actor,
        "action": selection.action,
        "groupBy": selection.group,
        "metric": selection.metric,
        "provider": selection.provider,
        "country": selection.country,
        "platform": selection.platform,
    }
    return {name: value for name, value in filters.items() if value is not None}


def _totals_view(totals: Totals) -> View:
    return {name: money(sum_) if name == "cost" else sum_ for name, sum_ in totals.items()}


def _progress(export: Export) -> Figure:
    """How much of what has to be read was read: 1 only when it is done, 0 while nobody can tell."""
    steps = 10**PROGRESS_PLACES
    if export.status == "done":
        return Figure("1")
    share = export.read * steps // export.estimate if export.estimate else 0
    return Figure(fixed_text(min(share, steps - 1), PROGRESS_PLACES))
