"""DELETE /api/admin/users/{userId}, and the queue of erasures under way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from functions.erasure.schemas import is_jobs, jobs_of, user_of
from functions.erasure.service import ClearDay, ClearExports, EraseUsers
from functions.erasure.settings import Settings
from shared.adapters.erasure_queue import SqsErasureQueue
from shared.adapters.s3 import S3Files, s3_client
from shared.adapters.sqs import SqsQueue, sqs_client
from shared.compose import Deps, dependencies, http_app
from shared.domain.calendar import utc_text
from shared.domain.workspace import Workspace
from shared.http.messages import Event, Identity, Request, Response
from shared.ports.runtime import Clock
from shared.store.archives import DynamoArchives
from shared.store.erasures import DynamoErasures
from shared.store.exports import DynamoExports
from shared.store.table import Table
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces

WRITERS: Final = 16
"""Writes under way at once: they wait for the table, and a table on demand takes that much at once."""


def archive_of(table: Table, files: S3Files, clock: Clock) -> ClearDay:
    """What clears days of the archive. What reads their files is loaded by the first that there is."""

    def clear(workspace: Workspace, day: str, account_id: str) -> None:
        from shared.archive.rewriting import EraseTexts  # noqa: PLC0415 - see above

        EraseTexts(DynamoArchives(table, map), files, clock)(workspace, day, account_id)

    return clear


def service_of(deps: Deps, settings: Settings) -> EraseUsers:
    """What answers requests and does jobs, on the real S3 and SQS."""
    table, clock = deps.table, deps.clock
    workspaces = DynamoWorkspaces(table, clock.random_bytes)
    return EraseUsers(
        DynamoErasures(table, workspaces, clock, ThreadPoolExecutor(WRITERS).map),
        workspaces,
        ClearExports(DynamoExports(table), S3Files(s3_client, settings.bucket)),
        archive_of(table, S3Files(s3_client, settings.archive_bucket), clock),
        SqsErasureQueue(SqsQueue(sqs_client, settings.queue_url)),
        DynamoVersions(table),
        clock,
    )


def app(deps: Deps, settings: Settings) -> Callable[[Event, Any], Any]:
    """The function on what it stands on."""
    erase = service_of(deps, settings)

    def erase_user(request: Request, identity: Identity) -> Response:
        erasure = erase.ask(identity.workspace_id, user_of(request))
        body = {
            "id": erasure.erasure_id,
            "status": erasure.status,
            "at": utc_text(erasure.at_ms),
        }
        return Response(202, {"erasure": body})

    answer = http_app(deps, {"DELETE /api/admin/users/{userId}": erase_user})

    def handle(event: Event, context: Any) -> Any:
        if not is_jobs(event):
            return answer(event, context)
        for job in jobs_of(event):
            remaining_ms = context.get_remaining_time_in_millis()
            erase.go_on(job.workspace_id, job.account_id, remaining_ms)
        return None

    return handle


def build(settings: Settings) -> Callable[[Event, Any], Any]:
    """The function, put together."""
    return app(dependencies(settings.http), settings)


handler = build(Settings.read())
