"""Cells: pre-aggregated figures, folded from the digests of journal entries.

`fold(a + b) == merge(fold(a), fold(b))`: whatever way entries are split and grouped, the cells come out
the same. The families of cells are listed in `docs/data-model.md`; what is not kept can't be asked for.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from shared.domain.calendar import month_of
from shared.domain.pricing import REQUEST

if TYPE_CHECKING:
    from shared.domain.usage import UsageLog

MAX_BUCKETED_MS: Final = 3_600_000


def _bounds() -> tuple[int, ...]:
    """Upper bounds of the response-time buckets, in ms: each at most 1.1 × the one before."""
    bounds = [0, *range(1, 11)]
    while bounds[-1] < MAX_BUCKETED_MS:
        bounds.append(bounds[-1] * 11 // 10)
    return tuple(bounds)


BUCKET_BOUNDS: Final = _bounds()

_compact = json.JSONEncoder(separators=(",", ":")).encode


def bucket_of(response_time_ms: int) -> int:
    """The histogram bucket of a response time; the last one takes all that is longer than an hour."""
    return min(bisect_left(BUCKET_BOUNDS, response_time_ms), len(BUCKET_BOUNDS) - 1)


def bucket_value_ms(bucket: int) -> int:
    """A value at most 5 % from every response time in the bucket (the last one aside)."""
    if bucket == 0:
        return 0
    low, high = BUCKET_BOUNDS[bucket - 1] + 1, BUCKET_BOUNDS[bucket]
    return (low + high) // 2


@dataclass(slots=True)
class Sums:
    """Every figure the contract's measures need, as plain sums. `cost` in picos, times in ms.

    `timed`/`time_ms` and `sized`/`bytes` count and add what was reported. `rated_output` and `rated_ms`
    are of the logs that have both output tokens and a response time. `failed_cost` is what failures
    cost, `token_cost` what logs with token parts cost where no flat price was charged: another model
    or cache would have changed it. `unpriced` counts logs that no price was found for. `buckets` counts
    response times.
    """

    requests: int = 0
    errors: int = 0
    input: int = 0
    output: int = 0
    cached_input: int = 0
    cache_write: int = 0
    reasoning: int = 0
    total: int = 0
    credits: int = 0
    cost: int = 0
    timed: int = 0
    time_ms: int = 0
    sized: int = 0
    bytes: int = 0
    rated_output: int = 0
    rated_ms: int = 0
    failed_cost: int = 0
    token_cost: int = 0
    unpriced: int = 0
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, other: Sums, *, buckets: bool = True) -> Self:
        """Add the figures of another, in place."""
        for name in SUM_FIELDS:
            more = getattr(other, name)
            if more:
                setattr(self, name, getattr(self, name) + more)
        if buckets:
            for bucket, count in other.buckets.items():
                self.buckets[bucket] = self.buckets.get(bucket, 0) + count
        return self

    def percentile_ms(self, percent: int) -> int | None:
        """The response time that `percent` % of the requests did not exceed; None without any."""
        timed = sum(self.buckets.values())
        rank, seen = -(-timed * percent // 100), 0
        for bucket in sorted(self.buckets):
            seen += self.buckets[bucket]
            if seen >= rank > 0:
                return bucket_value_ms(bucket)
        return None


SUM_FIELDS: Final = (
    "requests",
    "errors",
    "input",
    "output",
    "cached_input",
    "cache_write",
    "reasoning",
    "total",
    "credits",
    "cost",
    "timed",
    "time_ms",
    "sized",
    "bytes",
    "rated_output",
    "rated_ms",
    "failed_cost",
    "token_cost",
    "unpriced",
)


class Dimensions(NamedTuple):
    """What a digest row is about: a local day and hour, and where the usage came from."""

    day: str
    hour: int
    service: str
    provider: str
    model: str | None
    country: str | None
    platform: str | None
    failed: bool


@dataclass(frozen=True, slots=True)
class DigestRow:
    """The figures of the logs of one commit that share all dimensions."""

    dimensions: Dimensions
    sums: Sums


def sums_of(log: UsageLog) -> Sums:
    """The figures of a single log."""
    tokens, time_ms, size = log.tokens, log.response_time_ms, log.response_bytes
    rated = tokens is not None and tokens.output is not None and bool(time_ms)
    return Sums(
        requests=1,
        errors=int(log.failed),
        input=(tokens.input or 0) if tokens else 0,
        output=(tokens.output or 0) if tokens else 0,
        cached_input=tokens.cached_input if tokens else 0,
        cache_write=tokens.cache_write if tokens else 0,
        reasoning=tokens.reasoning if tokens else 0,
        total=tokens.total if tokens else 0,
        credits=log.credits,
        cost=log.cost_picos,
        timed=int(time_ms is not None),
        time_ms=time_ms or 0,
        sized=int(size is not None),
        bytes=size or 0,
        rated_output=(tokens.output or 0) if rated and tokens else 0,
        rated_ms=(time_ms or 0) if rated else 0,
        failed_cost=log.cost_picos if log.failed else 0,
        token_cost=log.cost_picos if _charged_by_tokens(log) else 0,
        unpriced=int(log.unpriced),
        buckets={} if time_ms is None else {bucket_of(time_ms): 1},
    )


def _charged_by_tokens(log: UsageLog) -> bool:
    """Whether a log's cost was stated or computed for token parts, not for the request alone."""
    parts = log.tokens is not None and log.tokens.input is not None
    return parts and [line.item for line in log.receipt.lines] != [REQUEST]


