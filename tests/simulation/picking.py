"""The look every quarter of an hour: long work that nobody is at any more is sent on its way again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from functions.reconcile.picking_up import PickUpJobs, Queue, UnderWay
from shared.domain.jobs import JobKind, LongJob
from shared.store.under_way import DynamoUnderWay
from tests.simulation.scheduler import Crash
from tests.simulation.stage import Stage

QUARTER_SECONDS: Final = 900.0
ROUGH_LOOKS: Final = 8
"""After so many, nothing goes wrong any more: two hours."""

LOOKS: Final = 100
"""After a day of these nothing may be left, whatever went wrong."""

Job = tuple[str, str]
"""The workspace and the id of long work."""


class Looker:
    """The function's look on one world's table. Two of them look at the same time."""

    def __init__(
        self, stage: Stage, new_queues: Callable[[], dict[JobKind, Queue]], busy: Callable[[], int]
    ) -> None:
        self._stage = stage
        self._new_queues = new_queues
        self._busy = busy
        self.written: set[tuple[Job, int]] = set()
        """What looks wanted to write down, and the times that they wrote."""
        self.sent: Counter[Job] = Counter()
        """Messages that looks sent, or wanted to."""

    def watch(self) -> None:
        """Look until nothing is under way.

        Raises:
            AssertionError: it never ends.
        """
        self._stage.scheduler.may_crash(0.01)
        for number in range(LOOKS):
            if number == ROUGH_LOOKS:
                self._stage.weather.calm = self._stage.scheduler.calm = True
            try:
                self._stage.scheduler.sleep(QUARTER_SECONDS)
                if number > ROUGH_LOOKS and not self.left():
                    return
                self._stage.sights.saw("looked meanwhile", self._busy())
                self._look()
            except Crash:
                self._stage.sights.saw("death")
            except Exception:  # noqa: BLE001, S112 - the next look goes on
                continue
        raise AssertionError(f"7: nobody picks up {self.left()}")

    def left(self) -> list[Job]:
        """What is under way."""
        return [
            (str(item["pk"]).split("#")[1], str(item["sk"]))
            for item in self._stage.table.items()
            if item.get("ok") == "UNDER_WAY"
        ]

    def _look(self) -> None:
        table, clock = self._stage.view(), self._stage.instance_clock()
        queues: dict[JobKind, Queue] = {
            kind: _Counted(queue, self.sent) for kind, queue in self._new_queues().items()
        }
        found = PickUpJobs(_Noted(DynamoUnderWay(table), self.written), queues, clock)()
        self._stage.sights.saw("picked up", found.sent)
        self._stage.sights.saw("given up", found.failed)


class _Noted:
    """Work under way; what a look wants to write down is noted."""

    def __init__(self, under_way: UnderWay, written: set[tuple[Job, int]]) -> None:
        self._under_way = under_way
        self._written = written

    def all(self) -> Iterator[LongJob]:
        return self._under_way.all()

    def sent_again(self, job: LongJob, now_ms: int) -> bool:
        self._written.add(((job.workspace_id, job.job_id), now_ms))
        return self._under_way.sent_again(job, now_ms)

    def failed(self, job: LongJob, now_ms: int) -> bool:
        self._written.add(((job.workspace_id, job.job_id), now_ms))
        return self._under_way.failed(job, now_ms)


class _Counted:
    """A queue; what is sent to it is counted."""

    def __init__(self, queue: Queue, sent: Counter[Job]) -> None:
        self._queue = queue
        self._sent = sent

    def send(self, workspace_id: str, job_id: str) -> None:
        self._sent[workspace_id, job_id] += 1
        self._queue.send(workspace_id, job_id)
