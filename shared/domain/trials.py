"""Trying a threshold against history: which lines it would have fired, had it been there. Pure.

It is taken to be made at the first instant of the range: what the day and month came to before then counts,
and a line that was passed already fires at the first write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.calendar import (
    day_end_ms,
    day_start_ms,
    days_between,
    hour_start_ms,
    month_of,
)
from shared.domain.head import ZERO, Counters, Head
from shared.domain.journal import EntryType
from shared.domain.limits import kind_of
from shared.domain.thresholds import Rules

MAX_TRIAL_DAYS: Final = 31
"""A month: the journal of one is read within the time of one answer."""


@dataclass(frozen=True, slots=True)
class Firing:
    """A line that would have fired. `percent` None: the floor of a balance. `value` of cost in picos."""

    account_id: str | None
    period: str
    percent: int | None
    at_ms: int
    value: int


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a trial, both included. `end_ms` is the first instant after them."""

    first: str
    last: str
    start_ms: int
    end_ms: int
    zone: ZoneInfo

    def days(self) -> list[str]:
        """Every day."""
        return days_between(self.first, self.last)

    def periods(self, rules: Rules) -> list[str]:
        """The days and months that the limits of rules watch."""
        days = self.days() if rules.daily is not None else []
        months = {month_of(day) for day in self.days()} if rules.monthly is not None else set()
        return [*days, *sorted(months)]


class Aim(NamedTuple):
    """A line to be found in a stretch of an account's journal: entries `first` … `last`."""

    period: str
    percent: int
    limit: int
    first: int
    last: int

    def reached(self, head: Head, rules: Rules) -> bool:
        """Whether the line is reached in the state of the account after an entry."""
        return reaches(self.figure(head, rules), self.limit, self.percent)

    def figure(self, head: Head, rules: Rules) -> int:
        """The account's figure of the period after an entry."""
        return figure_of(head.figures.get(self.period, ZERO), rules)


def figure_of(counters: Counters, rules: Rules) -> int:
    """The figure that rules are about."""
    assert rules.counted is not None
    return counters.of(rules.counted)


def reaches(figure: int, limit: int, percent: int) -> bool:
    """Whether a figure is at or above a percentage of a limit."""
    return figure * 100 >= limit * percent


def can_fire(rules: Rules, period: str, counters: Counters) -> bool:
    """Whether all that a period came to reaches the lowest line."""
    limit = rules.limit(kind_of(period))
    return limit is not None and reaches(figure_of(counters, rules), limit, min(rules.percents))


def sinks(floor: int, kind: EntryType, amount: int, balance_after: int) -> bool:
    """Whether an entry took a balance under a floor."""
    return kind == "debit" and balance_after < floor <= balance_after + amount


class Hour(NamedTuple):
    """An hour of a local day."""

    day: str
    hour: int


def hourly(rules: Rules, hours: Mapping[Hour, Counters], span: Span) -> Iterable[Firing]:
    """What would have fired on figures that are known by the hour, each at the beginning of its hour.

    `hours` are of the days from the first of the month that the span begins in.
    """
    for period in span.periods(rules):
        limit = rules.limit(kind_of(period))
        assert limit is not None
        figure, waiting = 0, sorted(rules.percents)
        for (day, hour), counters in sorted(hours.items()):
            if period not in {day, month_of(day)} or day > span.last:
                continue
            figure += figure_of(counters, rules)
            while day >= span.first and waiting and reaches(figure, limit, waiting[0]):
                at_ms = hour_start_ms(day, hour, span.zone)
                yield Firing(None, period, waiting.pop(0), at_ms, figure)


def in_order(firings: Iterable[Firing]) -> list[Firing]:
    """Firings by time; at one instant days before months, low percentages before high ones."""
    return sorted(
        firings,
        key=lambda f: (f.at_ms, kind_of(f.period), f.percent or 0, f.account_id or ""),
    )


def span_of(first: str, last: str, zone: ZoneInfo) -> Span:
    """The span of some days, both included."""
    return Span(first, last, day_start_ms(first, zone), day_end_ms(last, zone), zone)
