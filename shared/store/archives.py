"""How far the archive is, and the marks by which the table lets go of what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from shared.domain.archive import (
    CHECKPOINTS,
    Archive,
    Kind,
    Part,
    Position,
    Progress,
    Status,
    Unit,
    expires_ms,
    part_from,
    part_text,
)
from shared.domain.usage import UsageLog
from shared.ports.runtime import Spread
from shared.store.repricings import repricing_from
from shared.store.schema import (
    SCHEMA_VERSION,
    TTL_ATTRIBUTE,
    Key,
    archive_key,
    erasure_key,
    log_key,
    repriced_key,
    repricing_key,
)
from shared.store.table import (
    NEW_ITEM,
    Absent,
    AllOf,
    AnyOf,
    Below,
    ConditionFailedError,
    Equal,
    Item,
    Present,
    Put,
    Query,
    Table,
    Update,
    known,
    number,
    readable,
    rows,
    text,
    texts,
)

STATUSES: Final[dict[str, Status]] = {"writing": "writing", "written": "written", "done": "done"}
KINDS: Final[dict[str, Kind]] = {
    "usage_logs": "usage_logs",
    "journal": "journal",
    "checkpoints": "checkpoints",
}
PROGRESS: Final = "PROGRESS"
ANY: Final = ""
"""Stands for the id of a key that is asked for its partition only."""

AFTER_PERIODS: Final = "~"
"""Sorts after every period."""


class DynamoArchives:
    """The archive's state in the table. `spread` writes several marks side by side."""

    def __init__(self, table: Table, spread: Spread) -> None:
        self._table = table
        self._spread = spread

    def get(self, unit: Unit) -> Archive | None:
        """A unit; None while nobody took it on."""
        item = self._table.get(_key(unit))
        return None if item is None else archive_from(unit.workspace_id, item)

    def save(self, archive: Archive, expected: Archive | None) -> bool:
        """Write a unit over what was read (None: nothing); False when it is another attempt's by now."""
        condition = (
            NEW_ITEM
            if expected is None
            else AllOf((Equal("at", expected.attempt), Equal("st", expected.status)))
        )
        try:
            self._table.write(Put(archive_item(archive), condition))
        except ConditionFailedError:
            return False
        return True

    def units(
        self, workspace_id: str, kind: Kind, first: str = "", last: str = AFTER_PERIODS
    ) -> Iterator[Archive]:
        """The units of a kind from one period to another, both included, consistently."""
        pk = archive_key(workspace_id, PROGRESS)["pk"]
        query = Query(pk, low=f"{kind}#{first}", high=f"{kind}#{last}")
        for item in rows(self._table, query):
            yield archive_from(workspace_id, item)

    def latest(self, workspace_id: str, before: str) -> Archive | None:
        """The latest checkpoint of an earlier day that there is."""
        found = self.checkpoints(workspace_id, before)
        return next((archive for archive in found if archive.unit.period < before), None)

    def checkpoints(self, workspace_id: str, through: str) -> Iterator[Archive]:
        """The checkpoints that there are, from a day backwards, consistently."""
        pk = archive_key(workspace_id, PROGRESS)["pk"]
        high = f"{CHECKPOINTS}#{through}"
        query = Query(pk, low=f"{CHECKPOINTS}#", high=high, descending=True, limit=30)
        found = (archive_from(workspace_id, item) for item in rows(self._table, query))
        return (archive for archive in found if archive.parts and archive.status == "done")

    def progress(self, workspace_id: str) -> Progress | None:
        """How far a workspace's archive is; None before its first night."""
        item = self._table.get(archive_key(workspace_id, PROGRESS))
        if item is None:
            return None
        return Progress(text(item, "up"), text(item, "um"), number(item, "rp"), number(item, "rd"))

    def save_progress(self, workspace_id: str, progress: Progress) -> None:
        """Write down how far a workspace's archive is. Whoever plans does so alone, or says the same."""
        item: Item = {
            **archive_key(workspace_id, PROGRESS),
            "v": SCHEMA_VERSION,
            "up": progress.through,
            "um": progress.through_month,
            "rp": progress.repriced_ms,
            "rd": progress.retention_days,
        }
        self._table.write(Put(item))

    def let_go(self, logs: Sequence[UsageLog], retention_days: int) -> None:
        """Have the table drop logs, and what stands beside them, when their time is over.

        A mark is only ever moved to later. What is not there (any more) is not made.
        """
        marks = [mark for log in logs for mark in _marks(log, retention_days)]
        for _ in self._spread(self._mark, marks):
            pass

    def _mark(self, update: Update) -> None:
        with suppress(ConditionFailedError):
            self._table.write(update)

    def erased(self, workspace_id: str) -> frozenset[str]:
        """The accounts whose users were, or are being, erased; consistently."""
        query = Query(erasure_key(workspace_id, ANY)["pk"], only=("sk",))
        return frozenset(text(item, "sk") for item in rows(self._table, query))

    def repriced_since(self, workspace_id: str, since_ms: int) -> list[tuple[int, int]]:
        """The half-open ranges of `occurredAt` that repricings which ended since a time went through."""
        query = Query(repricing_key(workspace_id, ANY)["pk"])
        runs = map(repricing_from, rows(self._table, query))
        return [
            (run.selection.start_ms, run.selection.end_ms)
            for run in runs
            if not run.dry and run.status != "running" and run.updated_ms >= since_ms
        ]

    def repriced_ever(self, workspace_id: str, since_ms: int) -> bool:
        """Whether a repricing may have changed logs that were committed since a time."""
        query = Query(repricing_key(workspace_id, ANY)["pk"])
        runs = map(repricing_from, rows(self._table, query))
        return any(
            not run.dry and (run.status == "running" or run.updated_ms >= since_ms) for run in runs
        )


