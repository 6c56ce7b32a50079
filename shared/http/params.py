"""Query parameters: named, bounded, and refused when unknown."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from shared.domain.calendar import (
    DAY,
    add_days,
    days_between,
    local_day,
    parse_day,
    parse_instant,
    parse_timestamp,
)
from shared.domain.errors import FieldError, ValidationFailedError
from shared.domain.ids import ID, NAME
from shared.domain.time_list import Position

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100
MAX_PAGE: Final = 1_000_000
MAX_RANGE_DAYS: Final = 400
DEFAULT_RANGE_DAYS: Final = 30
MAX_CURSOR_LENGTH: Final = 1024
DIGITS: Final = re.compile(r"[0-9]{1,9}", re.ASCII)

C = TypeVar("C", bound=str)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list. With `cursor` (already decoded), `page` is only repeated in the answer."""

    page: int
    limit: int
    cursor: str | None

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * self.limit

    @property
    def position(self) -> Position | None:
        """The place in a list by time to go on from.

        Raises:
            ValidationFailedError: the cursor is of another list.
        """
        try:
            return None if self.cursor is None else Position.parse(self.cursor)
        except ValueError as error:
            raise refused("cursor", "is not a cursor of this list") from error


class Params:
    """The query of one request. Every reader raises `ValidationFailedError` naming the parameter."""

    def __init__(self, query: Mapping[str, str], allowed: frozenset[str]) -> None:
        unknown = sorted(query.keys() - allowed)
        if unknown:
            raise ValidationFailedError(
                f"Unknown query parameters: {', '.join(unknown)}. "
                f"This route takes {', '.join(sorted(allowed)) or 'none'}.",
                [FieldError(f"?{name}", "is not a parameter of this route") for name in unknown],
            )
        self._query = query

    def raw(self, name: str) -> str | None:
        """A parameter as it came."""
        return self._query.get(name)

    def matching(self, name: str, pattern: re.Pattern[str]) -> str | None:
        """A parameter of a given form."""
        value = self._query.get(name)
        if value is not None and pattern.fullmatch(value) is None:
            raise refused(name, "has characters or a length that it can't have")
        return value

    def user_id(self, name: str = "userId") -> str | None:
        """A user id or account id."""
        return self.matching(name, ID)

    def label(self, name: str) -> str | None:
        """A service, provider or model."""
        return self.matching(name, NAME)

    def choice(self, name: str, options: tuple[C, ...]) -> C | None:
        """One of several words."""
        value = self._query.get(name)
        if value is None:
            return None
        for option in options:
            if value == option:
                return option
        raise refused(name, f"must be one of {', '.join(options)}")

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number between two bounds, both included."""
        value = self._query.get(name)
        if value is None:
            return default
        if DIGITS.fullmatch(value) is None or not low <= int(value) <= high:
            raise refused(name, f"must be a whole number from {low} to {high}")
        return int(value)

    def timestamp(self, name: str) -> int | None:
        """An RFC 3339 time, in ms."""
        value = self._query.get(name)
        if value is None:
            return None
        try:
            return parse_timestamp(value)
        except ValueError as error:
            raise refused(name, str(error)) from error

    def paging(self) -> Paging:
        """`page`, `limit` and `cursor`."""
        cursor = self._query.get("cursor")
        return Paging(
            self.integer("page", 1, 1, MAX_PAGE),
            self.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT),
            None if cursor is None else decode_cursor(cursor),
        )

    def descending(self) -> bool:
        """The `order`: newest first unless `asc`."""
        return self.choice("order", ("desc", "asc")) != "asc"

    def instants(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """`startDate` and `endDate` of lists and exports as a half-open range of ms.

        A day stands for all of it, a timestamp for its exact millisecond.
        """
        start = self._instant("startDate", zone, end=False)
        end = self._instant("endDate", zone, end=True)
        if start is not None and end is not None:
            # A day that ends where the range starts lies before it; a timestamp there is an empty range.
            is_day = DAY.fullmatch(self._query["endDate"]) is not None
            if start > end or (is_day and start == end):
                raise refused("endDate", "must not be before startDate")
        return start, end

    def _instant(self, name: str, zone: ZoneInfo, *, end: bool) -> int | None:
        value = self._query.get(name)
        if value is None:
            return None
        try:
            return parse_instant(value, zone, end=end)
        except ValueError as error:
            raise refused(name, str(error)) from error

    def days(self, zone: ZoneInfo, now_ms: int) -> tuple[str, str]:
        """`startDate` and `endDate` of statistics: two inclusive local days, at most 400.

        Without dates, the last 30 days, today included.
        """
        first, last = self._day("startDate"), self._day("endDate")
        if first is None and last is None:
            today = local_day(now_ms, zone)
            return add_days(today, 1 - DEFAULT_RANGE_DAYS), today
        if first is None or last is None:
            missing = "startDate" if first is None else "endDate"
            raise refused(missing, "is needed as well: statistics take both dates or neither")
        if last < first:
            raise refused("endDate", "must not be before startDate")
        if len(days_between(first, last)) > MAX_RANGE_DAYS:
            raise refused("endDate", f"the range has at most {MAX_RANGE_DAYS} days")
        return first, last

    def _day(self, name: str) -> str | None:
        value = self._query.get(name)
        if value is None:
            return None
        try:
            return parse_day(value).isoformat()
        except ValueError as error:
            raise refused(name, str(error)) from error


def refused(name: str, message: str) -> ValidationFailedError:
    """A refusal of one query parameter."""
    return ValidationFailedError.of(f"?{name}", message)


def encode_cursor(key: str | None) -> str | None:
    """A key to go on from, as an opaque cursor."""
    if key is None:
        return None
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """The key inside a cursor.

    Raises:
        ValidationFailedError: it was not made here.
    """
    try:
        if not cursor or len(cursor) > MAX_CURSOR_LENGTH:
            raise ValueError("length")
        padded = cursor + "=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error) as error:
        raise refused("cursor", "is not a cursor of this list") from error


def page_body(
    name: str, rows: list[object], paging: Paging, total: int | None, next_key: str | None
) -> dict[str, object]:
    """The body of a list: the rows under their name, then `total page limit nextCursor?`."""
    body: dict[str, object] = {name: rows}
    if total is not None:
        body["total"] = total
    body |= {"page": paging.page, "limit": paging.limit}
    cursor = encode_cursor(next_key)
    return body if cursor is None else body | {"nextCursor": cursor}
