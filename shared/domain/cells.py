"""Cells: pre-aggregated figures, folded from the digests of journal entries.

`fold(a + b) == merge(fold(a), fold(b))`: whatever way entries are split and grouped, the cells come out
the same. The families of cells are listed in `docs/data-model.md`; what is not kept can't be asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from shared.domain.calendar import month_of
from shared.domain.digests import DigestRow, Dimensions
from shared.domain.sums import Sums

DAY_TOTAL: Final = "D"
MONTH_TOTAL: Final = "M"
HOUR: Final = "H"
MODEL: Final = "X"
COUNTRY: Final = "C"
PLATFORM: Final = "P"
FAILED: Final = "E"
UNPRICED: Final = "U"
TRANSACTIONS: Final = "A"
"""Sorts first, so of an entry that is folded in parts the first part holds it."""
LATE: Final = "L"

SHARED_FAMILIES: Final = (DAY_TOTAL, MONTH_TOTAL, HOUR, MODEL, COUNTRY, PLATFORM, FAILED)
PRIVATE_FAMILIES: Final = (DAY_TOTAL, MONTH_TOTAL, MODEL)
"""The families that digests are folded into, wherever their entries stand in time.

The shared `UNPRICED` has, of each model, only how many logs no price was found for, and in which hours:
what is asked for is what there is of the problem, not the models that are well. Two more go by when
entries were committed: the shared `TRANSACTIONS` and the private `LATE`.
"""

DAILY: Final = (DAY_TOTAL, MODEL)
"""The private families whose cells are of single days."""


class CellKey(NamedTuple):
    """One cell: `period` is a local day or month; `value` is what of the family (empty for totals).

    `value` of the hour family is `00` … `23`; of the model family and the unpriced
    `service|provider|model`, the last empty when there is no model. The failed family keeps the figures of
    failed requests. `period` of the late family is the month of the commit, `value` `month|service|reason`
    with the month the figures are of and the entry's reason.
    """

    family: str
    period: str
    value: str


class HourSums(NamedTuple):
    """What a day's cell keeps of each of its hours. `cost` in picos."""

    requests: int
    cost: int
    total: int


@dataclass(slots=True)
class Moves:
    """Transactions of a day: how many of each kind in each hour, the credits of each kind.

    Kinds go by their place in `journal.KINDS`. `opened` counts the accounts that moved for the first time.
    """

    counts: dict[tuple[int, int], int] = field(default_factory=dict)
    credits: dict[int, int] = field(default_factory=dict)
    opened: int = 0

    def note(self, kind: int, hour: int, credits: int, *, opens: bool) -> None:
        """Add one transaction; it `opens` its account when it is the first."""
        self.counts[kind, hour] = self.counts.get((kind, hour), 0) + 1
        self.credits[kind] = self.credits.get(kind, 0) + credits
        self.opened += opens

    def add(self, other: Moves) -> Self:
        """Add others, in place."""
        for place, count in other.counts.items():
            self.counts[place] = self.counts.get(place, 0) + count
        for kind, credits in other.credits.items():
            self.credits[kind] = self.credits.get(kind, 0) + credits
        self.opened += other.opened
        return self


class Counted(NamedTuple):
    """Usage that its commits counted on the workspace's budgets themselves. `cost` in picos."""

    requests: int = 0
    tokens: int = 0
    cost: int = 0
    credits: int = 0


NOT_COUNTED: Final = Counted()


@dataclass(slots=True)
class Delta:
    """What entries add to one cell.

    `hours` is kept by the day and model families only, `moves` by the transactions family only, `counted`
    (a part of the sums) by the workspace's totals only.
    """

    sums: Sums = field(default_factory=Sums)
    hours: dict[int, HourSums] = field(default_factory=dict)
    moves: Moves = field(default_factory=Moves)
    counted: Counted = NOT_COUNTED

    def add(self, other: Delta) -> Self:
        """Add another, in place."""
        self.sums.add(other.sums)
        self.moves.add(other.moves)
        if other.counted is not NOT_COUNTED:
            self.count(other.counted)
        for hour, figures in other.hours.items():
            self.add_hour(hour, figures)
        return self

    def count(self, figures: Counted) -> None:
        """Add to what commits counted on budgets."""
        self.counted = Counted(*(a + b for a, b in zip(self.counted, figures, strict=True)))

    def add_hour(self, hour: int, figures: HourSums) -> None:
        """Add to one hour of the day."""
        old = self.hours.get(hour)
        if old is None:
            self.hours[hour] = figures
        else:
            requests, cost, total = old
            self.hours[hour] = HourSums(
                requests + figures.requests, cost + figures.cost, total + figures.total
            )


