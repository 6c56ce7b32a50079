"""Where the rows of a list lie, from cells."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import day_end_ms, day_start_ms, local_day_hour, zone_of
from shared.domain.listing import (
    MAX_IDLE_LOGS,
    DayCount,
    Stretch,
    blocks_of,
    gap_of,
    stretches_of,
    windows,
)

ZONE_NAMES = (
    "UTC",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Santiago",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Pacific/Chatham",
)
CHANGES = (
    ("Europe/Berlin", "2026-03-29", 23),
    ("Europe/Berlin", "2026-10-25", 24),
    ("Australia/Lord_Howe", "2026-04-05", 24),
    ("Antarctica/Troll", "2026-03-29", 22),
    ("Antarctica/Troll", "2026-10-25", 23),
    ("America/Havana", "2026-03-08", 23),
    ("America/Havana", "2026-11-01", 24),
)


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.sampled_from(ZONE_NAMES))
def test_blocks_cut_a_day_so_that_every_hour_lies_in_one(day: date, name: str) -> None:
    zone = zone_of(name)

    blocks = blocks_of(day.isoformat(), zone)

    assert blocks[0].start_ms == day_start_ms(day.isoformat(), zone)
    assert blocks[-1].end_ms == day_end_ms(day.isoformat(), zone)
    assert all(one.end_ms == other.start_ms for one, other in pairwise(blocks))
    hours = [hour for block in blocks for hour in block.hours]
    assert len(hours) == len(set(hours))
    for block in blocks:
        for at_ms in (block.start_ms, (block.start_ms + block.end_ms) // 2, block.end_ms - 1):
            assert local_day_hour(at_ms, zone) in {(day.isoformat(), h) for h in block.hours}


@pytest.mark.parametrize(("name", "day", "count"), CHANGES)
def test_a_day_on_which_clocks_change_has_the_blocks_it_should(
    name: str, day: str, count: int
) -> None:
    assert len(blocks_of(day, zone_of(name))) == count


def test_hours_that_clocks_repeat_in_turn_are_one_block() -> None:
    blocks = blocks_of("2026-10-25", zone_of("Antarctica/Troll"))

    (together,) = [block for block in blocks if len(block.hours) > 1]
    assert together.hours == (1, 2)
    assert together.end_ms - together.start_ms == 4 * 3_600_000


def test_a_day_known_as_a_whole_is_one_stretch() -> None:
    zone = zone_of("Europe/Berlin")

    (stretch,) = stretches_of("2026-10-25", DayCount(10, 3, None), zone)

    assert (stretch.logs, stretch.rows) == (10, 3)
    assert stretch.end_ms - stretch.start_ms == 25 * 3_600_000


def test_a_day_known_by_hours_has_stretches_where_there_are_logs() -> None:
    count = DayCount(10, 3, {2: (7, 0), 15: (3, 3)})

    stretches = stretches_of("2026-11-20", count, zone_of("UTC"))

    start_ms = day_start_ms("2026-11-20", zone_of("UTC"))
    assert stretches == [
        Stretch(start_ms + 2 * 3_600_000, start_ms + 3 * 3_600_000, 7, 0),
        Stretch(start_ms + 15 * 3_600_000, start_ms + 16 * 3_600_000, 3, 3),
    ]


@given(st.integers(0, 100), st.integers(1, 100), st.integers(0, 200), st.integers(0, 200))
def test_a_gap_is_the_shorter_part_and_never_reaches_outside_the_stretch(
    start: int, length: int, low: int, high: int
) -> None:
    stretch = Stretch(start, start + length, 1, 1)
    low, high = sorted((low, high))
    if min(high, stretch.end_ms) <= max(low, stretch.start_ms):
        return

    gap = gap_of(stretch, low, high)

    counted = {at for begin, end in gap.pieces for at in range(begin, end)}
    inside = set(range(max(low, start), min(high, start + length)))
    whole = set(range(start, start + length))
    assert counted == (whole - inside if gap.outside else inside)
    assert len(counted) <= length / 2 + 1


STRETCHES = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 3), st.integers(1, 300)), max_size=30
).map(
    lambda parts: [
        Stretch(100 * at, 100 * at + length, max(logs, rows), rows)
        for at, (length, rows, logs) in enumerate(parts)
    ]
)


@given(STRETCHES, st.integers(1, 40), st.booleans())
def test_windows_cover_all_rows_in_order_and_pass_little_else(
    stretches: list[Stretch], wanted: int, down: bool
) -> None:
    ordered = stretches[::-1] if down else stretches

    found = list(windows(ordered, wanted))

    assert found == sorted(found, reverse=down)
    assert all(one[1] <= other[0] for one, other in pairwise(sorted(found)))
    for stretch in stretches:
        inside = [w for w in found if w[0] <= stretch.start_ms and stretch.end_ms <= w[1]]
        assert len(inside) == 1 if stretch.rows else len(inside) <= 1
    for low, high in found:
        run = [s for s in ordered if low <= s.start_ms and s.end_ms <= high]
        assert run[0].rows
        assert run[-1].rows
        assert sum(s.rows for s in run[:-1]) < wanted
        idle = 0
        for stretch in run:
            idle = 0 if stretch.rows else idle + stretch.logs
            assert idle <= MAX_IDLE_LOGS


def test_days_next_to_each_other_are_read_at_once() -> None:
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(5)]
    stretches = [
        Stretch(1000 * n, 1000 * n + 1000, 1, 1 if n != 2 else 0) for n, _ in enumerate(days)
    ]

    assert list(windows(stretches, 10)) == [(0, 5000)]
