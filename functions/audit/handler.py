"""GET /api/admin/audit; and the queue of entries that the table did not take at first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from functions.audit.schemas import backlog_of, is_backlog, wanted
from functions.audit.service import BringHome, ReadTrails
from functions.audit.settings import Settings
from shared.compose import Deps, dependencies, http_app
from shared.http.messages import Event, Identity, Request, Response
from shared.http.params import encode_cursor
from shared.http.views.audit import audit_entry_view
from shared.http.views.view import View
from shared.store.audit import DynamoAuditLog

logger = Logger()


def app(deps: Deps) -> Callable[[Event, Any], Any]:
    """The function on what it stands on."""
    audit = DynamoAuditLog(deps.table, deps.clock)
    trails, bring_home = ReadTrails(deps.workspaces, audit, deps.directory), BringHome(audit)

    def list_entries(request: Request, identity: Identity) -> Response:
        trail = trails.of(identity.workspace_id)
        asked = wanted(request, trail.zone, trail.account_of)
        page = trail.page(asked.where, asked.limit)
        body: View = {"entries": [audit_entry_view(entry) for entry in page.rows]}
        cursor = encode_cursor(page.next_key)
        return Response(200, body if cursor is None else {**body, "nextCursor": cursor})

    answer = http_app(deps, {"GET /api/admin/audit": list_entries})

    def handle(event: Event, context: Any) -> Any:
        if not is_backlog(event):
            return answer(event, context)
        entries = backlog_of(event)
        bring_home(entries)
        logger.info("brought home", entries=len(entries), request_id=context.aws_request_id)
        return None

    return handle


def build(settings: Settings) -> Callable[[Event, Any], Any]:
    """The function, put together."""
    return app(dependencies(settings))


handler = build(Settings.read())
