"""Long work that is not at its end, of all workspaces, in one partition of an index.

Whoever writes such work down marks it with `marks`; the mark goes with the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from shared.domain.jobs import JobKind, LongJob
from shared.store.schema import (
    OPS,
    UNDER_WAY,
    Key,
    erasure_key,
    export_key,
    repricing_key,
)
from shared.store.table import (
    AllOf,
    ConditionFailedError,
    Equal,
    Item,
    Query,
    Table,
    Update,
    known,
    number,
    optional_number,
    readable,
    rows,
    text,
)

RUNNING: Final = "running"
KINDS: Final[Mapping[str, JobKind]] = {
    "ERASURES": "erasure",
    "EXPORTS": "export",
    "REPRICINGS": "repricing",
}


def marks(key: Key, status: str) -> Item:
    """What keeps work among that under way while it runs."""
    return {"ok": UNDER_WAY, "os": f"{key['pk']}#{key['sk']}"} if status == RUNNING else {}


class DynamoUnderWay:
    """Work under way in the table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self) -> Iterator[LongJob]:
        """All there is, as the index has it."""
        for item in rows(self._table, Query(UNDER_WAY, OPS)):
            yield _job_from(item)

    def sent_again(self, job: LongJob, now_ms: int) -> bool:
        """Write down that a message is sent; False when there was a sign of life meanwhile."""
        said: Item = {"ua": now_ms, "sa": job.sent_again + 1}
        return self._change(Update(_key(job), assign=said, condition=_silent(job)))

    def failed(self, job: LongJob, now_ms: int) -> bool:
        """Write down that it has failed; False when there was a sign of life meanwhile."""
        said: Item = {"st": "failed", "ua": now_ms}
        return self._change(
            Update(_key(job), assign=said, remove=("ok", "os"), condition=_silent(job))
        )

    def _change(self, update: Update) -> bool:
        try:
            self._table.write(update)
        except ConditionFailedError:
            return False
        return True


def _job_from(item: Item) -> LongJob:
    readable(item)
    _, workspace_id, family = text(item, "pk").split("#")
    return LongJob(
        known(KINDS, family),
        workspace_id,
        text(item, "sk"),
        number(item, "ca"),
        number(item, "ua"),
        optional_number(item, "at") or 0,
        optional_number(item, "sa") or 0,
    )


def _key(job: LongJob) -> Key:
    make = {"erasure": erasure_key, "export": export_key, "repricing": repricing_key}[job.kind]
    return make(job.workspace_id, job.job_id)


def _silent(job: LongJob) -> AllOf:
    return AllOf((Equal("st", RUNNING), Equal("ua", job.updated_ms)))
