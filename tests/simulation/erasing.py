"""Erasures of users in the middle of everything they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from functions.erasure.service import ClearExports, EraseUsers
from shared.archive.rewriting import EraseTexts
from shared.domain.errors import NotFoundError
from shared.store.archives import DynamoArchives
from shared.store.directory import DynamoDirectory
from shared.store.erasures import DynamoErasures
from shared.store.exports import DynamoExports
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces
from tests.fakes.archive_ports import ArchiveBucket
from tests.simulation.clients import USERS
from tests.simulation.heard import Heard
from tests.simulation.jobs import PLENTY_MS, JobQueue, Message
from tests.simulation.stage import Bucket, Stage

ERASURES: Final = 2
PAUSE_SECONDS: Final = 1.0


class ErasureJobs:
    """The queue as erasures know it."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def send(self, workspace_id: str, account_id: str) -> None:
        """Have an erasure go on."""
        self._queue.send({"workspaceId": workspace_id, "accountId": account_id})


class ErasureDesk:
    """The function on one world's table and bucket."""

    def __init__(
        self, stage: Stage, files: Bucket, archive: ArchiveBucket, queue: JobQueue
    ) -> None:
        self._stage = stage
        self._files = files
        self._archive = archive
        self._queue = ErasureJobs(queue)

    def erase(self) -> EraseUsers:
        """One that answers requests and runs jobs."""
        table, clock = self._stage.view(), self._stage.instance_clock()
        workspaces = DynamoWorkspaces(table, clock.random_bytes)
        return EraseUsers(
            DynamoErasures(table, workspaces, clock, map),
            workspaces,
            ClearExports(DynamoExports(table), self._files),
            EraseTexts(DynamoArchives(table, map), self._archive, clock),
            self._queue,
            DynamoVersions(table),
            clock,
        )

    def worker(self) -> Callable[[Message], None]:
        """One that runs jobs."""
        erase = self.erase()

        def work(message: Message) -> None:
            erase.go_on(message.body["workspaceId"], message.body["accountId"], PLENTY_MS)

        return work


class Eraser:
    """An admin who erases users."""

    def __init__(self, stage: Stage, desk: ErasureDesk, heard: Heard) -> None:
        self._stage = stage
        self._desk = desk
        self._heard = heard
        self._reborn()

    def _reborn(self) -> None:
        self._erase = self._desk.erase()

    def run(self) -> None:
        """Erase some, maybe the same one twice."""
        self._stage.scheduler.may_crash(0.01)
        for _ in range(ERASURES):
            self._stage.insist(self._reborn, lambda: self._stage.scheduler.sleep(PAUSE_SECONDS))
            workspace_id = self._stage.random.choice(self._stage.workspaces)
            self._erased(workspace_id, self._stage.random.choice(USERS))

    def _erased(self, workspace_id: str, user_id: str) -> None:
        named: list[str] = []

        def ask() -> None:
            table = self._stage.view()
            if not named:
                workspace = DynamoWorkspaces(table).get(workspace_id)
                named.append(DynamoDirectory(table).account_of(workspace, user_id))
            # Before it is asked for, as its answer may get lost. A repeat names the same account, not
            # whoever comes after.
            self._heard.erased.add((workspace_id, named[0]))
            try:
                self._erase.ask(workspace_id, named[0])
            except NotFoundError:
                self._heard.erased.discard((workspace_id, named[0]))

        self._stage.insist(self._reborn, ask, leaves=True)
