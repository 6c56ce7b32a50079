"""Single usage logs, and lists of a user's logs whose totals and pages come from cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, dropwhile, islice
from typing import Final, TypeVar

from functions.query_stats.schemas import LogsQuery, Position
from shared.domain.calendar import (
    add_days,
    day_end_ms,
    day_start_ms,
    local_day,
)
from shared.domain.cells import DAY_TOTAL, MODEL
from shared.domain.errors import NotFoundError, ValidationFailedError
from shared.domain.listing import (
    DayCount,
    Stretch,
    day_counts,
    gap_of,
    stretches_of,
    windows,
)
from shared.domain.usage import UsageLog
from shared.domain.workspace import MAX_RETENTION_DAYS, Workspace
from shared.ports import Cells, Clock, LogFilter, UsageLogs

T = TypeVar("T")

LISTED_DAYS: Final = MAX_RETENTION_DAYS
"""Lists go back as far as the longest retention: what is older can only be in the archive."""

MAX_COUNTED_LOGS: Final = 20_000
"""A range that begins or ends within a day has logs counted one by one; more would take seconds."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """Part of a list of logs. `total` is of the whole list; `after` is the place to go on from."""

    logs: list[UsageLog]
    total: int
    after: Position | None


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of time, in ms."""

    start_ms: int
    end_ms: int


class ReadUsageLogs:
    """Reads usage logs, one or a page of a user's."""

    def __init__(self, logs: UsageLogs, cells: Cells, clock: Clock) -> None:
        self._logs = logs
        self._cells = cells
        self._clock = clock

    def one(self, workspace: Workspace, log_id: str) -> UsageLog:
        """One log.

        Raises:
            NotFoundError: there is none of that id.
        """
        log = self._logs.get(workspace.workspace_id, log_id)
        if log is None:
            raise NotFoundError("There is no such usage log.")
        return log

    def page(self, workspace: Workspace, account_id: str, query: LogsQuery) -> LogPage:
        """A page of an account's logs.

        Raises:
            ValidationFailedError: the range cuts through too many logs to count them.
        """
        span = self._span(workspace, query)
        if span is None:
            return LogPage([], 0, None)
        return _AccountList(self._logs, self._cells, workspace, account_id, query, span).page()

    def _span(self, workspace: Workspace, query: LogsQuery) -> Span | None:
        """The range asked for, as far as there can be logs in it; None when there can't."""
        now_ms, zone = self._clock.now_ms(), workspace.zone
        today = local_day(now_ms, zone)
        start_ms = day_start_ms(add_days(today, -LISTED_DAYS), zone)
        end_ms = day_end_ms(add_days(today, 1), zone)
        if query.start_ms is not None:
            start_ms = max(start_ms, query.start_ms)
        if query.end_ms is not None:
            end_ms = min(end_ms, query.end_ms)
        return Span(start_ms, end_ms) if start_ms < end_ms else None


class _AccountList:
    """One account's logs in one range, under one request's filters and order."""

    def __init__(
        self,
        logs: UsageLogs,
        cells: Cells,
        workspace: Workspace,
        account_id: str,
        query: LogsQuery,
        span: Span,
    ) -> None:
        self._logs = logs
        self._workspace = workspace
        self._account_id = account_id
        self._query = query
        self._span = span
        family = MODEL if query.what else DAY_TOTAL
        first = local_day(span.start_ms, workspace.zone)
        last = local_day(span.end_ms - 1, workspace.zone)
        found = cells.private(workspace, account_id, family, first, last)
        self._days = day_counts(found, query.what, query.failed)
        self._edges = {
            day: self._counted(day, self._days[day])
            for day in {first, last}
            if day in self._days and not self._whole(day)
        }

    def page(self) -> LogPage:
        """The page that the request is about."""
        total = sum(map(self._rows_of, self._days))
        limit, after = self._query.paging.limit, self._query.after
        if after is not None:
            found = self._read(self._stretches_from(after), 0, limit + 1)
        else:
            stretches, skip = self._stretches_at(self._query.paging.offset)
            found = self._read(stretches, skip, limit + 1)
        rows = found[:limit]
        more = len(found) > limit
        last = Position(rows[-1][1].occurred_ms, rows[-1][0]) if more else None
        return LogPage([log for _, log in rows], total, last)

    def _whole(self, day: str) -> bool:
        zone, span = self._workspace.zone, self._span
        return span.start_ms <= day_start_ms(day, zone) and day_end_ms(day, zone) <= span.end_ms

    def _rows_of(self, day: str) -> int:
        if day in self._edges:
            return sum(stretch.rows for stretch in self._edges[day])
        return self._days[day].rows

    def _counted(self, day: str, count: DayCount) -> list[Stretch]:
        """The stretches of a day that is only partly inside, what cells can't tell counted by hand."""
        span, inside = self._span, []
        for stretch in stretches_of(day, count, self._workspace.zone):
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
        if stretch.logs > MAX_COUNTED_LOGS:
            raise ValidationFailedError.of(
                "?startDate",
                f"cuts through more than {MAX_COUNTED_LOGS} logs (or endDate does); give days",
            )
        gap = gap_of(stretch, self._span.start_ms, self._span.end_ms)
        counted = sum(sum(1 for _ in self._history(*piece, None)) for piece in gap.pieces)
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
        return chain([stretch], stretches, self._stretches_on(days)), offset

    def _stretches_from(self, after: Position) -> Iterator[Stretch]:
        """The stretches that can hold rows after a place."""
        day, down = local_day(after.occurred_ms, self._workspace.zone), self._query.descending
        days = dropwhile(
            lambda other: other > day if down else other < day, self._in_order(sorted(self._days))
        )
        return dropwhile(
            lambda stretch: (
                stretch.start_ms > after.occurred_ms
                if down
                else stretch.end_ms <= after.occurred_ms
            ),
            self._stretches_on(days),
        )

    def _stretches_on(self, days: Iterable[str]) -> Iterator[Stretch]:
        for day in days:
            yield from self._stretches_of(day)

    def _stretches_of(self, day: str) -> list[Stretch]:
        edge = self._edges.get(day)
        if edge is None:
            edge = stretches_of(day, self._days[day], self._workspace.zone)
        return self._in_order(edge)

    def _in_order(self, ascending: list[T]) -> list[T]:
        return ascending[::-1] if self._query.descending else ascending

    def _read(
        self, stretches: Iterable[Stretch], skip: int, count: int
    ) -> list[tuple[str, UsageLog]]:
        after = None if self._query.after is None else self._query.after.key
        rows = chain.from_iterable(
            self._history(*window, after) for window in windows(stretches, skip + count)
        )
        return list(islice(rows, skip, skip + count))

    def _history(
        self, start_ms: int, end_ms: int, after: str | None
    ) -> Iterator[tuple[str, UsageLog]]:
        what, failed = self._query.what, self._query.failed
        return self._logs.history(
            self._workspace.workspace_id,
            self._account_id,
            LogFilter(start_ms, end_ms, what.service, what.model, failed),
            descending=self._query.descending,
            after=after,
        )
