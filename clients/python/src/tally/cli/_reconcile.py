"""`tally reconcile`: the statistics held against the logs themselves, added up from an export."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from tally._json import loads
from tally.cli._context import Arguments, Column, Context
from tally.cli._export import save
from tally.cli._options import dates
from tally.types import Measures, Statistics

DIFFERS: Final = 1
LOOKS: Final = 3
"""How often figures that differ are compared before they are said to: what was written a moment ago may
be in one of them only."""

PAUSE: Final = 3.0
"""Seconds between looks: statistics are fresh within two."""


@dataclass(slots=True)
class Sum:
    """What logs add up to."""

    requests: int = 0
    errors: int = 0
    tokens: int = 0
    credits: int = 0
    cost: Decimal = Decimal(0)

    def add(self, log: Mapping[str, Any]) -> None:
        """One more log, at its latest price."""
        priced = log.get("repriced") or log
        self.requests += 1
        self.errors += log["status"] == "error"
        self.tokens += (log.get("tokens") or {}).get("total", 0)
        self.credits += priced["credits"]
        self.cost += Decimal(priced["cost"])

    @classmethod
    def of(cls, found: Measures) -> Sum:
        """What the statistics say."""
        return cls(found.requests, found.errors, found.tokens.total, found.credits, found.cost)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two disagree."""

    where: str
    figure: str
    statistics: Decimal
    logs: Decimal


def add(commands: Any) -> None:
    """The parser of this command."""
    reconcile = commands(
        "reconcile", run, "hold the statistics against the logs, to the last digit"
    )
    dates(reconcile)


def run(context: Context, given: Arguments) -> int:
    """Compare; 1 when they disagree."""
    differences: list[Difference] = []
    total = Sum()
    for look in range(LOOKS):
        if look:
            context.runtime.sleep(PAUSE)
        found = context.client.stats(start_date=given.start, end_date=given.end)
        first, last = found.by_day[0].date, found.by_day[-1].date
        sums = _added_up(context, first, last)
        total = sums.get("", Sum())
        differences = list(_compared(found, sums))
        if not differences:
            break
    columns: list[Column] = [
        ("where", lambda d: d.where or "everything"),
        ("figure", lambda d: d.figure),
        ("statistics", lambda d: d.statistics),
        ("logs", lambda d: d.logs),
    ]
    result = {
        "equal": not differences,
        "startDate": first,
        "endDate": last,
        "requests": total.requests,
        "differences": differences,
    }
    if context.as_json:
        context.json(result)
    elif differences:
        context.table(differences, columns)
    else:
        context.say(
            f"{first} to {last}: {total.requests:,} logs, {total.credits:,} credits and "
            f"{total.cost:f} {found.currency} are the same in logs and statistics."
        )
    return DIFFERS if differences else 0


def _added_up(context: Context, first: date, last: date) -> dict[str, Sum]:
    """The sums of the logs: in all under the empty name, and by service and model."""
    sums: dict[str, Sum] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "logs.jsonl"
        save(
            context,
            path,
            {"kind": "usage", "format": "jsonl", "start_date": first, "end_date": last},
        )
        with path.open("rb") as file:
            for line in file:
                log = loads(line)
                for name in ("", _name(log["service"], log.get("model"))):
                    sums.setdefault(name, Sum()).add(log)
    return sums


def _name(service: str, model: str | None) -> str:
    return f"{service}/{model or '–'}"


def _compared(found: Statistics, sums: Mapping[str, Sum]) -> Iterator[Difference]:
    told = {"": Sum.of(found)}
    told |= {_name(each.service, each.model): Sum.of(each) for each in found.by_model}
    for where in sorted(told.keys() | sums.keys()):
        ours, theirs = told.get(where, Sum()), sums.get(where, Sum())
        for figure in Sum.__slots__:
            one, other = getattr(ours, figure), getattr(theirs, figure)
            if one != other:
                yield Difference(where, figure, Decimal(one), Decimal(other))
