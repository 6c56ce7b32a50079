"""Instants and local days. Instants are integer milliseconds since 1970 in UTC; days are `2026-11-20`.

A local day starts at its first instant, also where clocks skip midnight. An hour that clocks repeat in
autumn is one hour of the day, an hour they skip in spring stays empty.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

MS_PER_MINUTE: Final = 60_000
MS_PER_HOUR: Final = 3_600_000
MS_PER_DAY: Final = 86_400_000
MILLISECOND: Final = timedelta(milliseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
UTC_EPOCH: Final = EPOCH.replace(tzinfo=None)
FIRST_MS: Final = 0
LAST_YEAR: Final = 9998
"""`date` ends with 9999, and the day after and every time zone have to be in its reach."""

LAST_MS: Final = 253_370_764_799_999
"""The last millisecond of `LAST_YEAR`."""

TIMESTAMP: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII
)
MACHINE_ZONES: Final = re.compile(r"localtime|posixrules|Factory|(posix|right)/.*", re.DOTALL)
"""Names that a machine's zone files have beside IANA's: they mean something else elsewhere."""

DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def parse_timestamp(text: str) -> int:
    """Milliseconds of an RFC 3339 time with an offset; finer fractions are cut off.

    Raises:
        ValueError: it is no such time, or before 1970.
    """
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        raise ValueError("must be an RFC 3339 time with an offset, like 2026-11-20T09:30:00Z")
    day, clock, fraction, offset = match.groups()
    zone = "+00:00" if offset in "Zz" else offset
    try:
        seconds = datetime.fromisoformat(f"{day}T{clock}{zone}")
        whole = (seconds - EPOCH) // MILLISECOND
    except (ValueError, OverflowError) as error:
        raise ValueError("must be a time that exists") from error
    milliseconds = whole + int((fraction or ".0")[1:4].ljust(3, "0"))
    if not FIRST_MS <= milliseconds <= LAST_MS:
        raise ValueError(f"must be between the years 1970 and {LAST_YEAR}")
    return milliseconds


def utc_text(at_ms: int) -> str:
    """An instant as it is shown: UTC with milliseconds, `2026-11-20T09:30:00.000Z`."""
    moment = UTC_EPOCH + timedelta(milliseconds=at_ms)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def parse_instant(text: str, zone: ZoneInfo, *, end: bool) -> int:
    """The instant that bounds a range: a timestamp's own, or a local day's first (or, `end`, its end).

    Raises:
        ValueError: it is neither.
    """
    try:
        if "T" in text.upper():
            return parse_timestamp(text)
        day = parse_day(text).isoformat()
        return day_end_ms(day, zone) if end else day_start_ms(day, zone)
    except (ValueError, OverflowError) as error:
        raise ValueError("must be a day or an RFC 3339 time with an offset") from error


def parse_day(text: str) -> date:
    """A day `YYYY-MM-DD`.

    Raises:
        ValueError: it is none, or before 1970.
    """
    if DAY.fullmatch(text) is None:
        raise ValueError("must be a day, like 2026-11-20")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("must be a day that exists") from error
    if not EPOCH.year <= day.year <= LAST_YEAR:
        raise ValueError(f"must be between the years 1970 and {LAST_YEAR}")
    return day


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name.

    Raises:
        ValueError: there is none of that name.
    """
    try:
        if MACHINE_ZONES.fullmatch(name):
            raise ValueError(name)
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise ValueError("must be an IANA time zone, like Europe/Berlin") from error


def local_day_hour(at_ms: int, zone: ZoneInfo) -> tuple[str, int]:
    """The local day and the hour (0–23) of an instant."""
    local = (EPOCH + timedelta(milliseconds=at_ms)).astimezone(zone)
    return f"{local.year:04d}-{local.month:02d}-{local.day:02d}", local.hour


def local_day(at_ms: int, zone: ZoneInfo) -> str:
    """The local day of an instant."""
    return local_day_hour(at_ms, zone)[0]


def day_start_ms(day: str, zone: ZoneInfo) -> int:
    """The first instant of a local day."""
    start = date.fromisoformat(day)
    midnight = datetime(start.year, start.month, start.day, tzinfo=zone)
    return (midnight - EPOCH) // MILLISECOND


def day_end_ms(day: str, zone: ZoneInfo) -> int:
    """The first instant after a local day."""
    return day_start_ms(add_days(day, 1), zone)


def hour_start_ms(day: str, hour: int, zone: ZoneInfo) -> int:
    """The first instant of a local hour."""
    start = date.fromisoformat(day)
    moment = datetime(start.year, start.month, start.day, hour, tzinfo=zone)
    return (moment - EPOCH) // MILLISECOND


def hours_of(day: str, zone: ZoneInfo) -> dict[int, int]:
    """The hours that a local day has, in order, and the first instant of each.

    Where clocks change within the day it is gone through minute by minute: an hour that is skipped in
    part begins where its rest does.
    """
    start, end = day_start_ms(day, zone), day_end_ms(day, zone)
    step = MS_PER_HOUR
    if end - start != MS_PER_DAY:
        step = MS_PER_MINUTE
    hours: dict[int, int] = {}
    for at_ms in range(start, end, step):
        hours.setdefault(local_day_hour(at_ms, zone)[1], at_ms)
    return dict(sorted(hours.items()))


def add_days(day: str, days: int) -> str:
    """The day so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def days_between(first: str, last: str) -> list[str]:
    """Every day from `first` to `last`, both included; empty when `last` is earlier."""
    start = date.fromisoformat(first)
    count = (date.fromisoformat(last) - start).days + 1
    return [(start + timedelta(days=offset)).isoformat() for offset in range(count)]


def month_of(day: str) -> str:
    """The month of a day, `2026-11`."""
    return day[:7]


def next_month(month: str) -> str:
    """The month after."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1:04d}-01" if number == 12 else f"{year:04d}-{number + 1:02d}"


def previous_month(month: str) -> str:
    """The month before."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1:04d}-12" if number == 1 else f"{year:04d}-{number - 1:02d}"


def week_start_day(day: str) -> str:
    """The Monday of a day's ISO week."""
    return add_days(day, -date.fromisoformat(day).weekday())


def month_start_ms(month: str, zone: ZoneInfo) -> int:
    """The first instant of a local month."""
    return day_start_ms(f"{month}-01", zone)


def period_end_ms(period: str, zone: ZoneInfo) -> int:
    """The first instant after a local day or month: when what is counted on it starts again from zero."""
    if DAY.fullmatch(period) is not None:
        return day_end_ms(period, zone)
    return month_start_ms(next_month(period), zone)


def iso_week(day: str) -> str:
    """The ISO week of a day, `2026-W47`."""
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year:04d}-W{week:02d}"
