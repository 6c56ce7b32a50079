"""Items of cells: keys and flat, short attributes that `ADD` works on. Zero figures are left out.

| attribute | figure | attribute | figure |
|---|---|---|---|
| `rq` `er` | requests, errors | `rn` `rs` | requests with a time, their ms |
| `ti` `ot` `tt` | input, output, total tokens | `bn` `bs` | requests with a size, their bytes |
| `tc` `tw` `tr` | cached input, cache write, reasoning | `po` `pm` | output tokens and ms of rated ones |
| `cr` `cs` | credits, cost in picos | `fc` `kc` | cost of failures, cost that follows tokens |
| `un` | logs without a price | `h`*n* | response times in bucket *n* |
| `q`*h* `c`*h* `t`*h* | requests, cost, tokens of hour *h* | `u` | private: the last entry folded in |
| `n`*khh* | transactions of kind *k* in hour *hh* | `a`*k* | credits of kind *k* |
| `op` | accounts opened | | |
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from shared.domain.cells import DAY_TOTAL, MONTH_TOTAL, CellKey, Counted, Delta, HourSums, Moves
from shared.domain.folding import Committed, Place, Touches, added_by
from shared.store.schema import (
    ACTIVE,
    DAY_TOTAL_PREFIX,
    MONTH_TOTAL_PREFIX,
    SCHEMA_VERSION,
    Key,
    account_pk,
    active_pk,
    private_prefix,
    shared_pk,
)
from shared.store.table import (
    Absent,
    AnyOf,
    Below,
    Item,
    Query,
    Update,
    Value,
    number,
    readable,
    text,
)

FIGURES: Final = {
    "rq": "requests",
    "er": "errors",
    "ti": "input",
    "ot": "output",
    "tc": "cached_input",
    "tw": "cache_write",
    "tr": "reasoning",
    "tt": "total",
    "cr": "credits",
    "cs": "cost",
    "rn": "timed",
    "rs": "time_ms",
    "bn": "sized",
    "bs": "bytes",
    "po": "rated_output",
    "pm": "rated_ms",
    "fc": "failed_cost",
    "kc": "token_cost",
    "un": "unpriced",
}
COUNTED: Final = ("bq", "bt", "bc", "bk")
"""Requests, tokens, cost and credits in the order of `Counted`: a part of the total's figures."""

BUCKET: Final = "h"
HOUR_FIGURES: Final = "qct"
"""Requests, cost and tokens of an hour, in the order of `HourSums`."""

MOVES: Final = "n"
MOVED: Final = "a"
OPENED: Final = "op"
KIND_STEP: Final = 100
"""The number in `n`*khh*: a kind's place times this, and the hour."""

UP_TO: Final = "u"
AFTER_VALUES: Final = "$"
"""Sorts right after `#`, so a day and this comes after all cells of the day and before the next."""

TOTALS: Final = frozenset({DAY_TOTAL, MONTH_TOTAL})
TOTAL_PREFIXES: Final = {DAY_TOTAL: DAY_TOTAL_PREFIX, MONTH_TOTAL: MONTH_TOTAL_PREFIX}


FIRST_COMMIT: Final = "cf"
LAST_COMMIT: Final = "cl"
"""On a total: when the first and the last of the entries were committed that its latest write added."""


def added(delta: Delta) -> dict[str, int]:
    """What a delta adds to which attributes of its cell."""
    figures = {name: getattr(delta.sums, figure) for name, figure in FIGURES.items()}
    figures |= {f"{BUCKET}{bucket}": count for bucket, count in delta.sums.buckets.items()}
    for hour, sums in delta.hours.items():
        figures |= {f"{kind}{hour}": n for kind, n in zip(HOUR_FIGURES, sums, strict=True)}
    figures |= _moves_added(delta.moves)
    figures |= dict(zip(COUNTED, delta.counted, strict=True))
    return {name: figure for name, figure in figures.items() if figure}


def _moves_added(moves: Moves) -> dict[str, int]:
    figures = {OPENED: moves.opened}
    figures |= {f"{MOVED}{kind}": credits for kind, credits in moves.credits.items()}
    for (kind, hour), count in moves.counts.items():
        figures[f"{MOVES}{kind * KIND_STEP + hour}"] = count
    return figures


def names_of(figures: Collection[str]) -> tuple[str, ...]:
    """The attributes of some figures."""
    return tuple(name for name, figure in FIGURES.items() if figure in figures)


