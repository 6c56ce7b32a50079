"""Erasing users: asked for over HTTP, done by jobs of a queue that go on where the last one stopped."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger

from shared.domain.erasure import Erasure
from shared.domain.exports import Export, export_id_of, folder_of
from shared.domain.workspace import Workspace
from shared.ports.runtime import Clock
from shared.ports.versions import Versions

RESERVE_S: Final = 60.0
"""Time of the function that is kept for handing over: more than the longest single step takes."""

ClearDay = Callable[[Workspace, str, str], None]
"""Takes what was noted of the user of an account out of the archive of a local day."""

logger = Logger()


class Erasures(Protocol):
    """Erasures and how far they are."""

    def begin(self, workspace_id: str, user_id: str) -> Erasure:
        """Cut a user's id off the account, or find that it is cut off."""

    def get(self, workspace_id: str, account_id: str) -> Erasure | None:
        """The erasure of an account's user."""

    def steps(self, erasure: Erasure) -> Iterator[Erasure]:
        """Take the texts of journal and logs away, step by step."""

    def days(self, erasure: Erasure, zone: ZoneInfo) -> list[str]:
        """The local days on which the account's logs were committed, after the last that is done with."""

    def passed(self, erasure: Erasure, day: str) -> Erasure:
        """Write down that the archive has none of the texts up to a day."""

    def finish(self, erasure: Erasure) -> None:
        """Write down that nothing is left to do."""


class Workspaces(Protocol):
    """Workspaces and their registered customers."""

    def get(self, workspace_id: str) -> Workspace:
        """Read a workspace."""

    def remove_customer(self, workspace_id: str, account_id: str) -> None:
        """End a registration."""


class Queue(Protocol):
    """Where erasures wait for their next job."""

    def send(self, workspace_id: str, account_id: str) -> None:
        """Have an erasure go on."""


class ExportStore(Protocol):
    """Exports and their states."""

    def newest(self, workspace_id: str, owner: str | None) -> Iterator[Export]:
        """Exports that somebody asked for (None: everybody)."""

    def fail(self, export: Export) -> bool:
        """Write down that a run has failed, unless it is another one by now."""

    def drop(self, export: Export) -> None:
        """Forget an export."""


class Files(Protocol):
    """Where files are."""

    def keys(self, prefix: str) -> Iterator[str]:
        """The keys that begin so."""

    def delete(self, keys: Iterable[str]) -> None:
        """Delete files."""


class ClearExports:
    """Takes away the export files that show who is behind an account, or what was noted of them.

    They can be made again, without it. To be done when the texts are gone. An export is written down before
    the first of its rows is read and its files come later, so whoever may have seen a text is found here.
    """

    def __init__(self, exports: ExportStore, files: Files) -> None:
        self._exports = exports
        self._files = files

    def asked(self, workspace_id: str) -> frozenset[str]:
        """The exports that were asked for until now."""
        return frozenset(each.export_id for each in self._exports.newest(workspace_id, None))

    def __call__(self, erasure: Erasure, asked: Container[str]) -> int:
        """Clear out what was asked for; the number of files that went."""
        files = set(self._files.keys(folder_of(erasure.workspace_id)))
        kept = set()
        for export in self._exports.newest(erasure.workspace_id, None):
            if export.export_id not in asked or not export.selection.reveals(erasure.account_id):
                kept.add(export.export_id)
            elif export.status == "running":
                # So it can't finish; its message brings it back and it starts over.
                self._exports.fail(export)
            else:
                files |= {export.data_key, export.manifest_key}
                self._exports.drop(export)
        doomed = sorted(key for key in files if export_id_of(key) not in kept)
        self._files.delete(doomed)
        return len(doomed)


class EraseUsers:
    """What requests and jobs do."""

    def __init__(
        self,
        erasures: Erasures,
        workspaces: Workspaces,
        clear_exports: ClearExports,
        clear_day: ClearDay,
        queue: Queue,
        versions: Versions,
        clock: Clock,
    ) -> None:
        self._erasures = erasures
        self._workspaces = workspaces
        self._clear_exports = clear_exports
        self._clear_day = clear_day
        self._queue = queue
        self._versions = versions
        self._clock = clock

    def ask(self, workspace_id: str, user_id: str) -> Erasure:
        """Erase a user: nobody is behind the account from now on, and the texts go soon.

        Repeating it is safe, and sends a job on its way that may have got lost.

        Raises:
            NotFoundError: nobody has heard of the user.
            ConflictRetryError, UnavailableError: it may not have begun, or no job is on its way.
        """
        erasure = self._erasures.begin(workspace_id, user_id)
        if erasure.status == "running":
            self._versions.bump(workspace_id, self._clock.now_ms())
            self._queue.send(workspace_id, erasure.account_id)
        return erasure

    def go_on(self, workspace_id: str, account_id: str, remaining_ms: int) -> None:
        """Do what is left of an erasure, or as much as there is time for, and then hand over.

        Raises:
            Exception: something failed; the message is to come again.
        """
        deadline = self._clock.monotonic() + remaining_ms / 1000 - RESERVE_S
        erasure = self._erasures.get(workspace_id, account_id)
        if erasure is None or erasure.status == "done":
            logger.info("nothing to erase", account_id=account_id, known=erasure is not None)
            return
        for step in self._erasures.steps(erasure):
            erasure = step
            if self._clock.monotonic() > deadline:
                self._queue.send(workspace_id, account_id)
                logger.info("erasure goes on", account_id=account_id, entries=erasure.done_seq)
                return
        for step in self._days(erasure):
            erasure = step
            if self._clock.monotonic() > deadline:
                self._queue.send(workspace_id, account_id)
                logger.info("erasure goes on", account_id=account_id, day=erasure.archived_day)
                return
        self._workspaces.remove_customer(workspace_id, account_id)
        asked = self._clear_exports.asked(workspace_id)
        if not self._runs(workspace_id, account_id):
            # Another worker was through. What was asked for since then shows nobody, and may stay.
            return
        files = self._clear_exports(erasure, asked)
        self._versions.bump(workspace_id, self._clock.now_ms())
        self._erasures.finish(erasure)
        logger.info("erased", account_id=account_id, entries=erasure.done_seq, files=files)

    def _runs(self, workspace_id: str, account_id: str) -> bool:
        erasure = self._erasures.get(workspace_id, account_id)
        return erasure is not None and erasure.status == "running"

    def _days(self, erasure: Erasure) -> Iterator[Erasure]:
        """Take the texts out of the archive, day by day: the table is free of them, so none can follow."""
        workspace = self._workspaces.get(erasure.workspace_id)
        for day in self._erasures.days(erasure, workspace.zone):
            self._clear_day(workspace, day, erasure.account_id)
            erasure = self._erasures.passed(erasure, day)
            yield erasure
