"""From cells to answers: what the figures of a range of local days say. Pure.

Everything in one answer is folded from the same cells, so the parts of an answer always add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, Protocol, TypeVar

from shared.domain.calendar import days_between, iso_week, month_of
from shared.domain.cells import CellKey, Delta, HourSums, split_model_value
from shared.domain.money import Figure, ratio
from shared.domain.sums import SUM_FIELDS, Sums

K = TypeVar("K")

HOURS: Final = 24
GROWTH_PLACES: Final = 2
NO_HOUR: Final = HourSums(0, 0, 0)

Kept = Literal["all", "sums", "hours"]
"""Which measures are known: all, all but p95, or only requests, cost and total tokens."""

Model = tuple[str, str | None]
"""Service and model; None for usage that is no model call."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for of all usage: services, models, providers; everything when nothing is given."""

    service: str | None = None
    model: str | None = None
    provider: str | None = None

    def __bool__(self) -> bool:
        return not (self.service is None and self.model is None and self.provider is None)

    def takes(self, key: CellKey) -> bool:
        """Whether a model cell is among what is asked for."""
        service, provider, model = split_model_value(key.value)
        return (
            self.service in {None, service}
            and self.model in {None, model}
            and self.provider in {None, provider}
        )


ALL: Final = Selection()


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Model cells of a range, summed up in every way that statistics show.

    `days` has every day of the range in order, `hours` all 24.
    """

    total: Sums
    days: dict[str, Sums]
    services: dict[str, Sums]
    models: dict[Model, Sums]
    hours: tuple[HourSums, ...]


def breakdown(cells: Mapping[CellKey, Delta], first: str, last: str, what: Selection) -> Breakdown:
    """Sum up model cells whose days lie between `first` and `last`, both included."""
    taken = {key: delta for key, delta in cells.items() if what.takes(key)}
    days = by_day(taken, first, last)
    models = grouped((model_of(key), delta.sums) for key, delta in taken.items())
    return Breakdown(
        total=summed(days.values()),
        days=days,
        services=grouped((service, sums) for (service, _), sums in models.items()),
        models=models,
        hours=by_hour(taken.values()),
    )


def model_of(key: CellKey) -> Model:
    """Service and model of a model cell: who served the model makes no difference here."""
    service, _, model = split_model_value(key.value)
    return service, model


def summed(parts: Iterable[Sums]) -> Sums:
    """All figures added up."""
    total = Sums()
    for sums in parts:
        total.add(sums)
    return total


def less(whole: Sums, part: Sums) -> Sums:
    """A whole without a part of it; response times are not kept apart, so there is no percentile."""
    return Sums(**{name: getattr(whole, name) - getattr(part, name) for name in SUM_FIELDS})


def grouped(pairs: Iterable[tuple[K, Sums]]) -> dict[K, Sums]:
    """Figures added up by key, keys in the order in which they first come."""
    groups: dict[K, Sums] = {}
    for key, sums in pairs:
        group = groups.get(key)
        if group is None:
            group = groups[key] = Sums()
        group.add(sums)
    return groups


def by_day(cells: Mapping[CellKey, Delta], first: str, last: str) -> dict[str, Sums]:
    """Daily cells by their day: every day of the range in order, zeros included."""
    days = {day: Sums() for day in days_between(first, last)}
    for key, delta in cells.items():
        days[key.period].add(delta.sums)
    return days


def by_hour(deltas: Iterable[Delta]) -> tuple[HourSums, ...]:
    """The 24 hours of the day over all cells."""
    hours = Delta(hours=dict.fromkeys(range(HOURS), NO_HOUR))
    for delta in deltas:
        for hour, figures in delta.hours.items():
            hours.add_hour(hour, figures)
    return tuple(hours.hours[hour] for hour in range(HOURS))


PERIOD_OF: Final[Mapping[str, Callable[[str], str]]] = {
    "day": str,
    "week": iso_week,
    "month": month_of,
}
"""The key under which a day's figures stand when they are grouped by time."""


def by_period(days: Mapping[str, Sums], group: str) -> dict[str, Sums]:
    """Days grouped by `day`, `week` or `month`: only the days that are there count."""
    key = PERIOD_OF[group]
    return grouped((key(day), sums) for day, sums in days.items())


def model_key(model: Model) -> str:
    """`service/model`; nothing after the slash when there is no model."""
    return f"{model[0]}/{model[1] or ''}"


class Counted(Protocol):
    """Figures that know how many requests they are of."""

    @property
    def requests(self) -> int:
        """How many."""


C = TypeVar("C", bound=Counted)


def busiest(figures: Mapping[K, C]) -> tuple[K, C] | None:
    """The key with most requests, the earliest of equals; None when there are none at all."""
    best = max(figures.items(), key=lambda item: item[1].requests, default=None)
    return best if best is not None and best[1].requests > 0 else None


def growth(current: int, previous: int) -> Figure | None:
    """(current − previous) ÷ previous × 100; None when there was nothing before."""
    if previous <= 0:
        return None
    return ratio((current - previous) * 100, previous, GROWTH_PLACES)


def largest_first(
    rows: Mapping[K, Sums], figure: Callable[[Sums], int | Fraction]
) -> list[tuple[K, Sums]]:
    """Rows by a figure, largest first; equals by requests, then in the order of their keys."""
    return sorted(
        rows.items(), key=lambda row: (-figure(row[1]), -row[1].requests, _sortable(row[0]))
    )


def _sortable(key: object) -> tuple[str, ...]:
    parts = key if isinstance(key, tuple) else (key,)
    return tuple("" if part is None else str(part) for part in parts)


def cost_of(figures: Sums) -> int:
    """The cost, in picos."""
    return figures.cost


def requests_of(figures: Sums) -> int:
    """How many requests."""
    return figures.requests
