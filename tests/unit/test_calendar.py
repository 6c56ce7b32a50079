"""Local days are the workspace's, whatever its clocks do (STA-6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.calendar import (
    LAST_MS,
    MS_PER_DAY,
    add_days,
    day_end_ms,
    day_start_ms,
    days_between,
    hour_start_ms,
    hours_of,
    iso_week,
    local_day,
    local_day_hour,
    month_of,
    month_start_ms,
    next_month,
    parse_day,
    parse_timestamp,
    previous_month,
    utc_text,
    week_start_day,
    zone_of,
)

HOUR_MS = 3_600_000
FIRST = parse_timestamp("2012-01-01T00:00:00Z")
LAST = parse_timestamp("2037-12-31T00:00:00Z")
NAMES = sorted(name for name in available_timezones() if "/" in name and name[0].isupper())

instants = st.integers(FIRST, LAST)
zones = st.sampled_from(NAMES).map(zone_of)
days = st.dates(date(2012, 1, 2), date(2037, 12, 30)).map(date.isoformat)
months = st.dates(date(2, 1, 1), date(9998, 1, 1)).map(lambda day: day.isoformat()[:7])


def local(zone: str, text: str, fold: int = 0) -> int:
    """The instant at which the clocks of a zone show a time; `fold` 1 is the second of two."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


@given(st.integers(0, LAST_MS))
def test_an_instant_shown_and_read_again_is_the_same(at_ms: int) -> None:
    text = utc_text(at_ms)
    assert parse_timestamp(text) == at_ms
    assert len(text) == len("2026-11-20T09:30:00.000Z")


@given(instants, st.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_an_offset_says_the_same_instant_in_other_words(at_ms: int, minutes: int) -> None:
    shown = utc_text(at_ms + minutes * 60_000).removesuffix("Z")
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    assert parse_timestamp(f"{shown}{sign}{hours:02d}:{rest:02d}") == at_ms


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2026-11-20T09:30:00z", "2026-11-20T09:30:00.000Z"),
        ("2026-11-20t09:30:00Z", "2026-11-20T09:30:00.000Z"),
        ("2026-11-20T15:15:00+05:45", "2026-11-20T09:30:00.000Z"),
        ("2026-11-20T09:30:00.1Z", "2026-11-20T09:30:00.100Z"),
        ("2026-11-20T09:30:00.123999999Z", "2026-11-20T09:30:00.123Z"),
        ("2026-11-20T09:30:00-00:00", "2026-11-20T09:30:00.000Z"),
        ("2024-02-29T23:59:59.999Z", "2024-02-29T23:59:59.999Z"),
    ],
)
def test_a_time_is_taken_as_rfc_3339_gives_it(text: str, same: str) -> None:
    assert utc_text(parse_timestamp(text)) == same


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20",
        "2026-11-20T09:30:00",
        "2026-11-20 09:30:00Z",
        "2026-11-20T09:30Z",
        "2026-11-20T9:30:00Z",
        "2026-11-20T09:30:00,5Z",
        "2026-11-20T09:30:00.Z",
        "2026-11-20T09:30:00.1234567890Z",
        "2026-11-20T09:30:00+0545",
        "2026-11-20T09:30:00+05:60",
        "2026-11-20T09:30:00+24:00",
        "2026-11-20T24:00:00Z",
        "2026-11-20T09:30:60Z",
        "2026-02-29T09:30:00Z",
        "2026-13-01T09:30:00Z",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00+00:01",
        "9998-12-31T23:59:59-00:01",
        "9999-12-31T23:59:59Z",
        "２026-11-20T09:30:00Z",
        "2026-11-20T09:30:00Z\n",
        "+2026-11-20T09:30:00Z",
    ],
)
def test_what_is_no_time_with_an_offset_is_refused(text: str) -> None:
    """REC-2."""
    with pytest.raises(ValueError, match="must be"):
        parse_timestamp(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026-1-1", "2026-02-29", "20261120", "2026-11-20T", "０026-11-20", "0000-01-01"),
        *("0001-01-01", "0999-12-31", "1969-12-31", "9999-01-01", "9999-12-31"),
    ],
)
def test_what_is_no_day_of_these_centuries_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_day(text)
    assert parse_day("2024-02-29") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "Mars/Phobos",
            "europe/berlin",
            "../etc/passwd",
            "/etc/localtime",
            "Europe",
            "a" * 5000,
        ),
        # What these mean depends on the machine, or on leap seconds that our instants do not have.
        *("localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin"),
    ],
)
def test_what_is_no_iana_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be an IANA time zone"):
        zone_of(name)


@given(instants, zones)
def test_each_instant_lies_in_its_local_day(at_ms: int, zone: ZoneInfo) -> None:
    """STA-6."""
    day, hour = local_day_hour(at_ms, zone)
    assert day == local_day(at_ms, zone)
    assert day_start_ms(day, zone) <= at_ms < day_end_ms(day, zone)
    assert hour_start_ms(day, hour, zone) <= at_ms < day_end_ms(day, zone)
    shown = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    assert (day, hour) == (shown.date().isoformat(), shown.hour)


@given(days, zones)
@example("2018-11-04", ZoneInfo("America/Sao_Paulo"))
@example("2011-12-30", ZoneInfo("Pacific/Apia"))
def test_a_day_begins_with_its_first_instant_and_ends_with_the_next_ones(
    day: str, zone: ZoneInfo
) -> None:
    """STA-6: days follow each other without a gap and without an overlap."""
    start, end = day_start_ms(day, zone), day_end_ms(day, zone)
    assert end == day_start_ms(add_days(day, 1), zone)
    assert local_day(start - 1, zone) < day
    if start < end:
        assert local_day(start, zone) == local_day(end - 1, zone) == day
    else:
        assert (day, zone.key) == ("2011-12-30", "Pacific/Apia")


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Asia/Kathmandu", "2026-03-29", 24),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("America/Sao_Paulo", "2018-02-17", 25),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, day: str, hours: float) -> None:
    """STA-6: daylight-saving changes both ways, half hours, a midnight and a day that are skipped."""
    length = day_end_ms(day, zone_of(zone)) - day_start_ms(day, zone_of(zone))
    assert length == hours * HOUR_MS


