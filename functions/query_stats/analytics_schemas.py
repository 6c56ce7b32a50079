"""Query parameters of the analytics, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

from functions.query_stats.schemas import STATISTICS_PARAMETERS, StatisticsQuery
from shared.analytics.question import Group, Metric
from shared.http.params import MAX_LIMIT, Params

GROUPED_PARAMETERS: Final = STATISTICS_PARAMETERS | {"groupBy"}
TOP_PARAMETERS: Final = STATISTICS_PARAMETERS - {"userId"} | {"limit", "by"}

TOP_USERS: Final = 10

SERIES: Final[tuple[Group, ...]] = ("day", "hour", "week", "month")
TOKEN_GROUPS: Final[tuple[Group, ...]] = ("day", "month", "user", "model")
Ranking = Literal["cost", "tokens", "requests", "credits"]
RANKINGS: Final[tuple[Ranking, ...]] = ("cost", "tokens", "requests", "credits")


@dataclass(frozen=True, slots=True)
class GroupedQuery:
    """A range, what of it, and how it is grouped."""

    asked: StatisticsQuery
    group: Group

    @classmethod
    def parse(
        cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int, groups: tuple[Group, ...]
    ) -> Self:
        """Read the parameters; grouped by the first of `groups` unless told otherwise.

        Raises:
            ValidationFailedError: one is unknown or wrong.
        """
        params = Params(query, GROUPED_PARAMETERS)
        group = params.choice("groupBy", groups) or groups[0]
        return cls(StatisticsQuery.of(params, zone, now_ms), group)


@dataclass(frozen=True, slots=True)
class TopQuery:
    """A range, what of it, by which figure users are ranked, and how many are shown."""

    asked: StatisticsQuery
    metric: Metric
    limit: int

    @classmethod
    def parse(cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> Self:
        """Read the parameters.

        Raises:
            ValidationFailedError: one is unknown or wrong.
        """
        params = Params(query, TOP_PARAMETERS)
        metric = params.choice("by", RANKINGS) or "cost"
        limit = params.integer("limit", TOP_USERS, 1, MAX_LIMIT)
        return cls(StatisticsQuery.of(params, zone, now_ms), metric, limit)
