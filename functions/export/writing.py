"""One run of an export: rows, encoded, into a file, with the manifest beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Protocol, Self

from functions.export.batches import Batch
from functions.export.columns import Column, Row, columns_of
from functions.export.formats import encoder_of
from functions.export.sources import Rows
from functions.export.views import Named, manifest_view
from shared.domain.audit import MASKED
from shared.domain.exports import MEDIA_TYPES, Export, Selection, added, no_totals
from shared.domain.workspace import Workspace
from shared.http import json
from shared.ports.directory import Directory
from shared.ports.runtime import Clock


class FileWriter(Protocol):
    """A file being written: there once its `with` block ends well, and not at all otherwise."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of them, as hexadecimal digits."""

    def write(self, chunk: bytes) -> None:
        """Append."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None: ...


class Files(Protocol):
    """Where files go."""

    def create(self, key: str, media_type: str) -> FileWriter:
        """A new file."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete files."""


Watch = Callable[[Export], None]
"""Told now and then how far a run is; stops it by raising."""


class WriteExport:
    """Runs exports. Memory does not grow with the rows."""

    def __init__(self, rows: Rows, files: Files, directory: Directory, clock: Clock) -> None:
        self._rows = rows
        self._files = files
        self._directory = directory
        self._clock = clock

    def __call__(self, workspace: Workspace, export: Export, watch: Watch) -> Export:
        """Write both files of this attempt; returns the export as it is then: done.

        Raises:
            UnavailableError: the files could not be written.
            Exception: what `watch` raised, or the store; then no file of rows is left.
        """
        selection = export.selection
        columns = columns_of(selection)
        encode = encoder_of(selection.format)
        tally = _Tally(export, watch)
        file = self._files.create(export.data_key, MEDIA_TYPES[selection.format])
        with file, closing(self._rows.read(workspace, selection)) as batches:
            encode(columns, tally.rows(batches), file.write)
        done = replace(
            tally.export,
            status="done",
            bytes=file.size_bytes,
            sha256=file.sha256,
            updated_ms=self._clock.now_ms(),
        )
        self._write_manifest(workspace, done, columns)
        return done

    def discard(self, export: Export) -> None:
        """Take the files of an attempt away."""
        self._files.delete([export.data_key, export.manifest_key])

    def _write_manifest(
        self, workspace: Workspace, export: Export, columns: Sequence[Column]
    ) -> None:
        with self._files.create(export.manifest_key, "application/json") as file:
            names = [column.name for column in columns]
            named = self._named(workspace.workspace_id, export.selection)
            file.write(json.dump(manifest_view(export, named, names)))

    def _named(self, workspace_id: str, selection: Selection) -> Named:
        user_id = account_id = selection.account_id
        if account_id is not None and not selection.pseudonymous:
            user_id = self._directory.user_of(workspace_id, account_id) or account_id
        actor = selection.actor
        if actor is not None:
            users = self._directory.users_of(workspace_id, MASKED.findall(actor))
            actor = MASKED.sub(lambda match: users.get(match[1], match[1]), actor)
        return Named(user_id, actor)


class _Tally:
    """Counts rows as they go by. `export` is the export as it is so far."""

    def __init__(self, export: Export, watch: Watch) -> None:
        self.export = replace(export, read=0, rows=0, totals=no_totals(export.selection.kind))
        self._watch = watch

    def rows(self, batches: Iterable[Batch]) -> Iterator[list[Row]]:
        """The rows of the batches, counted when the taker comes for the next ones."""
        for batch in batches:
            yield batch.rows
            self.export = replace(
                self.export,
                read=self.export.read + batch.read,
                rows=self.export.rows + len(batch.rows),
                totals=added(self.export.totals, batch.totals),
                truncated=self.export.truncated or batch.truncated,
            )
            self._watch(self.export)
