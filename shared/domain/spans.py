"""A range of local days as the fewest cells that make it up."""

from __future__ import annotations

from typing import Final, NamedTuple

from shared.domain.calendar import add_days, days_between, month_of, next_month, previous_month

MAX_PLAIN_DAYS: Final = 31
"""Ranges that are read day by day: one query, where months and days would be two or three."""


class Part(NamedTuple):
    """Neighbouring days, or whole months (`months`), the first and the last of them included."""

    months: bool
    ends: tuple[str, str]


def span(first: str, last: str) -> list[Part]:
    """A range of days, both included, in order: a long one as days, whole months, days."""
    days = Part(months=False, ends=(first, last))
    if len(days_between(first, last)) <= MAX_PLAIN_DAYS:
        return [days]
    start = month_of(first) if first.endswith("-01") else next_month(month_of(first))
    after = add_days(last, 1)
    end = previous_month(month_of(after))
    if end < start:
        return [days]
    parts = []
    if first < f"{start}-01":
        parts.append(Part(months=False, ends=(first, add_days(f"{start}-01", -1))))
    parts.append(Part(months=True, ends=(start, end)))
    if f"{month_of(after)}-01" <= last:
        parts.append(Part(months=False, ends=(f"{month_of(after)}-01", last)))
    return parts
