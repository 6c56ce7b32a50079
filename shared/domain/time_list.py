"""A list in order of time whose total and pages come from counts of days and hours. Pure.

Rows are read where the counts say they are: a page costs its own rows, and those of the one hour it
begins in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, dropwhile, islice
from typing import Final, Generic, Self, TypeVar
from zoneinfo import ZoneInfo

from shared.domain.calendar import LAST_MS, day_end_ms, day_start_ms, local_day
from shared.domain.errors import ValidationFailedError
from shared.domain.listing import DayCount, Stretch, gap_of, stretches_of, windows

R = TypeVar("R")
T = TypeVar("T")

MAX_COUNTED_ROWS: Final = 20_000
"""Rows of one hour that are counted, or skipped, one by one; more would take seconds."""

POSITION: Final = re.compile(r"([0-9]{1,15}) (.+)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list: the row's time, and the key that the store goes on from."""

    at_ms: int
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The place that a text of `str` stands for.

        Raises:
            ValueError: it is none.
        """
        match = POSITION.fullmatch(text)
        if match is None or int(match[1]) > LAST_MS:
            raise ValueError("is not a place in a list")
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.at_ms} {self.key}"


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of time, in ms."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class TimePage(Generic[R]):
    """Part of a list. `total` is of the whole list; `after` is the place to go on from."""

    rows: list[R]
    total: int
    after: Position | None


Read = Callable[[int, int, str | None, int], Iterator[tuple[str, R]]]
"""`(key, row)` between two times, half-open, after a key, in the list's order; about how many are wanted."""


class TimeList(Generic[R]):
    """The rows of a range of time, in one order.

    `days` counts the rows of each local day. `at_ms` is a row's time.
    """

    def __init__(
        self,
        days: dict[str, DayCount],
        zone: ZoneInfo,
        span: Span,
        read: Read[R],
        at_ms: Callable[[R], int],
        *,
        descending: bool,
    ) -> None:
        """Counts the rows of the hours that the range begins and ends in, where it cuts them.

        Raises:
            ValidationFailedError: such an hour has too many rows to count them.
        """
        self._days = days
        self._zone = zone
        self._span = span
        self._read_rows = read
        self._at_ms = at_ms
        self._descending = descending
        edges = {local_day(span.start_ms, zone), local_day(span.end_ms - 1, zone)}
        self._edges = {
            day: self._counted(day, days[day])
            for day in edges
            if day in days and not self._whole(day)
        }

    def page(self, offset: int, limit: int, after: Position | None) -> TimePage[R]:
        """`limit` rows after the first `offset`, or after a place.

        Raises:
            ValidationFailedError: the page begins too far inside an hour.
        """
        total = sum(map(self._rows_of, self._days))
        if after is not None:
            found = self._read(self._stretches_from(after), 0, limit + 1, after.key)
        else:
            stretches, skip = self._stretches_at(offset)
            found = self._read(stretches, skip, limit + 1, None)
        rows = found[:limit]
        more = len(found) > limit
        last = Position(self._at_ms(rows[-1][1]), rows[-1][0]) if more else None
        return TimePage([row for _, row in rows], total, last)

    def _whole(self, day: str) -> bool:
        zone, span = self._zone, self._span
        return span.start_ms <= day_start_ms(day, zone) and day_end_ms(day, zone) <= span.end_ms

    def _rows_of(self, day: str) -> int:
        if day in self._edges:
            return sum(stretch.rows for stretch in self._edges[day])
        return self._days[day].rows

    def _counted(self, day: str, count: DayCount) -> list[Stretch]:
        """The stretches of a day that is only partly inside, what is not known of them counted by hand."""
        span, inside = self._span, []
        for stretch in stretches_of(day, count, self._zone):
            if stretch.end_ms <= span.start_ms or span.end_ms <= stretch.start_ms:
                continue
            if not stretch.rows or (
                span.start_ms <= stretch.start_ms and stretch.end_ms <= span.end_ms
            ):
                inside.append(stretch)
                continue
            inside.append(
                Stretch(
                    max(stretch.start_ms, span.start_ms),
                    min(stretch.end_ms, span.end_ms),
                    stretch.logs,
                    self._count(stretch),
                )
            )
        return inside

    def _count(self, stretch: Stretch) -> int:
        if stretch.logs > MAX_COUNTED_ROWS:
            raise ValidationFailedError.of(
                "?startDate",
                f"cuts through more than {MAX_COUNTED_ROWS} rows (or endDate does); give days",
            )
        gap = gap_of(stretch, self._span.start_ms, self._span.end_ms)
        counted = sum(
            sum(1 for _ in self._read_rows(*piece, None, stretch.rows)) for piece in gap.pieces
        )
        return max(stretch.rows - counted, 0) if gap.outside else counted

    def _stretches_at(self, offset: int) -> tuple[Iterator[Stretch], int]:
        """The stretches from the one that holds row `offset`, and how many of its rows come before."""
        days = iter(self._in_order(sorted(self._days)))
        for day in days:
            rows = self._rows_of(day)
            if offset < rows:
                break
            offset -= rows
        else:
            return iter(()), 0
        stretches = iter(self._stretches_of(day))
        for stretch in stretches:
            if offset < stretch.rows:
                break
            offset -= stretch.rows
        if offset > MAX_COUNTED_ROWS:
            raise ValidationFailedError.of(
                "?page", f"begins after more than {MAX_COUNTED_ROWS} rows of one hour; go by cursor"
            )
        return chain([stretch], stretches, self._stretches_on(days)), offset

    def _stretches_from(self, after: Position) -> Iterator[Stretch]:
        """The stretches that can hold rows after a place."""
        day, down = local_day(after.at_ms, self._zone), self._descending
        days = dropwhile(
            lambda other: other > day if down else other < day, self._in_order(sorted(self._days))
        )
        return dropwhile(
            lambda stretch: (
                stretch.start_ms > after.at_ms if down else stretch.end_ms <= after.at_ms
            ),
            self._stretches_on(days),
        )

    def _stretches_on(self, days: Iterable[str]) -> Iterator[Stretch]:
        for day in days:
            yield from self._stretches_of(day)

    def _stretches_of(self, day: str) -> list[Stretch]:
        edge = self._edges.get(day)
        if edge is None:
            edge = stretches_of(day, self._days[day], self._zone)
        return self._in_order(edge)

    def _in_order(self, ascending: list[T]) -> list[T]:
        return ascending[::-1] if self._descending else ascending

    def _read(
        self, stretches: Iterable[Stretch], skip: int, count: int, after: str | None
    ) -> list[tuple[str, R]]:
        rows = chain.from_iterable(
            self._read_rows(*window, after, skip + count)
            for window in windows(stretches, skip + count)
        )
        return list(islice(rows, skip, skip + count))
