"""Where in time the rows of an account's list lie, known from cells without reading the rows. Pure.

With the counts of days and hours at hand, a list says its exact total, jumps to any page and steps
over what does not match; only the hour that a page begins in has to be skipped through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.calendar import MS_PER_DAY, day_end_ms, day_start_ms, local_day_hour
from shared.domain.cells import MODEL, CellKey, Delta
from shared.domain.statistics import HOURS, Selection

MS_PER_HOUR: Final = 3_600_000
CLOCK_STEP_MS: Final = 15 * 60_000
"""Clocks are changed at full quarters of an hour, everywhere."""

MAX_IDLE_LOGS: Final = 100
"""Reading past so many logs that don't match takes about as long as one more call."""


class Block(NamedTuple):
    """A stretch of a local day, half-open, that holds some local hours entirely."""

    start_ms: int
    end_ms: int
    hours: tuple[int, ...]


@dataclass(slots=True)
class DayCount:
    """How many logs a day has: `logs` at all, `rows` of them in the list.

    `hours` counts both by local hour; None where the list's rows are only known for the whole day.
    """

    logs: int = 0
    rows: int = 0
    hours: dict[int, tuple[int, int]] | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, half-open, with its `logs` at all and its `rows` of the list."""

    start_ms: int
    end_ms: int
    logs: int
    rows: int


def day_counts(
    cells: Mapping[CellKey, Delta], what: Selection, failed: bool | None
) -> dict[str, DayCount]:
    """What private cells (day totals, or model cells where there is a selection) say about a list.

    `failed` asks for errors or successes only; cells don't split those by hour.
    """
    counts: dict[str, DayCount] = {}
    for key, delta in cells.items():
        day = counts.setdefault(key.period, DayCount(hours={} if failed is None else None))
        taken = key.family != MODEL or what.takes(key)
        day.logs += delta.sums.requests
        if taken:
            errors = delta.sums.errors
            matching = {None: delta.sums.requests, True: errors}
            day.rows += matching.get(failed, delta.sums.requests - errors)
        if day.hours is not None:
            for hour, figures in delta.hours.items():
                logs, rows = day.hours.get(hour, (0, 0))
                more = figures.requests if taken else 0
                day.hours[hour] = (logs + figures.requests, rows + more)
    return counts


def blocks_of(day: str, zone: ZoneInfo) -> list[Block]:
    """A local day cut into its hours, as finely as time runs forward.

    An hour that clocks repeat is one longer block; where they repeat several hours in turn, those are
    one block together.
    """
    start_ms, end_ms = day_start_ms(day, zone), day_end_ms(day, zone)
    if end_ms - start_ms == MS_PER_DAY:
        return [
            Block(start_ms + hour * MS_PER_HOUR, start_ms + (hour + 1) * MS_PER_HOUR, (hour,))
            for hour in range(HOURS)
        ]
    steps = [(at, local_day_hour(at, zone)[1]) for at in range(start_ms, end_ms, CLOCK_STEP_MS)]
    last_of = {hour: at + CLOCK_STEP_MS for at, hour in steps}
    blocks: list[Block] = []
    began, until, hours = start_ms, start_ms, set[int]()
    for at, hour in steps:
        hours.add(hour)
        until = max(until, last_of[hour])
        if at + CLOCK_STEP_MS == until:
            blocks.append(Block(began, until, tuple(sorted(hours))))
            began, hours = until, set()
    return blocks


def stretches_of(day: str, count: DayCount, zone: ZoneInfo) -> list[Stretch]:
    """A day's logs by stretches of time, earliest first; stretches without any are left out."""
    if count.hours is None or not count.rows:
        return [Stretch(day_start_ms(day, zone), day_end_ms(day, zone), count.logs, count.rows)]
    stretches = []
    for start_ms, end_ms, hours in blocks_of(day, zone):
        found = [count.hours[hour] for hour in hours if hour in count.hours]
        logs, rows = sum(logs for logs, _ in found), sum(rows for _, rows in found)
        if logs:
            stretches.append(Stretch(start_ms, end_ms, logs, rows))
    return stretches


class Gap(NamedTuple):
    """Times of a stretch that need a count, half-open, and whether that count is of what to leave out."""

    pieces: tuple[tuple[int, int], ...]
    outside: bool


def gap_of(stretch: Stretch, start_ms: int, end_ms: int) -> Gap:
    """What has to be counted to know a stretch's rows between two times: the shorter part of it."""
    low, high = max(stretch.start_ms, start_ms), min(stretch.end_ms, end_ms)
    around = tuple(
        (begin, end)
        for begin, end in ((stretch.start_ms, low), (high, stretch.end_ms))
        if begin < end
    )
    if 2 * (high - low) > stretch.end_ms - stretch.start_ms:
        return Gap(around, outside=True)
    return Gap(((low, high),), outside=False)


def windows(stretches: Iterable[Stretch], wanted: int) -> Iterator[tuple[int, int]]:
    """Half-open times to read one after the other, in the order of the stretches.

    Each covers `wanted` rows or what there is, and no more than `MAX_IDLE_LOGS` logs in a row that lie
    in stretches without rows.
    """
    window: Stretch | None = None
    idle = 0
    for stretch in stretches:
        if not stretch.rows:
            idle += stretch.logs
            continue
        if window is not None and (window.rows >= wanted or idle > MAX_IDLE_LOGS):
            yield window.start_ms, window.end_ms
            window = None
        if window is None:
            window = stretch
        else:
            window = replace(
                window,
                start_ms=min(window.start_ms, stretch.start_ms),
                end_ms=max(window.end_ms, stretch.end_ms),
                rows=window.rows + stretch.rows,
            )
        idle = 0
    if window is not None:
        yield window.start_ms, window.end_ms
