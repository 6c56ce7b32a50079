"""Who was active in a range of days, from lists of the accounts active on single days and months.

A list gives accounts in the order of their ids, with their figures of that day or month. Figures are
sums, so a range is whole months plus and minus days, and an account was active in the range exactly
when its requests add up to more than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Final, NamedTuple

from shared.domain.calendar import add_days, days_between, month_of, next_month
from shared.domain.cells import Delta
from shared.domain.sums import SUM_FIELDS, Sums

ID_SPACE: Final = 16**20
"""How many account ids there can be: their 20 digits are a keyed hash, so ids lie evenly in it."""

AccountRow = tuple[str, Delta]


class Term(NamedTuple):
    """A local day or month that is added to a range (`sign` 1) or taken off it (−1)."""

    period: str
    sign: int


def cover(first: str, last: str, latest: str) -> list[Term]:
    """Days and months that make up a range of days, both included, in as few lists as possible.

    A month of which little lies outside the range is read whole and what is outside taken off.
    `latest` is the last day that can have usage at all: later days need no reading.
    """
    terms: list[Term] = []
    month, end = month_of(first), min(last, latest)
    while month <= month_of(end):
        final = min(add_days(f"{next_month(month)}-01", -1), latest)
        days = days_between(f"{month}-01", final)
        inside = [day for day in days if first <= day <= end]
        outside = [day for day in days if not first <= day <= end]
        if 1 + len(outside) < len(inside):
            terms += [Term(month, 1), *(Term(day, -1) for day in outside)]
        else:
            terms += [Term(day, 1) for day in inside]
        month = next_month(month)
    return terms


def outline(first: str, last: str, latest: str) -> list[Term]:
    """The months that a range of days touches: what an account used in them bounds the range."""
    months, end = [], month_of(min(last, latest))
    month = month_of(first)
    while month <= end:
        months.append(Term(month, 1))
        month = next_month(month)
    return months


@dataclass(frozen=True, slots=True)
class Active:
    """The accounts active in a range, with their figures (plain sums, no times, no percentiles).

    `count` is how many there are. Where `complete` is false the lists were too long to be read to the
    end: `accounts` holds those with the smallest ids, and `count` is estimated from how far they reach.
    """

    accounts: dict[str, Sums]
    count: int
    complete: bool


def active_in(lists: Iterable[tuple[int, Iterable[AccountRow]]], max_rows: int) -> Active:
    """Fold signed lists of active accounts, reading at most `max_rows` of their rows.

    All lists are read side by side in the order of the ids, so wherever the reading stops, the
    accounts before that point are complete. Their ids are hashes, which makes them a fair sample: with
    n of them the estimated count is off by 1 ÷ √n in one standard deviation (the k-minimum-values
    estimate of Bar-Yossef et al., "Counting distinct elements in a data stream", 2002).
    """
    found: dict[str, Sums] = {}
    for number, (account_id, sign, delta) in enumerate(_side_by_side(lists)):
        if number >= max_rows:
            found.pop(account_id, None)
            accounts = _present(found)
            reach = max(int(account_id.removeprefix("acct_"), 16), 1)
            return Active(accounts, len(accounts) * ID_SPACE // reach, complete=False)
        _add_signed(found.setdefault(account_id, Sums()), sign, delta.sums)
    accounts = _present(found)
    return Active(accounts, len(accounts), complete=True)


def _side_by_side(
    lists: Iterable[tuple[int, Iterable[AccountRow]]],
) -> Iterator[tuple[str, int, Delta]]:
    return merge(*(_signed(sign, rows) for sign, rows in lists), key=lambda row: row[0])


def _signed(sign: int, rows: Iterable[AccountRow]) -> Iterator[tuple[str, int, Delta]]:
    return ((account_id, sign, delta) for account_id, delta in rows)


def _add_signed(into: Sums, sign: int, other: Sums) -> None:
    for name in SUM_FIELDS:
        setattr(into, name, getattr(into, name) + sign * getattr(other, name))


def _present(found: dict[str, Sums]) -> dict[str, Sums]:
    return {account_id: sums for account_id, sums in found.items() if sums.requests > 0}
