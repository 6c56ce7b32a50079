"""Fingerprints that add up: how millions of cells are held against millions of entries in little memory.

A sketch is a sum of figures, each times a secret weight of its place. What was added in another order, in
other parts or by another machine has the same sketch; figures that differ anywhere have another one, but
for a chance of two in 2¹²⁷. Beside it stand the plain totals, which tell how far apart two sides are. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from shared.domain.calendar import month_of
from shared.domain.cells import CellKey, Delta
from shared.domain.sums import SUM_FIELDS

PRIME: Final = 2**127 - 1
WEIGHT_BYTES: Final = 16
KEY_BYTES: Final = 16
MISPLACED: Final = "misplaced"
"""The measure of what adds up and still stands in the wrong places."""


class Group(NamedTuple):
    """Cells that are judged together: of a family, and of a local day or month."""

    family: str
    period: str


class Difference(NamedTuple):
    """A measure that two sides do not agree on."""

    group: Group
    measure: str
    expected: int
    found: int

    @property
    def size(self) -> int:
        """How far apart they are; never 0."""
        return abs(self.found - self.expected)


@dataclass(slots=True)
class Tally:
    """A sketch of figures and their totals by measure."""

    sketch: int = 0
    totals: dict[str, int] = field(default_factory=dict)

    def add(self, other: Tally, sign: int = 1) -> None:
        """Add another, or (`sign` -1) take it away."""
        self.sketch = (self.sketch + sign * other.sketch) % PRIME
        for measure, figure in other.totals.items():
            self.totals[measure] = self.totals.get(measure, 0) + sign * figure

    def differences(self, group: Group, found: Tally) -> Iterator[Difference]:
        """Where another side is not as this one says."""
        if self.sketch == found.sketch:
            return
        told = False
        for measure in sorted(self.totals.keys() | found.totals.keys()):
            ours, theirs = self.totals.get(measure, 0), found.totals.get(measure, 0)
            if ours != theirs:
                told = True
                yield Difference(group, measure, ours, theirs)
        if not told:
            yield Difference(group, MISPLACED, 0, 1)


class Tallies:
    """Tallies of cells by group. Two can be compared when they have the same key and the same days.

    Periods before `days_from` are taken together by month, so that years take no more room than weeks.
    """

    def __init__(self, key: bytes, days_from: str) -> None:
        self.key = key
        self.days_from = days_from
        self.groups: dict[Group, Tally] = {}
        self._weights: dict[str, int] = {}

    def empty(self) -> Tallies:
        """Another side of the same comparison."""
        return Tallies(self.key, self.days_from)

    def from_day(self, days_from: str) -> Tallies:
        """The same with the days before a later one taken together by month."""
        made = Tallies(self.key, days_from)
        for group, tally in self.groups.items():
            made.groups.setdefault(made._group(*group), Tally()).add(tally)
        return made

    def group_of(self, key: CellKey) -> Group:
        """Where a cell is judged."""
        return self._group(key.family, key.period)

    def _group(self, family: str, period: str) -> Group:
        return Group(family, period if period >= self.days_from else month_of(period))

    def add(self, key: CellKey, delta: Delta) -> None:
        """Add what is in a cell, or what comes into it."""
        self.count(self.group_of(key), "#".join(key), figures_of(delta))

    def count(self, group: Group, place: str, figures: Iterable[tuple[str, int]]) -> None:
        """Add named figures of a place. What stands behind a space in a name is not its measure's."""
        weight = self._weight(place)
        tally = self.groups.setdefault(group, Tally())
        for name, figure in figures:
            tally.sketch = (tally.sketch + weight * self._kept_weight(name) * figure) % PRIME
            measure = name.partition(" ")[0]
            tally.totals[measure] = tally.totals.get(measure, 0) + figure

    def merge(self, other: Tallies) -> None:
        """Add all of another."""
        for group, tally in other.groups.items():
            self.groups.setdefault(group, Tally()).add(tally)

    def differences(self, found: Tallies) -> list[Difference]:
        """Where another side is not as this one says."""
        return [
            difference
            for group in sorted(self.groups.keys() | found.groups.keys())
            for difference in self.of(group).differences(group, found.of(group))
        ]

    def of(self, group: Group) -> Tally:
        """What there is of a group."""
        return self.groups.get(group) or Tally()

    def plain(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        groups = [[*group, t.sketch, t.totals] for group, t in self.groups.items()]
        return {"key": self.key.hex(), "daysFrom": self.days_from, "groups": groups}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> Tallies:
        """The tallies that `plain` told."""
        made = cls(bytes.fromhex(plain["key"]), plain["daysFrom"])
        for family, period, sketch, totals in plain["groups"]:
            made.groups[Group(family, period)] = Tally(sketch, dict(totals))
        return made

    def _weight(self, text: str) -> int:
        digest = blake2b(text.encode(), digest_size=WEIGHT_BYTES, key=self.key).digest()
        return int.from_bytes(digest) % PRIME

    def _kept_weight(self, name: str) -> int:
        weight = self._weights.get(name)
        if weight is None:
            weight = self._weights[name] = self._weight(f"figure {name}")
        return weight


def figures_of(delta: Delta) -> Iterator[tuple[str, int]]:
    """The figures of a cell by name; zeros are left out."""
    for name in SUM_FIELDS:
        figure = getattr(delta.sums, name)
        if figure:
            yield name, figure
    for name, figure in _parted(delta):
        if figure:
            yield name, figure


def _parted(delta: Delta) -> Iterator[tuple[str, int]]:
    for bucket, count in delta.sums.buckets.items():
        yield f"responses {bucket}", count
    for hour, hours in delta.hours.items():
        yield f"hour_requests {hour}", hours.requests
        yield f"hour_cost {hour}", hours.cost
        yield f"hour_tokens {hour}", hours.total
    for (kind, hour), count in delta.moves.counts.items():
        yield f"transactions {kind} {hour}", count
    for kind, credits in delta.moves.credits.items():
        yield f"transaction_credits {kind}", credits
    yield "accounts_opened", delta.moves.opened
    for name, figure in delta.counted._asdict().items():
        yield f"budget_{name}", figure