def dimensions_of(log: UsageLog, day: str, hour: int) -> Dimensions:
    """Where a log of a local day and hour counts."""
    place = (log.service, log.provider, log.model, log.country, log.platform, log.failed)
    return Dimensions(day, hour, *place)


def digest_of(logs: Iterable[tuple[Dimensions, UsageLog]]) -> tuple[DigestRow, ...]:
    """Logs folded by their dimensions, in a fixed order."""
    return digest_of_sums((dimensions, sums_of(log)) for dimensions, log in logs)


def digest_of_sums(figures: Iterable[tuple[Dimensions, Sums]]) -> tuple[DigestRow, ...]:
    """Figures folded by their dimensions, in a fixed order. They may be differences.

    The figures are taken over: those of equal dimensions are added up in the first of them.
    """
    rows: dict[Dimensions, Sums] = {}
    for dimensions, sums in figures:
        known = rows.get(dimensions)
        rows[dimensions] = sums if known is None else known.add(sums)
    ordered = sorted(rows, key=lambda d: tuple(("" if v is None else str(v)) for v in d))
    return tuple(DigestRow(dimensions, rows[dimensions]) for dimensions in ordered)


def encode_digest(rows: Iterable[DigestRow]) -> str:
    """A digest as compact JSON: a list for each row, dimensions first, then the sums, then buckets."""
    table: list[list[object]] = []
    for row in rows:
        sums = [getattr(row.sums, name) for name in SUM_FIELDS]
        pairs = [n for bucket in sorted(row.sums.buckets.items()) for n in bucket]
        table.append([*row.dimensions[:7], int(row.dimensions.failed), *sums, pairs])
    return _compact(table)


def decode_digest(text: str) -> tuple[DigestRow, ...]:
    """The rows of an encoded digest.

    Raises:
        ValueError: it is not one.
    """
    table = json.loads(text)
    if not isinstance(table, list):
        raise ValueError("a digest is not a list")
    return tuple(map(_decode_row, table))


def _decode_row(raw: object) -> DigestRow:
    if not isinstance(raw, list) or len(raw) != 8 + len(SUM_FIELDS) + 1:
        raise ValueError("a digest row is not a list of the right width")
    day, hour, service, provider, model, country, platform, failed, *figures, pairs = raw
    if not all(isinstance(word, str) for word in (day, service, provider)) or not all(
        word is None or isinstance(word, str) for word in (model, country, platform)
    ):
        raise ValueError("a digest row holds a dimension that is no text")
    if not isinstance(pairs, list) or not all(
        type(figure) is int for figure in (hour, failed, *figures, *pairs)
    ):
        raise ValueError("a digest row holds a figure that is no integer")
    sums = Sums(**dict(zip(SUM_FIELDS, figures, strict=True)))
    sums.buckets = dict(zip(pairs[::2], pairs[1::2], strict=True))
    dimensions = Dimensions(
        day, hour, service, provider, model, country, platform, failed=bool(failed)
    )
    return DigestRow(dimensions, sums)


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
        self.count(other.counted)
        for hour, figures in other.hours.items():
            self.add_hour(hour, figures)
        return self

    def count(self, figures: Counted) -> None:
        """Add to what commits counted on budgets."""
        self.counted = Counted(*(a + b for a, b in zip(self.counted, figures, strict=True)))

    def add_hour(self, hour: int, figures: HourSums) -> None:
        """Add to one hour of the day."""
        old = self.hours.get(hour, HourSums(0, 0, 0))
        self.hours[hour] = HourSums(*(a + b for a, b in zip(old, figures, strict=True)))


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
        delta = deltas.setdefault(key, Delta())
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
        into.setdefault(key, Delta()).add(delta)
    return into


assert all(10 * high <= 11 * low for low, high in pairwise(BUCKET_BOUNDS[10:]))