def _marks(log: UsageLog, retention_days: int) -> Iterator[Update]:
    at_s = -(-expires_ms(log.log_id, log.created_ms, retention_days) // 1000)
    later = AllOf((Present("v"), AnyOf((Absent(TTL_ATTRIBUTE), Below(TTL_ATTRIBUTE, at_s)))))
    keys: list[Key] = [log_key(log.workspace_id, log.log_id)]
    if log.repriced is not None:
        keys.append(repriced_key(log.workspace_id, log.log_id))
    for key in keys:
        yield Update(key, assign={TTL_ATTRIBUTE: at_s}, condition=later)


def _key(unit: Unit) -> Key:
    return archive_key(unit.workspace_id, f"{unit.kind}#{unit.period}")


def archive_item(archive: Archive) -> Item:
    """A unit."""
    item: Item = {
        **_key(archive.unit),
        "v": SCHEMA_VERSION,
        "st": archive.status,
        "at": archive.attempt,
        "pt": list(map(part_text, archive.parts)),
        "se": archive.stamped,
        "rd": archive.retention_days,
        "ld": archive.least_days,
        "er": archive.erased,
        "ca": archive.created_ms,
        "ua": archive.updated_ms,
    }
    if archive.left:
        item["lf"] = archive.left
    if archive.after is not None:
        item["af"] = f"{archive.after.account_id} {archive.after.seq}"
    return item


def archive_from(workspace_id: str, item: Item) -> Archive:
    """The unit of an item.

    Raises:
        ValueError: an attribute is missing or of another type.
    """
    readable(item)
    kind, _, period = text(item, "sk").partition("#")
    after: Position | None = None
    if "af" in item:
        account_id, _, seq = text(item, "af").partition(" ")
        after = Position(account_id, int(seq))
    parts: tuple[Part, ...] = tuple(part_from(json.loads(part)) for part in texts(item, "pt"))
    return Archive(
        unit=Unit(workspace_id, known(KINDS, kind), period),
        status=known(STATUSES, text(item, "st")),
        attempt=number(item, "at"),
        after=after,
        parts=parts,
        stamped=number(item, "se"),
        retention_days=number(item, "rd"),
        least_days=number(item, "ld"),
        erased=number(item, "er"),
        left=number(item, "lf", 0),
        created_ms=number(item, "ca"),
        updated_ms=number(item, "ua"),
    )
