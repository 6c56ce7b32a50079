"""Single usage logs, and lists of a user's logs whose totals and pages come from cells."""

from __future__ import annotations

from collections.abc import Iterator

from functions.query_stats.schemas import LogsQuery
from shared.domain.calendar import add_days, day_end_ms, local_day
from shared.domain.cells import DAY_TOTAL, MODEL
from shared.domain.errors import NotFoundError
from shared.domain.listing import day_counts
from shared.domain.time_list import Read, Span, TimeList, TimePage
from shared.domain.usage import UsageLog
from shared.domain.workspace import Workspace
from shared.ports.cells import Cells
from shared.ports.logs import LogFilter, UsageLogs
from shared.ports.runtime import Clock


class ReadUsageLogs:
    """Reads usage logs, one or a page of a user's."""

    def __init__(self, logs: UsageLogs, cells: Cells, clock: Clock) -> None:
        self._logs = logs
        self._cells = cells
        self._clock = clock

    def one(self, workspace: Workspace, log_id: str) -> UsageLog:
        """One log.

        Raises:
            NotFoundError: there is none of that id, or it is in the archive only, or will be before long.
        """
        log = self._logs.get(workspace.workspace_id, log_id)
        if log is None or log.occurred_ms < self.archived_before_ms(workspace):
            raise NotFoundError("There is no such usage log.")
        return log

    def archived_before_ms(self, workspace: Workspace) -> int:
        """What occurred earlier is in the archive, not here; as of now."""
        return workspace.listed_from_ms(self._clock.now_ms())

    def page(self, workspace: Workspace, account_id: str, query: LogsQuery) -> TimePage[UsageLog]:
        """A page of an account's logs.

        Raises:
            ValidationFailedError: the range cuts through too many logs to count them.
        """
        span = self._span(workspace, query)
        if span is None:
            return TimePage([], 0, None)
        family = MODEL if query.what else DAY_TOTAL
        first = local_day(span.start_ms, workspace.zone)
        last = local_day(span.end_ms - 1, workspace.zone)
        cells = self._cells.private(workspace, account_id, family, first, last)
        listed = TimeList(
            day_counts(cells, query.what, query.failed),
            workspace.zone,
            span,
            self._read(workspace, account_id, query),
            lambda log: log.occurred_ms,
            descending=query.descending,
        )
        return listed.page(query.paging.offset, query.paging.limit, query.after)

    def _read(self, workspace: Workspace, account_id: str, query: LogsQuery) -> Read[UsageLog]:
        what, failed = query.what, query.failed

        def read(
            start_ms: int, end_ms: int, after: str | None, _expected: int
        ) -> Iterator[tuple[str, UsageLog]]:
            return self._logs.history(
                workspace.workspace_id,
                account_id,
                LogFilter(start_ms, end_ms, what.service, what.model, failed),
                descending=query.descending,
                after=after,
            )

        return read

    def _span(self, workspace: Workspace, query: LogsQuery) -> Span | None:
        """The range asked for, as far as there can be logs in it; None when there can't."""
        now_ms, zone = self._clock.now_ms(), workspace.zone
        today = local_day(now_ms, zone)
        start_ms = workspace.listed_from_ms(now_ms)
        end_ms = day_end_ms(add_days(today, 1), zone)
        if query.start_ms is not None:
            start_ms = max(start_ms, query.start_ms)
        if query.end_ms is not None:
            end_ms = min(end_ms, query.end_ms)
        return Span(start_ms, end_ms) if start_ms < end_ms else None
