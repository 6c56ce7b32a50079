"""The archive in a world: written by jobs that die, into a bucket that spoils, until the table lets go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from functions.archive.composition import Bucket as Places
from functions.archive.composition import parts_of
from functions.archive.schemas import Job
from shared.archive.files import LOGS, read_part
from shared.domain.archive import KEPT_DAYS, USAGE_LOGS
from shared.domain.calendar import MS_PER_DAY
from shared.domain.checkpoints import Signature
from shared.domain.usage import UsageLog
from shared.store.archives import DynamoArchives
from tests.fakes.archive_ports import ArchiveBucket
from tests.simulation.jobs import PLENTY_MS, JobQueue, Message
from tests.simulation.scheduler import Crash
from tests.simulation.stage import Stage

HOURS: Final = 40
NIGHT_HOURS: Final = 16
"""Rounds of the schedule after which everything that is over has to be archived, whatever went wrong."""

LEAST_HOURS: Final = 6
"""Rounds that there are whatever they find: a day may end meanwhile."""

HOUR_SECONDS: Final = 1_800.0
LONG_MS: Final = (92 + KEPT_DAYS + 4) * MS_PER_DAY
"""After so long the table may drop every log there was."""


class Unsigned:
    """Nobody who signs."""

    def sign(self, digest: bytes) -> Signature | None:
        """No signature."""
        return None


class Jobs:
    """The queue as the archive knows it."""

    def __init__(self, queue: JobQueue) -> None:
        self._queue = queue

    def send(self, job: Job) -> None:
        """Have a job done."""
        self._queue.send(
            {
                "workspace_id": job.workspace_id,
                "kind": job.kind,
                "period": job.period,
                "task": job.task,
            }
        )


class Archivist:
    """The function's two halves on one world's table, and its bucket."""

    def __init__(self, stage: Stage, queue: JobQueue) -> None:
        self._stage = stage
        self.queue = queue
        self.bucket = ArchiveBucket()
        self.checkpoints = ArchiveBucket()
        self.ended_ms = 0
        """When all that was over was archived."""
        for bucket in (self.bucket, self.checkpoints):
            bucket.meet = self._meet
        self.bucket.spoil = self._spoil

    def _meet(self, verb: str, key: str) -> None:
        with self._stage.call("The bucket did not answer."):
            pass

    def _spoil(self, data: bytes) -> bytes:
        """What is kept of a file of rows: a part of it, now and then."""
        manifest = data.startswith(b"{")
        if manifest or self._stage.weather.calm or not self._stage.chance(0.1):
            return data
        self._stage.sights.saw("file spoilt")
        return data[: len(data) // 2]

    def _parts(self) -> Any:
        places = Places(self.bucket, self.checkpoints, Unsigned())
        table, clock = self._stage.view(), self._stage.instance_clock()
        return parts_of(table, places, Jobs(self.queue), clock, map)

    def worker(self) -> Callable[[Message], None]:
        """One that runs jobs."""
        _, run = self._parts()

        def work(message: Message) -> None:
            run.all([Job(**message.body)], PLENTY_MS)

        return work

    def watch(self, nightly: Callable[[], None]) -> None:
        """Come by every so often until all that is over is archived.

        `nightly` folds journals to their ends, as it is done every night.
        """
        self._stage.scheduler.may_crash(0.006)
        for hour in range(HOURS):
            if hour == HOURS // 4:
                self._stage.weather.calm = self._stage.scheduler.calm = True
            try:
                if hour % NIGHT_HOURS == NIGHT_HOURS - 1:
                    nightly()
                plan, _ = self._parts()
                planned = plan()
                over = not planned.jobs and not planned.lag_ms and not self.queue.messages
                if over and hour >= LEAST_HOURS:
                    self.ended_ms = self._stage.scheduler.now_us // 1000
                    return
                self._stage.scheduler.sleep(HOUR_SECONDS)
            except Crash:
                self._stage.sights.saw("death")
            except Exception:  # noqa: BLE001, S112 - the next hour finds what is left
                continue
        raise AssertionError("7: the archive does not come to its end")

    def logs(self) -> dict[tuple[str, str], UsageLog]:
        """All logs that are in verified files, each once.

        Raises:
            AssertionError: one is in the archive twice.
        """
        archives = DynamoArchives(self._stage.table, map)
        found: dict[tuple[str, str], UsageLog] = {}
        for workspace_id in self._stage.workspaces:
            for archive in archives.units(workspace_id, USAGE_LOGS):
                if not archive.readable:
                    continue
                for part in archive.parts:
                    for logs in read_part(self.bucket, archive, part, LOGS):
                        for log in logs:
                            key = log.workspace_id, log.log_id
                            assert key not in found, f"2: {key} is in the archive twice"
                            found[key] = log
        return found
