"""Ranges of days as days and whole months."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import add_days, days_between
from shared.domain.spans import Part, span

DAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31)).map(date.isoformat)


def days_of(part: Part) -> list[str]:
    first, last = part.ends
    if not part.months:
        return days_between(first, last)
    year, month = map(int, last.split("-"))
    after = date(year + month // 12, month % 12 + 1, 1)
    return days_between(f"{first}-01", (after - timedelta(days=1)).isoformat())


@given(DAYS, st.integers(0, 420))
def test_a_span_has_each_day_of_the_range_once(first: str, length: int) -> None:
    last = add_days(first, length)

    parts = span(first, last)

    assert [day for part in parts for day in days_of(part)] == days_between(first, last)
    assert len(parts) <= 3


@given(DAYS, st.integers(62, 420))
def test_a_long_span_reads_few_single_days(first: str, length: int) -> None:
    parts = span(first, add_days(first, length))

    assert sum(len(days_of(part)) for part in parts if not part.months) <= 60


def test_a_short_range_is_read_day_by_day_whatever_it_holds() -> None:
    assert span("2026-10-01", "2026-10-31") == [Part(False, ("2026-10-01", "2026-10-31"))]


def test_whole_months_alone_are_one_part() -> None:
    assert span("2026-09-01", "2026-10-31") == [Part(True, ("2026-09", "2026-10"))]
