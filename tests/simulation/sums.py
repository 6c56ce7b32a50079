"""Plain sums: what cells, counters of budgets and heads have to come to by the logs alone.

Written out in the names that the table has, with no word of the product's own folding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.journal import Entry
from shared.domain.usage import UsageLog
from shared.store.table import Item
from tests.simulation.books import Books
from tests.simulation.world import World

Figures = Counter[str]
Cells = dict[tuple[str, str], Figures]
"""Figures by `(pk, sk)`."""

FIGURES: Final = (
    *("rq", "er", "ti", "ot", "tt", "cr", "cs", "rn", "rs", "bn", "bs", "fc", "un"),
    *("bq", "bt", "bc", "bk"),
)
TOTALS: Final = {"D": "DAY#", "M": "MONTH#"}
PRIVATE: Final = "DMX"
METRICS: Final = ("rq", "tt", "cs", "cr")
"""Of a counter: requests, tokens, cost and credits, which a total has in the order of `bq` … `bk`."""


def add_up(world: World, books: Books, items: list[Item]) -> None:
    """4: Σ logs = Σ cells = Σ counters, each figure of each of them.

    Raises:
        AssertionError: some are not so.
    """
    due, found = _cells(world, books), _found(items)
    for place in due.keys() | found.keys():
        right, there = +due.get(place, Figures()), +found.get(place, Figures())
        assert there == right, f"4: {place} has {dict(there)}, logs come to {dict(right)}"
    _counters(world, books, items)


def _found(items: Iterable[Item]) -> Cells:
    found: Cells = {}
    for item in items:
        pk, sk = str(item["pk"]), str(item["sk"])
        if "#C#1#" in pk and not pk.endswith(("#A", "#L")):
            found[pk, sk] = _figures(item)
        elif sk.startswith("C#1#") and not sk.startswith("C#1#L#"):
            found[pk, sk] = _figures(item)
            assert "ak" in item or sk.startswith("C#1#X#"), f"4: {pk} {sk} is in no index"
    return found


def _figures(item: Item) -> Figures:
    figures = Figures()
    for name in FIGURES:
        value = item.get(name, 0)
        assert isinstance(value, int)
        figures[name] = value
    return figures


def _cells(world: World, books: Books) -> Cells:
    """What cells have to come to. What a repricing made of a log counts, not what it was recorded with."""
    cells: Cells = {}
    for (workspace_id, account_id), entries in books.entries.items():
        zone = world.workspaces[workspace_id].zone
        for entry in entries:
            for log in _logs(books, entry):
                day, hour = local(log.occurred_ms, zone)
                own = _of_log(log.current)
                for family, value in _places(log, day, hour):
                    sk = f"{TOTALS[family]}{value}" if family in TOTALS else value
                    shared = cells.setdefault((f"W#{workspace_id}#C#1#{family}", sk), Figures())
                    shared.update(own)
                    if family in TOTALS and value in entry.counted:
                        shared.update(_counted(log))
                    if family in PRIVATE:
                        place = f"W#{workspace_id}#A#{account_id}", f"C#1#{family}#{value}"
                        cells.setdefault(place, Figures()).update(own)
                if log.current.unpriced:
                    place = f"W#{workspace_id}#C#1#U", f"{day}#{_model(log)}"
                    cells.setdefault(place, Figures()).update({"un": 1})
    return cells


def _logs(books: Books, entry: Entry) -> list[UsageLog]:
    """The logs that an entry recorded."""
    ids = entry.log_ids if entry.reason == "usage" else ()
    return [books.logs[entry.workspace_id, log_id] for log_id in ids]


def _places(log: UsageLog, day: str, hour: int) -> Iterable[tuple[str, str]]:
    yield "D", day
    yield "M", day[:7]
    yield "H", f"{day}#{hour:02d}"
    yield "X", f"{day}#{_model(log)}"
    if log.country is not None:
        yield "C", f"{day}#{log.country}"
    if log.platform is not None:
        yield "P", f"{day}#{log.platform}"
    if log.failed:
        yield "E", f"{day}#"


def _model(log: UsageLog) -> str:
    return f"{log.service}|{log.provider}|{log.model or ''}"


def _of_log(log: UsageLog) -> Mapping[str, int]:
    tokens, time_ms, size = log.tokens, log.response_time_ms, log.response_bytes
    return {
        "rq": 1,
        "er": int(log.failed),
        "ti": (tokens.input or 0) if tokens else 0,
        "ot": (tokens.output or 0) if tokens else 0,
        "tt": tokens.total if tokens else 0,
        "cr": log.credits,
        "cs": log.cost_picos,
        "rn": int(time_ms is not None),
        "rs": time_ms or 0,
        "bn": int(size is not None),
        "bs": size or 0,
        "fc": log.cost_picos if log.failed else 0,
        "un": int(log.unpriced),
    }


def _counted(log: UsageLog) -> Mapping[str, int]:
    total = log.tokens.total if log.tokens else 0
    return {"bq": 1, "bt": total, "bc": log.cost_picos, "bk": log.credits}


def _counters(world: World, books: Books, items: Iterable[Item]) -> None:
    """Counters of budgets have what entries say was counted on them, and nothing goes past them."""
    found: dict[tuple[str, str], Figures] = {}
    for item in items:
        period = str(item["sk"]).removeprefix("BUDGET#")
        if period != item["sk"]:
            place = str(item["pk"]).split("#")[1], period
            figures = Figures({name: int(str(item.get(name, 0))) for name in METRICS})
            found.setdefault(place, Figures()).update(figures)
    due: dict[tuple[str, str], Figures] = {}
    for (workspace_id, _), entries in books.entries.items():
        zone = world.workspaces[workspace_id].zone
        for entry in entries:
            committed = local(entry.created_ms, zone)[0]
            for log in _logs(books, entry):
                day = local(log.occurred_ms, zone)[0]
                for period in (day, day[:7]):
                    if period in entry.counted:
                        figures = Figures(dict(zip(METRICS, _counted(log).values(), strict=True)))
                        due.setdefault((workspace_id, period), Figures()).update(figures)
                uncounted = {day, day[:7]} & {committed, committed[:7]} - set(entry.counted)
                assert not (uncounted and world.has("limits")), f"5: {entry} passed a budget"
    assert found.keys() == due.keys(), f"5: counters of {found.keys()}, entries of {due.keys()}"
    for place, figures in due.items():
        assert +found[place] == +figures, f"5: the budget of {place} has {found[place]}: {figures}"


def heads_count(world: World, books: Books, items: Iterable[Item]) -> None:
    """3: every entry carries what its account had used of its own day and month, and of the next ones.

    Raises:
        AssertionError: one does not.
    """
    carried = {
        (*str(item["pk"]).split("#")[1::2], int(str(item["seq"]))): item
        for item in items
        if str(item["sk"]).startswith("J#")
    }
    for (workspace_id, account_id), entries in books.entries.items():
        zone = world.workspaces[workspace_id].zone
        used: dict[str, Figures] = {}
        for entry in entries:
            day = local(entry.created_ms, zone)[0]
            for log_id in entry.log_ids:
                log = books.logs[workspace_id, log_id]
                own = local(log.occurred_ms, zone)[0]
                figures = _changed(log, entry, books)
                for period in {own, own[:7]}:
                    if period >= day[: len(period)]:
                        used.setdefault(period, Figures()).update(figures)
            item = carried[workspace_id, account_id, entry.seq]
            assert item["dy"] == day, f"3: entry {entry.seq} of {account_id} is of {day}: {item}"
            tomorrow = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
            following = (date.fromisoformat(f"{day[:7]}-28") + timedelta(days=7)).isoformat()[:7]
            periods = {"d0": day, "d1": tomorrow, "m0": day[:7], "m1": following}
            for name, period in periods.items():
                right = [used.get(period, Figures())[metric] for metric in METRICS]
                there = [int(figure) for figure in str(item.get(name, "0 0 0 0")).split()]
                assert there == right, f"3: entry {entry.seq} of {account_id} {name}: {right}"


def _changed(log: UsageLog, entry: Entry, books: Books) -> Mapping[str, int]:
    """What an entry did about a log: recorded it, or put its price right."""
    total = log.tokens.total if log.tokens else 0
    if entry.reason == "usage":
        return {"rq": 1, "tt": total, "cs": log.cost_picos, "cr": log.credits}
    beside = books.beside[log.workspace_id, log.log_id, entry.seq]
    return {"cs": beside.cost_difference, "cr": beside.credit_difference}


def local(at_ms: int, zone: ZoneInfo) -> tuple[str, int]:
    """The local day and hour of a time."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
    return at.date().isoformat(), at.hour
