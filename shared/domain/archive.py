"""The archive: what is in it, in which files, and when a log that is in it may go. Pure.

It grows by units: the usage logs that were committed on a local day of a workspace, the journal entries
of a month, the checkpoint of a day. A unit is written once its period is over for good; then its files
change only where an erasure or a repricing changes a row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.calendar import (
    MS_PER_DAY,
    MS_PER_HOUR,
    add_days,
    day_end_ms,
    day_start_ms,
    local_day,
    month_of,
    month_start_ms,
    period_end_ms,
    previous_month,
    utc_text,
)
from shared.domain.cells import Moves
from shared.domain.ids import uuid7_ms
from shared.domain.journal import KINDS, Entry
from shared.domain.journal import Kind as JournalKind
from shared.domain.usage import UsageLog

Kind = Literal["usage_logs", "journal", "checkpoints"]
Status = Literal["writing", "written", "done"]
Sums = dict[str, int]
"""Sums of rows by name; `cost` in picos."""

USAGE_LOGS: Final = "usage_logs"
JOURNAL: Final = "journal"
CHECKPOINTS: Final = "checkpoints"
SCHEMA: Final = 1
"""The version of the files' columns. Readers take files that lack a column for ones with nothing in it."""

USAGE: Final[JournalKind] = ("usage", "debit")
CLOSED_AFTER_MS: Final = MS_PER_HOUR
"""So long after its end a day is over for good: more than instances' clocks are apart, and more than the
longest commit takes from reading the clock to being written."""

KEPT_DAYS: Final = 30
"""Logs are kept so much longer than the retention: time to archive them late, to find a repeat of a log
that came late, and to take a raised retention to the logs that there are."""

FILE_NAME: Final = re.compile(r"[0-9]{5,}-([0-9]+)\.[a-z]+")
RECORDED: Final = ("requests", "errors", "totalTokens", "credits", "cost")
"""Sums of logs as they were recorded: nothing ever changes them."""

MANIFEST: Final = "_manifest.json"
"""Engines that read the folder leave out what begins so."""

SET_ASIDE: Final = "set_aside/"
"""Files of commits that a restore took back: out of engines' sight, and gone after a time."""


class Unit(NamedTuple):
    """What is archived together. `period` is a local day, or (of the journal) a month."""

    workspace_id: str
    kind: Kind
    period: str

    @property
    def folder(self) -> str:
        """What the keys of its files begin with."""
        by = "month" if self.kind == JOURNAL else "day"
        return f"{self.kind}/workspace={self.workspace_id}/{by}={self.period}/"

    @property
    def manifest_key(self) -> str:
        """Where its manifest is."""
        return f"{self.folder}{MANIFEST}"

    def range_ms(self, zone: ZoneInfo) -> tuple[int, int]:
        """The half-open range of `createdAt` that it holds."""
        if self.kind == JOURNAL:
            return month_start_ms(self.period, zone), period_end_ms(self.period, zone)
        return day_start_ms(self.period, zone), day_end_ms(self.period, zone)


class Position(NamedTuple):
    """A place in a unit: after an entry of an account. Accounts stand in the order of their ids."""

    account_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a unit.

    `first` and `last` are the first and last account in it, `start_ms` … `end_ms` (both included) the
    times of its rows: when logs occurred, when entries were made. `sums` are what the journal says of it.
    """

    name: str
    rows: int
    bytes: int
    sha256: str
    first: str
    last: str
    start_ms: int
    end_ms: int
    sums: Sums

    def may_hold(self, start_ms: int | None, end_ms: int | None, account_id: str | None) -> bool:
        """Whether a row of a half-open range of times, of an account (None: any), can be in it."""
        return (
            (start_ms is None or self.end_ms >= start_ms)
            and (end_ms is None or self.start_ms < end_ms)
            and (account_id is None or self.first <= account_id <= self.last)
        )


@dataclass(frozen=True, slots=True)
class Archive:
    """A unit and how far it is.

    `attempt` counts those who took it on: only the latest may write down what it did, and files carry it
    in their names. While it is `writing`, `after` is the last entry in `parts`; `written`: the files are
    verified, and the expiry of `stamped` rows is set, for a retention of `retention_days`, and never was set
    for one below `least_days`. `erased` users of the workspace had been erased when its first row was read.
    `left` is the revision of files from before a restore that do not agree with the books (0: none).
    """

    unit: Unit
    status: Status = "writing"
    attempt: int = 0
    after: Position | None = None
    parts: tuple[Part, ...] = ()
    stamped: int = 0
    retention_days: int = 0
    least_days: int = 0
    erased: int = 0
    left: int = 0
    created_ms: int = 0
    updated_ms: int = 0

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def sums(self) -> Sums:
        """Sums of all parts."""
        return total(part.sums for part in self.parts)

    @property
    def readable(self) -> bool:
        """Whether its files are whole and verified."""
        return self.status != "writing"

    def taken_from(self, now_ms: int, zone: ZoneInfo) -> bool:
        """Whether its logs are to be read from the files, for the table may have let go of some."""
        start_ms, _ = self.unit.range_ms(zone)
        earliest_ms = start_ms + (self.least_days + KEPT_DAYS - 1) * MS_PER_DAY
        return self.readable and now_ms >= earliest_ms

    def key_of(self, part: Part) -> str:
        """Where a part is."""
        return f"{self.unit.folder}{part.name}"

    def new_key(self, number: int) -> str:
        """Where this attempt writes a part, by its place."""
        return f"{self.unit.folder}{self.new_name(number)}"

    def new_name(self, number: int) -> str:
        """What this attempt calls a part, by its place."""
        return f"{number:05d}-{self.attempt}.parquet"

    def attempt_of(self, key: str) -> int:
        """Which attempt wrote a file of the unit; 0 where its name does not say so."""
        name = FILE_NAME.fullmatch(key.removeprefix(self.unit.folder))
        return 0 if name is None else int(name[1])

    def with_part(self, number: int, part: Part) -> Archive:
        """With a part in its place: a further one, or another version of one that is there."""
        return replace(self, parts=(*self.parts[:number], part, *self.parts[number + 1 :]))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a workspace's archive is.

    All days up to `through` and all months up to `through_month` are done. Repricings that ended before
    `repriced_ms` are in the files. Logs expire by `retention_days` at the earliest.
    """

    through: str
    through_month: str
    repriced_ms: int
    retention_days: int


