"""Query parameters of the usage of a workspace, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

from functions.query_stats.schemas import DAYS_PERIOD
from shared.domain.calendar import add_days, local_day
from shared.http.params import DEFAULT_RANGE_DAYS, MAX_RANGE_DAYS, Params, refused

STATS_PARAMETERS: Final = frozenset({"startDate", "endDate", "by"})
DASHBOARD_PARAMETERS: Final = frozenset({"period", "by"})
SUMMARY_PARAMETERS: Final[frozenset[str]] = frozenset()

Ranking = Literal["cost", "messages"]
RANKINGS: Final[tuple[Ranking, ...]] = ("cost", "messages")


@dataclass(frozen=True, slots=True)
class UsageRange:
    """A range of local days, both included, the local day it is, and what clients are ranked by."""

    first: str
    last: str
    today: str
    ranking: Ranking = "cost"

    @classmethod
    def of_stats(cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> Self:
        """Two dates, or the last 30 days.

        Raises:
            ValidationFailedError: a parameter is unknown or wrong.
        """
        params = Params(query, STATS_PARAMETERS)
        first, last = params.days(zone, now_ms)
        return cls(first, last, local_day(now_ms, zone), _ranking(params))

    @classmethod
    def of_dashboard(cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> Self:
        """So many days that end today, 30 where nothing is said.

        Raises:
            ValidationFailedError: a parameter is unknown or wrong.
        """
        params = Params(query, DASHBOARD_PARAMETERS)
        period = params.raw("period")
        match = DAYS_PERIOD.fullmatch(str(DEFAULT_RANGE_DAYS) if period is None else period)
        if match is None or int(match[1]) > MAX_RANGE_DAYS:
            raise refused("period", f"must be a number of days from 1 to {MAX_RANGE_DAYS}")
        today = local_day(now_ms, zone)
        return cls(add_days(today, 1 - int(match[1])), today, today, _ranking(params))

    @classmethod
    def of_summary(cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> Self:
        """The last 30 days.

        Raises:
            ValidationFailedError: there is a parameter.
        """
        Params(query, SUMMARY_PARAMETERS)
        today = local_day(now_ms, zone)
        return cls(add_days(today, 1 - DEFAULT_RANGE_DAYS), today, today)


def _ranking(params: Params) -> Ranking:
    return params.choice("by", RANKINGS) or "cost"