def test_an_hour_that_clocks_repeat_is_one_hour_and_one_they_skip_is_empty() -> None:
    berlin = zone_of("Europe/Berlin")
    first = local("Europe/Berlin", "2026-10-25T02:30")
    second = local("Europe/Berlin", "2026-10-25T02:30", fold=1)
    assert second - first == HOUR_MS
    assert local_day_hour(first, berlin) == local_day_hour(second, berlin) == ("2026-10-25", 2)
    assert (
        hour_start_ms("2026-10-25", 3, berlin) - hour_start_ms("2026-10-25", 2, berlin)
        == 2 * HOUR_MS
    )
    assert hour_start_ms("2026-03-29", 2, berlin) == hour_start_ms("2026-03-29", 3, berlin)


def test_midnight_in_kathmandu_is_a_quarter_past_six_in_the_evening() -> None:
    """STA-6: offsets like +05:45."""
    kathmandu = zone_of("Asia/Kathmandu")
    midnight = parse_timestamp("2026-11-19T18:15:00Z")
    assert day_start_ms("2026-11-20", kathmandu) == midnight
    assert local_day_hour(midnight, kathmandu) == ("2026-11-20", 0)
    assert local_day_hour(midnight - 1, kathmandu) == ("2026-11-19", 23)


def test_a_skipped_midnight_moves_the_beginning_of_the_day() -> None:
    assert (
        utc_text(day_start_ms("2018-11-04", zone_of("America/Sao_Paulo")))
        == "2018-11-04T03:00:00.000Z"
    )
    sao_paulo = zone_of("America/Sao_Paulo")
    assert local_day_hour(day_start_ms("2018-11-04", sao_paulo), sao_paulo) == ("2018-11-04", 1)


@given(months, zones)
def test_months_follow_each_other(month: str, zone: ZoneInfo) -> None:
    assert previous_month(next_month(month)) == next_month(previous_month(month)) == month
    assert previous_month(month) < month < next_month(month)
    last = add_days(f"{next_month(month)}-01", -1)
    assert month_of(last) == month
    assert month_start_ms(month, zone) == day_start_ms(f"{month}-01", zone)


@given(days, st.integers(-400, 400))
def test_days_are_counted_as_the_calendar_does(day: str, count: int) -> None:
    other = add_days(day, count)
    assert date.fromisoformat(other) - date.fromisoformat(day) == timedelta(days=count)
    listed = days_between(day, other)
    assert len(listed) == max(count + 1, 0)
    assert listed == sorted(set(listed))
    if listed:
        assert (listed[0], listed[-1]) == (day, other)


@given(days)
@example("2026-12-31")
@example("2027-01-03")
@example("2024-12-30")
@example("2021-01-01")
def test_weeks_are_iso_weeks(day: str) -> None:
    assert iso_week(day) == f"{date.fromisoformat(day):%G-W%V}"


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2026-11-20", "2026-W47"),
        ("2026-12-31", "2026-W53"),
        ("2027-01-03", "2026-W53"),
        ("2027-01-04", "2027-W01"),
        ("2024-12-30", "2025-W01"),
        ("2023-01-01", "2022-W52"),
    ],
)
def test_a_week_belongs_to_the_year_of_its_thursday(day: str, week: str) -> None:
    assert iso_week(day) == week


@given(st.sampled_from((0, LAST_MS)), zones)
@example(LAST_MS, ZoneInfo("Pacific/Kiritimati"))
def test_the_first_and_last_instant_have_a_day_everywhere(at_ms: int, zone: ZoneInfo) -> None:
    day = local_day(at_ms, zone)
    assert utc_text(day_start_ms(day, zone)) < utc_text(day_end_ms(day, zone))
    assert month_of(day) < next_month(month_of(day))


def test_a_day_of_utc_has_its_milliseconds() -> None:
    utc = zone_of("UTC")
    assert day_end_ms("2026-11-20", utc) - day_start_ms("2026-11-20", utc) == MS_PER_DAY


@given(days, zones)
@example("2026-10-25", zone_of("Europe/Berlin"))
@example("2026-03-29", zone_of("Europe/Berlin"))
@example("2026-10-04", zone_of("Australia/Lord_Howe"))
@example("2026-04-05", zone_of("Australia/Lord_Howe"))
@example("2011-03-13", zone_of("America/St_Johns"))
@example("2018-11-04", zone_of("America/Sao_Paulo"))
@example("2011-12-30", zone_of("Pacific/Apia"))
def test_a_day_has_the_hours_its_clocks_show_each_from_its_first_minute(
    day: str, zone: ZoneInfo
) -> None:
    minutes = range(day_start_ms(day, zone), day_end_ms(day, zone), 60_000)
    first: dict[int, int] = {}
    for at_ms in minutes:
        first.setdefault(local_day_hour(at_ms, zone)[1], at_ms)

    assert hours_of(day, zone) == first


@given(days)
def test_a_week_begins_on_its_monday(day: str) -> None:
    monday = week_start_day(day)

    assert date.fromisoformat(monday).weekday() == 0
    assert monday <= day < add_days(monday, 7)
    assert iso_week(monday) == iso_week(day)
