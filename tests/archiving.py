"""A workspace whose days are archived, over a table and a bucket in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from functions.archive.composition import Bucket, parts_of
from functions.archive.planning import Planned
from functions.archive.schemas import Job
from shared.archive.files import ENTRIES, LOGS, read_part
from shared.domain.archive import JOURNAL, USAGE_LOGS, Archive, Kind, Unit
from shared.domain.calendar import local_day
from shared.domain.checkpoints import Signature, Statement, checkpoint_from
from shared.domain.erasure import Erasure
from shared.domain.ids import uuid7
from shared.domain.journal import Entry
from shared.domain.repricing import Repricing, Selection
from shared.domain.usage import UsageLog
from shared.store.adjusting import DynamoAdjustments
from shared.store.archives import DynamoArchives
from shared.store.erasures import DynamoErasures
from shared.store.repricings import DynamoRepricings
from shared.store.schema import TTL_ATTRIBUTE, log_key, repriced_key
from shared.store.table import Delete, Table, number, text
from tests.erasing import Registry
from tests.exports import PLENTY_MS
from tests.factories import WORKSPACE
from tests.fakes.archive_ports import ArchiveBucket, ArchiveJobs, Signing
from tests.fakes.faults import Call


class Vault(Registry):
    """Books, exports, erasures and the archive, on one clock."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.jobs_of_archive = ArchiveJobs()
        self.checkpoints, self.signer = ArchiveBucket(), Signing()
        self.archives = DynamoArchives(self.table, map)
        self.plan, self.run = self.archivist(self.table)

    def archivist(self, table: Table) -> Any:
        """What plans and what does jobs, on a table."""
        bucket = Bucket(self.bucket, self.checkpoints, self.signer)
        return parts_of(table, bucket, self.jobs_of_archive, self.clock, map)

    @property
    def today(self) -> str:
        """The local day."""
        return local_day(self.clock.now_ms(), self.workspace.zone)

    def night(self) -> Planned:
        """Fold, plan, and do every job until none is left."""
        self.fold()
        planned: Planned = self.plan()
        self.work_off()
        return planned

    def work_off(self) -> int:
        """Do the jobs that wait; how many did not agree with the books."""
        refused = 0
        while self.jobs_of_archive.waiting:
            refused += self.do(self.jobs_of_archive.waiting.pop(0))
        return refused

    def do(self, job: Job, remaining_ms: int = PLENTY_MS) -> int:
        """Do one job."""
        refused: int = self.run.all([job], remaining_ms)
        return refused

    def next_day(self, days: int = 1) -> None:
        """Go on until some days later, two hours after midnight in UTC."""
        now_ms = self.clock.now_ms()
        into_day = now_ms % 86_400_000
        self.clock.set(now_ms - into_day + days * 86_400_000 + 7_200_000)

    def expire(self) -> None:
        """Drop what is over, as the table does by itself within two days."""
        now_s = self.clock.now_ms() // 1000
        for item in self.table.items():
            if number(item, TTL_ATTRIBUTE, now_s) < now_s:
                self.table.write(Delete({"pk": text(item, "pk"), "sk": text(item, "sk")}))

    def settle(self, **changes: Any) -> None:
        """Change settings as the API does."""
        current = self.workspaces.get(WORKSPACE)
        changed = current.changed_at(self.clock.now_ms(), replace(current, **changes))
        self.workspaces.replace(changed, current)
        self.workspace = self.workspaces.get(WORKSPACE)

    def reprice(self, user: str, *log_ids: str) -> None:
        """Price some logs of a user anew, as a run does."""
        now_ms = self.clock.now_ms()
        run_id = uuid7(now_ms, self.clock.random_bytes)
        run = Repricing(WORKSPACE, run_id, Selection(0, now_ms), False, now_ms, now_ms)
        store = DynamoRepricings(self.table, self.clock.random_bytes)
        store.create(run, None, {})
        account_id = self.account(user)
        adjusting = DynamoAdjustments(self.table, self.clock).adjusting(
            run, [account_id], fence=False
        )
        logs = [log for log_id in log_ids if (log := self.logs.get(WORKSPACE, log_id))]
        assert adjusting[account_id].take(logs)
        store.save(replace(run, status="done", tally=adjusting[account_id].tally), run)

    def unit(self, day: str, kind: Kind = USAGE_LOGS) -> Archive:
        """A unit that is there."""
        found = self.archives.get(Unit(WORKSPACE, kind, day))
        assert found is not None
        return found

    def filed(self, day: str) -> list[UsageLog]:
        """The logs in the files of a day."""
        unit = self.unit(day)
        batches = (read_part(self.bucket, unit, part, LOGS) for part in unit.parts)
        return [log for part in batches for batch in part for log in batch]

    def filed_entries(self, month: str) -> list[Entry]:
        """The journal entries in the files of a month."""
        unit = self.unit(month, JOURNAL)
        batches = (read_part(self.bucket, unit, part, ENTRIES) for part in unit.parts)
        return [entry for part in batches for batch in part for entry in batch]

    def erasing_steps(self, erasure: Erasure) -> Iterator[Erasure]:
        """The steps in which an erasure takes the texts out of the table."""
        return DynamoErasures(self.table, self.workspaces, self.clock, map).steps(erasure)

    def manifest_of(self, day: str, kind: Kind = USAGE_LOGS) -> Mapping[str, Any]:
        """The manifest of a unit."""
        found: Mapping[str, Any] = json.loads(
            self.bucket.content[self.unit(day, kind).unit.manifest_key]
        )
        return found

    def checkpoint(self, unit: Archive) -> tuple[Statement, Signature | None]:
        """The checkpoint of a unit that has one."""
        return checkpoint_from(json.loads(self.checkpoints.content[unit.key_of(unit.parts[0])]))

    def expiry_of(self, log_id: str) -> object:
        """When the table drops a log, in seconds; None: never."""
        item = self.table.get(log_key(WORKSPACE, log_id))
        assert item is not None
        return item.get(TTL_ATTRIBUTE)

    def expiry_beside(self, log_id: str) -> object:
        """When the table drops what stands beside a log."""
        item = self.table.get(repriced_key(WORKSPACE, log_id))
        assert item is not None
        return item.get(TTL_ATTRIBUTE)


class Countdown:
    """Does something at the n-th call of table or bucket, once; `met` when it came to that."""

    def __init__(self, vault: Vault, place: int, do: Callable[[], object]) -> None:
        self.met = False
        self._vault = vault
        self._left = place
        self._do = do
        vault.table.meet_chaos(self._table)
        vault.bucket.meet = lambda verb, key: self._step()

    def _table(self, call: Call) -> Callable[[], None]:
        return self._step

    def _step(self) -> None:
        self._left -= 1
        if self._left < 0 and not self.met:
            self.met = True
            self.stop()
            self._do()

    def stop(self) -> None:
        """Leave the rest alone."""
        self._vault.table.meet_chaos(None)
        self._vault.bucket.meet = lambda verb, key: None