Deltas = dict[CellKey, Delta]

WITH_BUCKETS: Final = frozenset({DAY_TOTAL, MONTH_TOTAL, MODEL})
WITH_HOURS: Final = frozenset({DAY_TOTAL, MODEL})


def model_value(service: str, provider: str, model: str | None) -> str:
    """The value of a model cell."""
    return f"{service}|{provider}|{model or ''}"


def split_model_value(value: str) -> tuple[str, str, str | None]:
    """`(service, provider, model)` of a model cell's value."""
    service, provider, model = value.split("|")
    return service, provider, model or None


def _shared_keys(row: Dimensions) -> Iterable[CellKey]:
    yield CellKey(DAY_TOTAL, row.day, "")
    yield CellKey(MONTH_TOTAL, month_of(row.day), "")
    yield CellKey(HOUR, row.day, f"{row.hour:02d}")
    yield CellKey(MODEL, row.day, model_value(row.service, row.provider, row.model))
    if row.country is not None:
        yield CellKey(COUNTRY, row.day, row.country)
    if row.platform is not None:
        yield CellKey(PLATFORM, row.day, row.platform)
    if row.failed:
        yield CellKey(FAILED, row.day, "")


def _private_keys(row: Dimensions) -> Iterable[CellKey]:
    yield CellKey(DAY_TOTAL, row.day, "")
    yield CellKey(MONTH_TOTAL, month_of(row.day), "")
    yield CellKey(MODEL, row.day, model_value(row.service, row.provider, row.model))


def _fold_into(deltas: Deltas, row: DigestRow, keys: Iterable[CellKey]) -> None:
    hour = HourSums(row.sums.requests, row.sums.cost, row.sums.total)
    for key in keys:
        delta = deltas.get(key)
        if delta is None:
            delta = deltas[key] = Delta()
        delta.sums.add(row.sums, buckets=key.family in WITH_BUCKETS)
        if key.family in WITH_HOURS:
            delta.add_hour(row.dimensions.hour, hour)


def fold_shared(rows: Iterable[DigestRow], counted: Collection[str] = ()) -> Deltas:
    """What digest rows add to their workspace's shared cells.

    `counted` are the days and months on whose budgets their commit has counted them.
    """
    deltas: Deltas = {}
    for row in rows:
        _fold_into(deltas, row, _shared_keys(row.dimensions))
        if row.sums.unpriced:
            _count_unpriced(deltas, row)
        if counted:
            _count_counted(deltas, row, counted)
    return deltas


def _count_counted(deltas: Deltas, row: DigestRow, counted: Collection[str]) -> None:
    sums, day = row.sums, row.dimensions.day
    figures = Counted(sums.requests, sums.total, sums.cost, sums.credits)
    for key in (CellKey(DAY_TOTAL, day, ""), CellKey(MONTH_TOTAL, month_of(day), "")):
        if key.period in counted:
            deltas[key].count(figures)


def _count_unpriced(deltas: Deltas, row: DigestRow) -> None:
    of, count = row.dimensions, row.sums.unpriced
    value = model_value(of.service, of.provider, of.model)
    delta = deltas.setdefault(CellKey(UNPRICED, of.day, value), Delta())
    delta.sums.unpriced += count
    delta.add_hour(of.hour, HourSums(count, 0, 0))


def fold_private(rows: Iterable[DigestRow]) -> Deltas:
    """What digest rows add to their account's private cells."""
    deltas: Deltas = {}
    for row in rows:
        _fold_into(deltas, row, _private_keys(row.dimensions))
    return deltas


def fold_late(rows: Iterable[DigestRow], committed: str, reason: str) -> Deltas:
    """What model cells of a month get that is not usage committed in that month.

    That is usage which came in another month than it occurred in, and all that an entry of another reason
    (a repricing) changes. With it, a month's model cells tell what its usage transactions were for.
    """
    deltas: Deltas = {}
    for row in rows:
        month = month_of(row.dimensions.day)
        if month != committed or reason != "usage":
            key = CellKey(LATE, committed, f"{month}|{row.dimensions.service}|{reason}")
            _fold_into(deltas, row, (key,))
    return deltas


def merge(into: Deltas, other: Mapping[CellKey, Delta]) -> Deltas:
    """Add deltas to deltas, in place."""
    for key, delta in other.items():
        known = into.get(key)
        if known is None:
            known = into[key] = Delta()
        known.add(delta)
    return into
