"""Repricings: asked for over HTTP, the long ones gone on with as jobs of a queue."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from functions.repricing.running import ACCOUNTS_AT_ONCE, RunRepricing
from functions.repricing.schemas import is_jobs, jobs_of
from functions.repricing.service import Repricings, RunJobs
from functions.repricing.settings import Settings
from functions.repricing.views import repricing_view
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.compose import dependencies, http_app
from shared.http.idempotency import idempotency_key_of
from shared.http.messages import Event, Identity, Request, Response
from shared.http.params import Params
from shared.ports.runtime import Spread
from shared.store.adjusting import DynamoAdjustments
from shared.store.directory import DynamoDirectory
from shared.store.logs import DynamoUsageLogs
from shared.store.repricings import DynamoRepricings


def build(settings: Settings, spread: Spread | None = None) -> Callable[[Event, Any], Any]:
    """The function, put together. `spread` reprices accounts side by side."""
    deps = dependencies(settings.http)
    table, clock = deps.table, deps.clock
    store = DynamoRepricings(table, clock.random_bytes)
    queue = SqsQueue(sqs_client, settings.queue_url)
    run = RunRepricing(
        store,
        DynamoDirectory(table),
        DynamoUsageLogs(table),
        DynamoAdjustments(table, clock),
        clock,
        spread or ThreadPoolExecutor(ACCOUNTS_AT_ONCE).map,
    )
    repricings = Repricings(store, run, queue, deps.workspaces, deps.directory, clock)
    jobs = RunJobs(store, run, queue, clock)

    def post(request: Request, identity: Identity) -> Response:
        Params(request.query, frozenset())
        key = idempotency_key_of(request)
        found, replayed = repricings.ask(identity.workspace_id, request.json_object(), key)
        if replayed:
            return Response.replayed(repricing_view(found))
        return Response(202 if found.status == "running" else 200, repricing_view(found))

    def get(request: Request, identity: Identity) -> Response:
        Params(request.query, frozenset())
        found = repricings.get(identity.workspace_id, request.path["id"])
        return Response(200, repricing_view(found))

    app = http_app(
        deps, {"POST /api/admin/repricings": post, "GET /api/admin/repricings/{id}": get}
    )

    def handle(event: Event, context: Any) -> Any:
        if not is_jobs(event):
            return app(event, context)
        return jobs.all(jobs_of(event), context.get_remaining_time_in_millis())

    return handle


handler = build(Settings.read())