def first_progress(created_ms: int, retention_days: int, zone: ZoneInfo) -> Progress:
    """The progress of a workspace that nothing was archived of."""
    # A day early: the clocks of those who commit may be behind the one it was made by.
    day = local_day(created_ms - MS_PER_DAY, zone)
    through = add_days(day, -1)
    return Progress(through, previous_month(month_of(day)), created_ms, retention_days)


def last_closed_day(now_ms: int, zone: ZoneInfo) -> str:
    """The latest local day that no commit can be on any more."""
    return add_days(local_day(now_ms - CLOSED_AFTER_MS, zone), -1)


def last_closed_month(now_ms: int, zone: ZoneInfo) -> str:
    """The latest local month that no commit can be in any more."""
    return previous_month(month_of(local_day(now_ms - CLOSED_AFTER_MS, zone)))


def expires_ms(log_id: str, created_ms: int, retention_days: int) -> int:
    """When a log may go. An id that tells a time is refused as too old before that."""
    made_ms = uuid7_ms(log_id) or 0
    return max(created_ms, made_ms) + (retention_days + KEPT_DAYS) * MS_PER_DAY


def log_sums(log: UsageLog) -> Sums:
    """What a log adds to its part's sums: as it was recorded, and what counts now."""
    now = log.current
    return {
        "requests": 1,
        "errors": int(log.failed),
        "totalTokens": log.tokens.total if log.tokens else 0,
        "credits": log.credits,
        "cost": log.cost_picos,
        "currentCredits": now.credits,
        "currentCost": now.cost_picos,
    }


def digest_sums(entry: Entry) -> Sums:
    """What the journal says of an entry's logs: sums that those of the logs have to come to."""
    figures = [row.sums for row in entry.digest]
    return {
        "requests": sum(sums.requests for sums in figures),
        "errors": sum(sums.errors for sums in figures),
        "totalTokens": sum(sums.total for sums in figures),
        "credits": sum(sums.credits for sums in figures),
        "cost": sum(sums.cost for sums in figures),
    }


def entry_sums(entry: Entry) -> Sums:
    """What an entry adds to its part's sums."""
    credit = entry.type == "credit"
    return {
        "entries": 1,
        "credited": entry.amount if credit else 0,
        "debited": 0 if credit else entry.amount,
    }


def moves_sums(moves: Moves) -> Sums:
    """What a cell says of a day's entries, by the names of `entry_sums`."""
    found = {"entries": sum(moves.counts.values()), "credited": 0, "debited": 0}
    for kind, credits in moves.credits.items():
        found["credited" if KINDS[kind][1] == "credit" else "debited"] += credits
    return found


def usage_sums(moves: Moves) -> Sums:
    """What a cell says of a day's usage: its entries, and what they debited."""
    entries = sum(count for (kind, _), count in moves.counts.items() if KINDS[kind] == USAGE)
    return {"entries": entries, "credits": moves.credits.get(KINDS.index(USAGE), 0)}


def agree(found: Mapping[str, int], said: Mapping[str, int]) -> bool:
    """Whether sums are what another source says of them, as far as it says anything."""
    return all(found.get(name, 0) == figure for name, figure in said.items())


def total(sums: Iterable[Mapping[str, int]]) -> Sums:
    """Sums added up by name."""
    found: Sums = {}
    for each in sums:
        for name, figure in each.items():
            found[name] = found.get(name, 0) + figure
    return found


def manifest_of(archive: Archive, timezone: str, zone: ZoneInfo) -> dict[str, object]:
    """A unit's manifest, as it stands beside the files: JSON with whole numbers, money in picos."""
    start_ms, end_ms = archive.unit.range_ms(zone)
    return {
        "schema": SCHEMA,
        "kind": archive.unit.kind,
        "workspaceId": archive.unit.workspace_id,
        "period": archive.unit.period,
        "timezone": timezone,
        "range": {"start": utc_text(start_ms), "end": utc_text(end_ms)},
        "revision": archive.attempt,
        "rows": archive.rows,
        "sums": archive.sums,
        "files": [part_json(part) for part in archive.parts],
        "createdAt": utc_text(archive.created_ms),
        "updatedAt": utc_text(archive.updated_ms),
    }


def part_json(part: Part) -> dict[str, Any]:
    """A part as JSON."""
    return asdict(part)


def part_from(raw: Mapping[str, Any]) -> Part:
    """The part of its JSON.

    Raises:
        TypeError: it is none.
    """
    return Part(**raw)


def part_text(part: Part) -> str:
    """A part as a compact text."""
    return json.dumps(part_json(part), separators=(",", ":"))
