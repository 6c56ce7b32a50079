"""Query parameters: each named, bounded, and refused with its name (REC-2, SEC-4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import day_start_ms, parse_timestamp, zone_of
from shared.domain.errors import ValidationFailedError
from shared.http.params import (
    MAX_CURSOR_LENGTH,
    Paging,
    Params,
    decode_cursor,
    encode_cursor,
    page_body,
)
from tests.fakes.clock import START_MS

UTC = zone_of("UTC")
KATHMANDU = zone_of("Asia/Kathmandu")
ALLOWED = frozenset(
    {"page", "limit", "cursor", "startDate", "endDate", "order", "userId", "model", "period", "at"}
)


def params(**query: str) -> Params:
    return Params(query, ALLOWED)


def pointers(call: Callable[[], object]) -> list[str]:
    with pytest.raises(ValidationFailedError) as error:
        call()
    assert (error.value.status, error.value.code) == (422, "validation_failed")
    assert all(found.message for found in error.value.errors)
    return [found.pointer for found in error.value.errors]


def test_unknown_parameters_are_refused_by_name() -> None:
    query: Mapping[str, str] = {"zeta": "1", "limit": "5", "Page": "1"}
    assert pointers(lambda: Params(query, ALLOWED)) == ["?Page", "?zeta"]


def test_what_is_not_given_has_its_default() -> None:
    assert params().paging() == Paging(1, 20, None)
    assert params().descending()
    assert (params().user_id(), params().label("model"), params().timestamp("at")) == (None,) * 3
    assert params().choice("period", ("a", "b")) is None
    assert params().instants(UTC) == (None, None)
    assert params().raw("limit") is None


@given(st.integers(1, 1_000_000), st.integers(1, 100))
def test_pages_are_counted_from_one(page: int, limit: int) -> None:
    paging = params(page=str(page), limit=str(limit)).paging()
    assert (paging.page, paging.limit, paging.offset) == (page, limit, (page - 1) * limit)


BAD_NUMBERS = ["0", "-1", "1.0", "1e2", "", " 1", "+1", "abc", "１", "9" * 400, "1_0", "0x1"]


@pytest.mark.parametrize("name", ["page", "limit"])
@pytest.mark.parametrize("value", BAD_NUMBERS)
def test_what_is_no_whole_number_in_bounds_is_refused(name: str, value: str) -> None:
    """SEC-4: page sizes are bounded."""
    assert pointers(lambda: params(**{name: value}).paging()) == [f"?{name}"]


@pytest.mark.parametrize(("name", "largest"), [("page", 1_000_000), ("limit", 100)])
def test_bounds_are_included_and_nothing_beyond_them(name: str, largest: int) -> None:
    assert getattr(params(**{name: str(largest)}).paging(), name) == largest
    assert pointers(lambda: params(**{name: str(largest + 1)}).paging()) == [f"?{name}"]


@pytest.mark.parametrize("value", ["", "a b", "x" * 129, "a#b", "ü", "a/b"])
def test_a_user_is_named_by_an_id(value: str) -> None:
    assert pointers(lambda: params(userId=value).user_id()) == ["?userId"]
    assert params(userId="user@example.com").user_id() == "user@example.com"


def test_a_model_may_have_a_slash() -> None:
    assert params(model="openai/gpt-4o").label("model") == "openai/gpt-4o"
    assert pointers(lambda: params(model="a|b").label("model")) == ["?model"]


def test_a_choice_is_one_of_its_words() -> None:
    assert params(period="7d").choice("period", ("today", "7d")) == "7d"
    for wrong in ("", "7D", "8d"):
        found = params(period=wrong)
        assert pointers(partial(found.choice, "period", ("7d",))) == ["?period"]


@pytest.mark.parametrize(("order", "descending"), [("desc", True), ("asc", False)])
def test_lists_run_either_way(order: str, descending: bool) -> None:
    assert params(order=order).descending() is descending
    assert pointers(params(order="up").descending) == ["?order"]


def test_a_timestamp_is_exact_to_the_millisecond() -> None:
    assert params(at="2026-11-20T15:15:00.001+05:45").timestamp("at") == START_MS + 1
    for wrong in ("2026-11-20", "", "now"):
        assert pointers(partial(params(at=wrong).timestamp, "at")) == ["?at"]


def test_days_of_a_list_are_included_whole_and_timestamps_exactly() -> None:
    """Two inclusive local days; timestamps start inclusive, end exclusive."""
    days = params(startDate="2026-11-19", endDate="2026-11-20").instants(KATHMANDU)
    assert days == (day_start_ms("2026-11-19", KATHMANDU), day_start_ms("2026-11-21", KATHMANDU))
    instant = "2026-11-20T09:30:00.123Z"
    exact = params(startDate=instant, endDate=instant).instants(KATHMANDU)
    assert exact == (parse_timestamp(instant), parse_timestamp(instant))
    mixed = params(startDate=instant, endDate="2026-11-20").instants(KATHMANDU)
    assert mixed == (exact[0], days[1])


def test_a_single_date_bounds_one_side_only() -> None:
    start = day_start_ms("2026-11-20", KATHMANDU)
    assert params(startDate="2026-11-20").instants(KATHMANDU) == (start, None)
    assert params(endDate="2026-11-19").instants(KATHMANDU) == (None, start)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-20", "2026-11-19"),
        ("2026-11-20", "2026-11-01"),
        ("2026-11-20T00:00:00.001Z", "2026-11-20T00:00:00Z"),
        ("2026-11-20T00:00:00Z", "2026-11-19"),
        ("2026-11-20", "2026-11-19T23:59:59Z"),
    ],
)
def test_a_range_that_ends_before_it_starts_is_refused(start: str, end: str) -> None:
    assert pointers(lambda: params(startDate=start, endDate=end).instants(UTC)) == ["?endDate"]


BAD_DATES = [
    "",
    "yesterday",
    "2026-11",
    "2026-02-30",
    "2026-11-20T09:30",
    "2026-11-20T09:30:00",
    "1",
]
FAR_DATES = ["0001-01-01", "1969-12-31", "9999-12-31", "9999-12-31T00:00:00Z", "10000-01-01"]


@pytest.mark.parametrize("value", [*BAD_DATES, *FAR_DATES])
@pytest.mark.parametrize("name", ["startDate", "endDate"])
def test_what_is_no_day_or_time_is_refused(name: str, value: str) -> None:
    assert pointers(lambda: params(**{name: value}).instants(UTC)) == [f"?{name}"]
    both = {"startDate": "2026-11-20", "endDate": "2026-11-20", name: value}
    assert pointers(lambda: params(**both).days(UTC, START_MS)) == [f"?{name}"]


def test_statistics_cover_the_last_thirty_local_days_by_default() -> None:
    assert params().days(UTC, START_MS) == ("2026-10-22", "2026-11-20")
    late = day_start_ms("2026-11-21", KATHMANDU)
    assert params().days(KATHMANDU, late) == ("2026-10-23", "2026-11-21")


def test_statistics_take_both_days_or_neither_and_no_timestamps() -> None:
    one: Any = {"startDate": "2026-11-20"}
    assert pointers(lambda: params(**one).days(UTC, START_MS)) == ["?endDate"]
    assert pointers(lambda: params(endDate="2026-11-20").days(UTC, START_MS)) == ["?startDate"]
    times = params(startDate="2026-11-20T00:00:00Z", endDate="2026-11-20")
    assert pointers(lambda: times.days(UTC, START_MS)) == ["?startDate"]


def test_statistics_cover_at_most_four_hundred_days() -> None:
    """SEC-4: date ranges are bounded."""
    longest = params(startDate="2025-10-17", endDate="2026-11-20")
    assert longest.days(UTC, START_MS) == ("2025-10-17", "2026-11-20")
    longer = params(startDate="2025-10-16", endDate="2026-11-20")
    assert pointers(lambda: longer.days(UTC, START_MS)) == ["?endDate"]
    huge = params(startDate="1970-01-01", endDate="9998-12-31")
    assert pointers(lambda: huge.days(UTC, START_MS)) == ["?endDate"]
    backwards = params(startDate="2026-11-20", endDate="2026-11-19")
    assert pointers(lambda: backwards.days(UTC, START_MS)) == ["?endDate"]
    same = params(startDate="2026-11-20", endDate="2026-11-20")
    assert same.days(UTC, START_MS) == ("2026-11-20", "2026-11-20")


@given(st.text(min_size=1, max_size=150))
def test_a_cursor_leads_back_to_its_key(key: str) -> None:
    cursor = encode_cursor(key)
    assert cursor is not None
    assert decode_cursor(cursor) == key
    assert params(cursor=cursor).paging().cursor == key
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "cursor", ["", "=", "a", "a b", "ü", "a+b/", "_w", "abc\n", "A" * (MAX_CURSOR_LENGTH + 1)]
)
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    assert pointers(lambda: params(cursor=cursor).paging()) == ["?cursor"]


@given(st.text(max_size=60))
def test_any_text_as_a_cursor_is_taken_or_refused_but_never_breaks(cursor: str) -> None:
    with suppress(ValidationFailedError):
        assert isinstance(decode_cursor(cursor), str)


def test_a_list_s_body_has_its_rows_first_and_a_cursor_only_when_it_goes_on() -> None:
    paging = Paging(2, 20, None)
    body = page_body("logs", ["row"], paging, 41, "key")
    assert list(body) == ["logs", "total", "page", "limit", "nextCursor"]
    assert decode_cursor(str(body["nextCursor"])) == "key"
    assert page_body("logs", [], paging, None, None) == {"logs": [], "page": 2, "limit": 20}
