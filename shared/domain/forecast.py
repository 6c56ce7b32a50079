"""What comes next, judged from the days before: whole numbers in, exact fractions between. Pure.

A day is expected to have its weekday's part, as the last eight weeks had it, of what the last two weeks
had in a week. How far off that may be is not assumed but replayed: the same rule is applied to every
stretch of days of the last four weeks with what was known before it, and compared with what came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

WEEK: Final = 7
SHAPE_DAYS: Final = 8 * WEEK
"""How many days tell the weekdays apart: eight of each, few enough to follow the seasons."""

LEVEL_DAYS: Final = 2 * WEEK
"""How many days say how much a week has: more would be late to follow, fewer would follow accidents."""

REPLAYED_DAYS: Final = 4 * WEEK
"""How many days the rule is tried on. Longer ago it would answer for habits that are gone."""

HISTORY_DAYS: Final = SHAPE_DAYS + REPLAYED_DAYS
"""How many days before today are looked at: the first replayed one needs its own eight weeks."""

MIN_STRETCHES: Final = 10
"""Replayed stretches below which their extremes say nothing."""

LIKE: Final = 4
"""A week with less than a fourth, or more than four times, of what the last two had is of another time."""

UNKNOWN: Final = (Fraction(0), Fraction(2))
"""The ratios of a range that nothing is known of: anything from nothing to twice as much."""

Weekdays = tuple[Fraction, ...]
"""What a Monday, a Tuesday … a Sunday is expected to have."""

NOTHING: Final[Weekdays] = (Fraction(0),) * WEEK


@dataclass(frozen=True, slots=True)
class Days:
    """A figure (0 or more) of consecutive whole days; `weekday` (Monday 0) is that of the first."""

    weekday: int
    figures: Sequence[int]

    @classmethod
    def starting(cls, first: str, figures: Sequence[int]) -> Days:
        """The figures of the days from `first` on."""
        return cls(date.fromisoformat(first).weekday(), figures)

    def __len__(self) -> int:
        return len(self.figures)

    def between(self, start: int, end: int) -> Days:
        """The days from number `start` to before number `end`, counted from 0."""
        return Days((self.weekday + start) % WEEK, self.figures[start:end])

    def used(self) -> Days:
        """Without the days before the first that has anything: there was no usage yet."""
        lead = next((at for at, figure in enumerate(self.figures) if figure), len(self))
        return self.between(lead, len(self))

    def alike(self) -> Days:
        """The latest weeks that have about as much as the last two: a jump begins a new time."""
        level = sum(self.figures[-LEVEL_DAYS:])
        start = len(self)
        while start >= WEEK:
            week = LEVEL_DAYS // WEEK * sum(self.figures[start - WEEK : start])
            if len(self) - start >= LEVEL_DAYS and not level <= LIKE * week <= LIKE**2 * level:
                break
            start -= WEEK
        return self.between(start if start >= WEEK else 0, len(self))


def weekdays_of(days: Days) -> Weekdays:
    """What each weekday is expected to have after these days.

    Less than a week tells no weekdays apart: each is then the mean of the days there are.
    """
    count, total = len(days), sum(days.figures)
    if not total:
        return NOTHING
    if count < WEEK:
        return (Fraction(total, count),) * WEEK
    recent = days.between(count - min(count, SHAPE_DAYS) // WEEK * WEEK, count)
    shape = [sum(recent.figures[(at - recent.weekday) % WEEK :: WEEK]) for at in range(WEEK)]
    level_days = min(count, LEVEL_DAYS) // WEEK * WEEK
    level = Fraction(WEEK * sum(days.figures[-level_days:]), level_days)
    return tuple(level * part / (sum(shape) or 1) for part in shape)


def expected(weekdays: Weekdays, weekday: int, count: int) -> Fraction:
    """What `count` days are expected to have, the first of them being a `weekday`."""
    whole, rest = divmod(count, WEEK)
    return whole * sum(weekdays, Fraction(0)) + sum(
        (weekdays[(weekday + at) % WEEK] for at in range(rest)), Fraction(0)
    )


def replayed(days: Days, length: int) -> list[Fraction]:
    """What came ÷ what was expected, of every stretch of `length` days among the last four weeks.

    Each is expected from the days before it alone, of which there has to be a week.
    """
    ratios = []
    for start in range(max(WEEK, len(days) - REPLAYED_DAYS), len(days) - length + 1):
        before = days.between(0, start)
        hoped = expected(weekdays_of(before), (days.weekday + start) % WEEK, length)
        if hoped:
            ratios.append(Fraction(sum(days.figures[start : start + length])) / hoped)
    return ratios


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still to come: the likely figure, and a range around it, rounded to whole numbers.

    `ratios` are the replayed extremes that made the range, of `stretches` stretches of `length` days;
    with no stretches the range is a guess.
    """

    likely: int
    low: int
    high: int
    ratios: tuple[Fraction, Fraction]
    stretches: int
    length: int


def rest_of(days: Days, today: Fraction, after: int) -> Rest:
    """What is still to come today (of which `today`, 0 to 1, is left) and on `after` more days.

    `days` end yesterday. Stretches replayed are as long as what lies ahead, at most a week: that leaves
    enough of them, and what is off by so much in a week is not more so in four.
    """
    past = days.used().alike()
    weekdays = weekdays_of(past)
    weekday = (past.weekday + len(past)) % WEEK
    hoped = weekdays[weekday] * today + expected(weekdays, (weekday + 1) % WEEK, after)
    length = min(after + 1, WEEK)
    found = replayed(past, length)
    low, high = UNKNOWN
    if len(found) >= MIN_STRETCHES:
        low, high = min(Fraction(1), *found), max(Fraction(1), *found)
    return Rest(
        likely=_rounded(hoped),
        low=_rounded(hoped * low),
        high=_rounded(hoped * high),
        ratios=(low, high),
        stretches=len(found) if len(found) >= MIN_STRETCHES else 0,
        length=length,
    )


def days_until_used_up(stock: int, days: Days, today: Fraction, limit: int) -> int | None:
    """In how many days a stock is used up at the pace of these days; None beyond `limit` days.

    0 is today, of which `today` (0 to 1) is left.
    """
    past = days.used()
    weekdays = weekdays_of(past)
    weekday, gone = (past.weekday + len(past)) % WEEK, Fraction(0)
    for ahead in range(limit + 1):
        gone += weekdays[(weekday + ahead) % WEEK] * (today if ahead == 0 else 1)
        if gone >= stock:
            return ahead
    return None


def _rounded(figure: Fraction) -> int:
    """Half up, as every figure is rounded."""
    return (2 * figure.numerator + figure.denominator) // (2 * figure.denominator)