def delta_from(item: Item) -> Delta:
    """The figures of a cell."""
    readable(item)
    delta = Delta()
    hours: dict[int, dict[str, int]] = {}
    for name, value in item.items():
        if name in FIGURES:
            setattr(delta.sums, FIGURES[name], value)
        elif name == OPENED and isinstance(value, int):
            delta.moves.opened = value
        elif name[1:].isdigit() and isinstance(value, int):
            kind, at = name[0], int(name[1:])
            if kind == BUCKET:
                delta.sums.buckets[at] = value
            elif kind in HOUR_FIGURES:
                hours.setdefault(at, {})[kind] = value
            elif kind == MOVES:
                delta.moves.counts[divmod(at, KIND_STEP)] = value
            elif kind == MOVED:
                delta.moves.credits[at] = value
    delta.counted = Counted(*(number(item, name, 0) for name in COUNTED))
    for hour, kinds in hours.items():
        delta.hours[hour] = HourSums(*(kinds.get(kind, 0) for kind in HOUR_FIGURES))
    return delta


def _period_and_value(key: CellKey) -> str:
    return key.period if key.family in TOTALS else f"{key.period}#{key.value}"


def _cell_key(family: str, tail: str) -> CellKey:
    period, _, value = tail.partition("#")
    return CellKey(family, period, value)


def shared_key(workspace_id: str, generation: int, key: CellKey) -> Key:
    """The item of a shared cell. Totals have prefixes of their own, which the alerts look for."""
    prefix = TOTAL_PREFIXES.get(key.family, "")
    return {
        "pk": shared_pk(workspace_id, generation, key.family),
        "sk": prefix + _period_and_value(key),
    }


def private_key(place: Place, key: CellKey) -> Key:
    """The item of a private cell."""
    return {
        "pk": account_pk(place.workspace_id, place.account_id),
        "sk": private_prefix(place.generation, key.family) + _period_and_value(key),
    }


def shared_query(workspace_id: str, generation: int, family: str, first: str, last: str) -> Query:
    """All shared cells of a family from one period to another, both included."""
    prefix = TOTAL_PREFIXES.get(family, "")
    pk = shared_pk(workspace_id, generation, family)
    return Query(pk, low=prefix + first, high=prefix + last + AFTER_VALUES)


def private_query(place: Place, family: str, first: str, last: str) -> Query:
    """All private cells of a family from one period to another, both included."""
    prefix = private_prefix(place.generation, family)
    pk = account_pk(place.workspace_id, place.account_id)
    return Query(pk, low=prefix + first, high=prefix + last + AFTER_VALUES)


def shared_cell_key(item: Item, family: str) -> CellKey:
    """Which shared cell of a family an item is.

    Raises:
        ValueError: its sort key is no string.
    """
    return _cell_key(family, text(item, "sk").removeprefix(TOTAL_PREFIXES.get(family, "")))


def private_cell_key(item: Item, generation: int, family: str) -> CellKey:
    """Which private cell of a family an item is.

    Raises:
        ValueError: its sort key is no string.
    """
    return _cell_key(family, text(item, "sk").removeprefix(private_prefix(generation, family)))


def up_to(item: Item) -> int:
    """The last entry that is in a private cell."""
    return number(item, UP_TO, 0)


def shared_update(
    workspace_id: str, generation: int, key: CellKey, delta: Delta, committed: Committed
) -> Update:
    """The write that adds to a shared cell; it goes with the cursors it comes from.

    Totals tell when the entries of their latest write were committed.
    """
    assign: dict[str, Value] = {"v": SCHEMA_VERSION}
    if key.family in TOTALS:
        assign |= {FIRST_COMMIT: committed.first_ms, LAST_COMMIT: committed.last_ms}
    return Update(
        shared_key(workspace_id, generation, key),
        assign=assign,
        add=added(delta),
    )


def private_update(place: Place, key: CellKey, touches: Touches) -> Update:
    """The write that adds entries to a private cell unless one of them is in it already.

    Day and month totals also put the account into the index of the active ones.
    """
    assign: dict[str, Value] = {"v": SCHEMA_VERSION, UP_TO: touches[-1][0]}
    if key.family in TOTALS:
        period = active_pk(place.workspace_id, place.generation, key.period)
        assign |= {ACTIVE.partition_key: period, ACTIVE.sort_key: place.account_id}
    return Update(
        private_key(place, key),
        assign=assign,
        add=added(added_by(touches)),
        condition=AnyOf((Absent(UP_TO), Below(UP_TO, touches[0][0]))),
    )
