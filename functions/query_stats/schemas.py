"""Query parameters of each route, as typed values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

from shared.domain.calendar import add_days, local_day, month_of
from shared.domain.statistics import Selection
from shared.domain.time_list import Position
from shared.http.params import Paging, Params, refused

LOGS_PARAMETERS: Final = frozenset(
    ["page", "limit", "cursor", "order", "startDate", "endDate", "service", "model", "status"]
)
STATISTICS_PARAMETERS: Final = frozenset(["startDate", "endDate", "userId", "service", "model"])
SUMMARY_PARAMETERS: Final = STATISTICS_PARAMETERS | {"period", "groupBy"}

DAYS_PERIOD: Final = re.compile(r"([1-9][0-9]{0,2})d?", re.ASCII)
SUMMARY_DAYS: Final = (7, 30, 90)

Group = Literal["day", "week", "month", "service", "model", "user"]
GROUPS: Final[tuple[Group, ...]] = ("day", "week", "month", "service", "model", "user")


@dataclass(frozen=True, slots=True)
class LogsQuery:
    """Which of a user's logs: half-open range of times, filters, order and page."""

    paging: Paging
    after: Position | None
    descending: bool
    start_ms: int | None
    end_ms: int | None
    what: Selection
    failed: bool | None

    @classmethod
    def parse(cls, query: Mapping[str, str], zone: ZoneInfo) -> Self:
        """Read the parameters.

        Raises:
            ValidationFailedError: one is unknown or wrong.
        """
        params = Params(query, LOGS_PARAMETERS)
        paging = params.paging()
        start_ms, end_ms = params.instants(zone)
        status = params.choice("status", ("success", "error"))
        return cls(
            paging,
            paging.position,
            params.descending(),
            start_ms,
            end_ms,
            _selection(params),
            None if status is None else status == "error",
        )


@dataclass(frozen=True, slots=True)
class StatisticsQuery:
    """A range of local days, both included, and what of it."""

    first: str
    last: str
    user_id: str | None
    what: Selection

    @classmethod
    def parse(cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> Self:
        """Read the parameters of the statistics.

        Raises:
            ValidationFailedError: one is unknown or wrong.
        """
        return cls.of(Params(query, STATISTICS_PARAMETERS), zone, now_ms)

    @classmethod
    def of(cls, params: Params, zone: ZoneInfo, now_ms: int) -> Self:
        """The range and filters among the parameters of a route."""
        first, last = params.days(zone, now_ms)
        return cls(first, last, params.user_id(), _selection(params))


@dataclass(frozen=True, slots=True)
class SummaryQuery:
    """A range of local days, both included, what of it, and how it is grouped."""

    first: str
    last: str
    user_id: str | None
    what: Selection
    group: Group

    @classmethod
    def parse(cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> Self:
        """Read the parameters of the summary.

        Raises:
            ValidationFailedError: one is unknown or wrong, or a period stands beside dates.
        """
        params = Params(query, SUMMARY_PARAMETERS)
        first, last = params.days(zone, now_ms)
        period = params.raw("period")
        if period is not None:
            if "startDate" in query:
                raise refused("period", "stands instead of dates, not beside them")
            first, last = _summary_period(period, local_day(now_ms, zone))
        group = params.choice("groupBy", GROUPS) or "day"
        return cls(first, last, params.user_id(), _selection(params), group)


def _selection(params: Params) -> Selection:
    return Selection(params.label("service"), params.label("model"))


def _summary_period(period: str, today: str) -> tuple[str, str]:
    if period == "today":
        return today, today
    if period == "month":
        return f"{month_of(today)}-01", today
    match = DAYS_PERIOD.fullmatch(period)
    if match is None or int(match[1]) not in SUMMARY_DAYS:
        raise refused("period", "must be one of today, 7d, 30d, 90d, month")
    return add_days(today, 1 - int(match[1])), today
