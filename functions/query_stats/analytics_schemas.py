"""Query parameters of the analytics, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self
from zoneinfo import ZoneInfo

from shared.analytics.question import Group, Metric
from shared.domain.statistics import Selection
from shared.http.params import MAX_LIMIT, Params

RANGE: Final = frozenset({"startDate", "endDate"})
FILTERS: Final = RANGE | {"userId", "service", "model"}
SERIES_PARAMETERS: Final = FILTERS | {"groupBy"}
TOP_PARAMETERS: Final = RANGE | {"service", "model", "limit", "by"}

TOP_USERS: Final = 10

SERIES: Final[tuple[Group, ...]] = ("day", "hour", "week", "month")
TOKEN_GROUPS: Final[tuple[Group, ...]] = ("day", "month", "user", "model")
Ranking = Literal["cost", "tokens", "requests", "credits"]
RANKINGS: Final[tuple[Ranking, ...]] = ("cost", "tokens", "requests", "credits")


@dataclass(frozen=True, slots=True)
class FilteredQuery:
    """A range of local days, both included, and what of it; `user_id` as it came."""

    first: str
    last: str
    user_id: str | None
    what: Selection

    @classmethod
    def parse(cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> Self:
        """Read the parameters.

        Raises:
            ValidationFailedError: one is unknown or wrong.
        """
        return cls.of(Params(query, FILTERS), zone, now_ms)

    @classmethod
    def of(cls, params: Params, zone: ZoneInfo, now_ms: int) -> Self:
        """The range and filters among the parameters of a route."""
        first, last = params.days(zone, now_ms)
        what = Selection(params.label("service"), params.label("model"))
        return cls(first, last, params.user_id(), what)


@dataclass(frozen=True, slots=True)
class GroupedQuery:
    """The same, and how it is grouped."""

    asked: FilteredQuery
    group: Group

    @classmethod
    def parse(
        cls, query: Mapping[str, str], zone: ZoneInfo, now_ms: int, groups: tuple[Group, ...]
    ) -> Self:
        """Read the parameters; grouped by the first of `groups` unless told otherwise.

        Raises:
            ValidationFailedError: one is unknown or wrong.
        """
        params = Params(query, SERIES_PARAMETERS)
        group = params.choice("groupBy", groups) or groups[0]
        return cls(FilteredQuery.of(params, zone, now_ms), group)


@dataclass(frozen=True, slots=True)
class TopQuery:
    """The same without a user, by which figure users are ranked, and how many are shown."""

    asked: FilteredQuery
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
        return cls(FilteredQuery.of(params, zone, now_ms), metric, limit)
