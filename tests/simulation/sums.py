"""Plain sums: what cells, counters of budgets and heads have to come to by the logs alone.

Written out in the names that the table has, with no word of the product's own folding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
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
UNSUMMED: Final = ("A", "L")
"""Shared families that are no sums over logs: transactions, and what came late."""

METRICS: Final = ("rq", "tt", "cs", "cr")
"""Of a counter: requests, tokens, cost and credits, which a total has in the order of `bq` … `bk`."""


def add_up(world: World, books: Books, items: list[Item]) -> None:
    """4: Σ logs = Σ cells = Σ counters, each figure of each of them.

    Raises:
        AssertionError: some are not so.
    """
    found = _found(items, books.shown)
    due: Cells = {}
    for workspace_id, generation in books.shown.items():
        due |= cells_of(world, books, workspace_id, generation)
    assert_same(due, found)
    _counters(world, books, items)


def assert_same(due: Cells, found: Cells) -> None:
    """4: these cells have the figures that they have to have, and there are no others.

    Raises:
        AssertionError: it is not so.
    """
    for place in due.keys() | found.keys():
        right, there = +due.get(place, Figures()), +found.get(place, Figures())
        assert there == right, f"4: {place} has {dict(there)}, logs come to {dict(right)}"


def _found(items: Iterable[Item], shown: Mapping[str, int]) -> Cells:
    found: Cells = {}
    for item in items:
        pk, sk = str(item["pk"]), str(item["sk"])
        shared = "#C#" in pk
        if not shared and not sk.startswith("C#"):
            continue
        workspace_id, family = pk.split("#")[1], (pk if shared else sk).split("#C#")[-1]
        generation, _, family = family.removeprefix("C#").partition("#")
        assert int(generation) == shown[workspace_id], f"4: nobody reads {pk} {sk} any more"
        if shared and family not in UNSUMMED:
            found[pk, sk] = figures_of(item)
        elif not shared and not family.startswith("L#"):
            found[pk, sk] = figures_of(item)
            assert "ak" in item or family.startswith("X#"), f"4: {pk} {sk} is in no index"
    return found


def figures_of(item: Item) -> Figures:
    """The figures of a cell."""
    figures = Figures()
    for name in FIGURES:
        value = item.get(name, 0)
        assert isinstance(value, int)
        figures[name] = value
    return figures


def cells_of(
    world: World,
    books: Books,
    workspace_id: str,
    generation: int,
    reached: Mapping[str, int] | None = None,
) -> Cells:
    """What a workspace's cells come to; of each account up to the entry that was `reached`, where it is told.

    What a repricing made of a log counts, not what it was recorded with.
    """
    cells: Cells = {}
    shared_pk = f"W#{workspace_id}#C#{generation}#"
    zone = world.workspaces[workspace_id].zone
    for account_id, entries in books.of(workspace_id):
        last = len(entries) if reached is None else reached.get(account_id, 0)
        for entry in entries[:last]:
            for log in _logs(books, entry):
                day, hour = local(log.occurred_ms, zone)
                current = _as_of(books, log, last) if reached else log.current
                own = _of_log(current)
                for family, value in _places(log, day, hour):
                    sk = f"{TOTALS[family]}{value}" if family in TOTALS else value
                    shared = cells.setdefault((f"{shared_pk}{family}", sk), Figures())
                    shared.update(own)
                    if family in TOTALS and value in entry.counted:
                        shared.update(_counted(log))
                    if family in PRIVATE:
                        sk = f"C#{generation}#{family}#{value}"
                        place = f"W#{workspace_id}#A#{account_id}", sk
                        cells.setdefault(place, Figures()).update(own)
                if current.unpriced:
                    place = f"{shared_pk}U", f"{day}#{_model(log)}"
                    cells.setdefault(place, Figures()).update({"un": 1})
    return cells


def _as_of(books: Books, log: UsageLog, last: int) -> UsageLog:
    """A log as it counted after an entry of its account."""
    seqs = [s for w, i, s in books.beside if (w, i) == (log.workspace_id, log.log_id) and s <= last]
    beside = books.beside[log.workspace_id, log.log_id, max(seqs)] if seqs else None
    return replace(log, repriced=beside).current


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
