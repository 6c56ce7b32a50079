"""POST /api/usage-logs, /api/usage-logs/batch and /api/events."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from functions.record_usage.events import events_of
from functions.record_usage.schemas import batch_key, batch_rows, single_key
from functions.record_usage.service import RecordUsage
from functions.record_usage.settings import Settings
from functions.record_usage.views import batch_view, event_view, recorded_view
from shared.compose import dependencies, http_app
from shared.http.app import App
from shared.http.messages import Identity, Request, Response
from shared.http.params import Params
from shared.ports.ledger import Outcome
from shared.store.accounts import DynamoAccounts
from shared.store.ledger import DynamoLedger

SIDE_BY_SIDE: Final = 8
"""Accounts committed at the same time: they wait for the table, not for the function's CPU."""


def build(settings: Settings) -> App:
    """The function, put together."""
    deps = dependencies(settings)
    record = RecordUsage(
        DynamoLedger(deps.table, deps.clock, ThreadPoolExecutor(SIDE_BY_SIDE).map),
        DynamoAccounts(deps.table),
        deps.directory,
        deps.clock,
    )

    def post_usage_log(request: Request, identity: Identity) -> Response:
        Params(request.query, frozenset())
        key = single_key(request.idempotency_key)
        recorded = record.one(identity.workspace_id, request.json_object(), key)
        body = recorded_view(recorded, deps.clock.now_ms())
        return Response.replayed(body) if recorded.replayed else Response(201, body)

    def post_batch(request: Request, identity: Identity) -> Response:
        Params(request.query, frozenset())
        key = batch_key(request.idempotency_key)
        rows = batch_rows(request.json_object())
        return _of_batch(record.many(identity.workspace_id, rows, key))

    def post_events(request: Request, identity: Identity) -> Response:
        Params(request.query, frozenset())
        key = single_key(request.idempotency_key)
        events = events_of(request)
        if events.batch:
            return _of_batch(record.events(identity.workspace_id, events.rows))
        recorded = record.event(identity.workspace_id, events.rows[0], key)
        body = event_view(recorded)
        return Response.replayed(body) if recorded.replayed else Response(202, body)

    return http_app(
        deps,
        {
            "POST /api/usage-logs": post_usage_log,
            "POST /api/usage-logs/batch": post_batch,
            "POST /api/events": post_events,
        },
    )


def _of_batch(outcomes: Sequence[tuple[Outcome, str]]) -> Response:
    body = batch_view(outcomes)
    if all(outcome.status == "replayed" for outcome, _ in outcomes):
        return Response.replayed(body)
    return Response(200, body)


handler = build(Settings.read())
