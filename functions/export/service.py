"""Asking for exports, and looking at them: who may have what, and whether it takes a job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Final, Protocol

from functions.export.estimates import Estimates
from functions.export.schemas import Asking, QueryReader, Wanted
from functions.export.views import file_names
from functions.export.writing import Watch, WriteExport
from shared.domain.audit import MASKED
from shared.domain.errors import NotFoundError, UnavailableError
from shared.domain.exports import (
    MEDIA_TYPES,
    SUMMARY,
    USAGE_LOGS,
    Download,
    Export,
    Links,
    Selection,
)
from shared.domain.ids import uuid7
from shared.domain.workspace import Workspace
from shared.http.messages import Identity
from shared.http.params import Paging
from shared.http.privacy import sees_user_ids
from shared.ports.directory import Directory
from shared.ports.pages import Page
from shared.ports.runtime import Clock
from shared.routes import SERVICE, USER

INLINE_ROWS: Final = 20_000
"""About as many as are surely read and written within the budget."""

INLINE_SECONDS: Final = 15.0
"""A gateway waits 30 s for an answer; half of it is left for what comes after, and for a slow start."""

MAX_LISTED: Final = 10_000
"""A list counts no further. Exports are kept for days only, so a workspace hardly gets there."""


class ExportStore(Protocol):
    """Exports and their states."""

    def create(self, export: Export) -> None:
        """Write a new export."""

    def get(self, workspace_id: str, export_id: str) -> Export | None:
        """One export, consistently."""

    def save(self, export: Export, expected: Export) -> bool:
        """Write an export over one; False when that is in another attempt or status by now."""

    def fail(self, export: Export) -> bool:
        """Write down that a run has failed; False when it is another attempt or status by now."""

    def drop(self, export: Export) -> None:
        """Forget an export."""

    def newest(self, workspace_id: str, owner: str | None) -> Iterator[Export]:
        """Exports that somebody asked for (None: everybody), newest first, consistently."""


class ExportQueue(Protocol):
    """Where exports wait for a job."""

    def send(self, workspace_id: str, export_id: str) -> None:
        """Have an export run."""

    def retry_in(self, receipt_handle: str, seconds: int) -> None:
        """Have a taken message come again after some seconds."""


class Downloads(Protocol):
    """Makes links."""

    def links(self, files: Sequence[Download], now_ms: int) -> Links:
        """A link to each file."""


class OverBudgetError(Exception):
    """An export takes longer than a request may."""


class Exports:
    """What the HTTP routes do."""

    def __init__(
        self,
        store: ExportStore,
        write: WriteExport,
        estimates: Estimates,
        queue: ExportQueue,
        downloads: Downloads,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._store = store
        self._write = write
        self._estimates = estimates
        self._queue = queue
        self._downloads = downloads
        self._directory = directory
        self._clock = clock

    def ask(
        self,
        identity: Identity,
        workspace: Workspace,
        read: QueryReader,
        query: Mapping[str, str],
    ) -> Export:
        """A new export: done when it is short, else running as a job.

        Raises:
            ValidationFailedError: a parameter is wrong, or figures so combined are not kept.
            NotFoundError: a user asked for another's data.
            UnavailableError: the files could not be written, or the job not be queued.
        """
        deadline = self._clock.monotonic() + INLINE_SECONDS
        now_ms = self._clock.now_ms()
        account_of = partial(self._directory.account_of, workspace)
        wanted = read(query, Asking(workspace.zone, now_ms, account_of))
        selection = self._permitted(identity, workspace, wanted)
        export = Export(
            workspace.workspace_id,
            uuid7(now_ms, self._clock.random_bytes),
            self._owner(identity, workspace),
            selection,
            created_ms=now_ms,
            updated_ms=now_ms,
            estimate=self._estimates.rows(workspace, selection, now_ms),
        )
        # Before anything is read: whoever erases a user has to know of every file there may be.
        self._store.create(export)
        if export.estimate <= INLINE_ROWS:
            done = self._at_once(workspace, export, deadline)
            if done is not None:
                return done
        self._hand_over(export)
        return export

    def _at_once(self, workspace: Workspace, export: Export, deadline: float) -> Export | None:
        """The export when it is done; None when it needs a job. An error leaves nothing of it."""
        try:
            done = self._write(workspace, export, self._until(deadline))
        except OverBudgetError:
            return None
        except Exception:
            self._store.drop(export)
            raise
        if self._store.save(done, export):
            return done
        # A user was erased meanwhile, who may be in the files: a job starts over.
        self._write.discard(done)
        self._store.save(export, replace(export, status="failed"))
        return None

    def get(self, identity: Identity, workspace: Workspace, export_id: str) -> Export:
        """An export that the caller asked for; an admin may have anybody's.

        Raises:
            NotFoundError: there is none, or it is another's.
        """
        export = self._store.get(workspace.workspace_id, export_id)
        owner = self._readable_owner(identity, workspace)
        if export is None or export.expired_at(self._clock.now_ms()):
            raise NotFoundError("There is no such export.")
        if owner is not None and export.owner != owner:
            raise NotFoundError("There is no such export.")
        return export

    def list(
        self, identity: Identity, workspace: Workspace, paging: Paging
    ) -> tuple[Page[Export], int]:
        """A page of the exports the caller may see, newest first, and how many there are."""
        owner, now_ms = self._readable_owner(identity, workspace), self._clock.now_ms()
        newest = self._store.newest(workspace.workspace_id, owner)
        exports = [e for e in islice(newest, MAX_LISTED) if not e.expired_at(now_ms)]
        cursor = paging.cursor
        if cursor is None:
            rest = exports[paging.offset :]
        else:
            rest = [export for export in exports if export.export_id < cursor]
        rows = rest[: paging.limit]
        next_key = rows[-1].export_id if len(rest) > len(rows) else None
        return Page(rows, next_key), len(exports)

    def links(self, workspace: Workspace, export: Export) -> Links | None:
        """Fresh links to a finished export's rows and manifest, in this order; None before."""
        if export.status != "done":
            return None
        rows_name, manifest_name = file_names(export, workspace)
        media_type = MEDIA_TYPES[export.selection.format]
        files = (
            Download(export.data_key, rows_name, media_type),
            Download(export.manifest_key, manifest_name, "application/json"),
        )
        return self._downloads.links(files, self._clock.now_ms())

    def _permitted(self, identity: Identity, workspace: Workspace, wanted: Wanted) -> Selection:
        """The selection narrowed to what the caller may have, in the form they may see."""
        account_id = None
        if wanted.user_id is not None:
            account_id = self._directory.account_of(workspace, wanted.user_id)
        if identity.role == USER:
            own = self._directory.account_of(workspace, identity.subject)
            if account_id not in {None, own}:
                raise NotFoundError("There is no such user.")
            account_id = own
        usage = wanted.selection.kind in {USAGE_LOGS, SUMMARY}
        return replace(
            wanted.selection,
            account_id=account_id,
            actor=self._actor(workspace, wanted.actors),
            pseudonymous=usage and not sees_user_ids(workspace, identity),
        )

    def _actor(self, workspace: Workspace, actors: tuple[str, ...]) -> str | None:
        """The form of an actor that is kept with an export: a known user's by account, else as it is."""
        for actor in actors:
            accounts = MASKED.findall(actor)
            if self._directory.users_of(workspace.workspace_id, accounts):
                return actor
        return next(iter(actors), None)

    def _owner(self, identity: Identity, workspace: Workspace) -> str:
        """Who asks, without a user's id. The role is part of it, and a former admin not its heir."""
        if identity.role == SERVICE:
            return f"key:{identity.subject}"
        account_id = self._directory.account_of(workspace, identity.subject)
        return f"user:{account_id}" if identity.role == USER else f"admin:{account_id}"

    def _readable_owner(self, identity: Identity, workspace: Workspace) -> str | None:
        """Whose exports the caller may see; None for everybody's."""
        if identity.role in {USER, SERVICE}:
            return self._owner(identity, workspace)
        return None

    def _until(self, deadline: float) -> Watch:
        def watch(_: Export) -> None:
            if self._clock.monotonic() > deadline:
                raise OverBudgetError

        return watch

    def _hand_over(self, export: Export) -> None:
        """Make an export a job."""
        try:
            self._queue.send(export.workspace_id, export.export_id)
        except UnavailableError:
            self._store.fail(export)
            raise
