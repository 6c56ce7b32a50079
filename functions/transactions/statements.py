"""Monthly statements of an account, whose figures add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from functions.transactions.service import AccountOf
from shared.domain.calendar import (
    add_days,
    day_end_ms,
    day_start_ms,
    days_between,
    local_day,
    next_month,
    previous_month,
)
from shared.domain.cells import LATE, MODEL, CellKey, Delta, split_model_value
from shared.domain.errors import UnavailableError
from shared.domain.head import Head
from shared.domain.journal import KINDS, RunningTotals
from shared.domain.sums import Sums
from shared.ports.accounts import Accounts, Standing
from shared.ports.cells import AccountCells, CellRange
from shared.ports.runtime import Clock

MAX_ENTRIES_READ: Final = 500
"""Entries of a month that are read one by one for what each service took; beyond, cells tell."""

MONTHS_LATE: Final = 14
"""Logs come at most 400 days late."""


class ServiceUse(NamedTuple):
    """What a service took."""

    credits: int
    requests: int


class DayMoved(NamedTuple):
    """Credits that came and went on a day, and the balance after it."""

    credited: int
    debited: int
    closing: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A month of an account by `createdAt`. opening + Σ totals = closing, Σ services = usage.

    `days` go from the first of the month to its last, or to today.
    """

    month: str
    opening: int
    closing: int
    totals: RunningTotals
    services: dict[str, ServiceUse]
    days: dict[str, DayMoved] = field(default_factory=dict)


class StateMonth:
    """Makes statements."""

    def __init__(self, accounts: Accounts, cells: AccountCells, clock: Clock) -> None:
        self._accounts = accounts
        self._cells = cells
        self._clock = clock

    def __call__(self, account: AccountOf, month: str) -> Statement:
        """The statement of a month, as of one entry.

        Reads about log₂ n entries for each day, side by side, and either at most `MAX_ENTRIES_READ`
        entries or the month's cells.

        Raises:
            UnavailableError: the account's cells are not up to date, and reading entries would be too much.
        """
        workspace = account.workspace
        today = local_day(self._clock.now_ms(), workspace.zone)
        last = min(add_days(f"{next_month(month)}-01", -1), today)
        days = days_between(f"{month}-01", last)
        standings = self._standings(account, account.head, days)
        first_seq, last_seq = standings[0].seq + 1, standings[-1].seq
        if last_seq - first_seq < MAX_ENTRIES_READ:
            services = self._read(account.head, first_seq, last_seq)
            return _statement(month, days, standings, services)
        seq, cells = self._cells.private_as_of(workspace, account.head.account_id, _ranges(month))
        if last_seq == account.head.seq < seq:
            head = self._accounts.head(workspace.workspace_id, account.head.account_id)
            assert head is not None
            standings = self._standings(account, self._accounts.head_at(head, seq), days)
        statement = _statement(month, days, standings, _from_cells(cells, month))
        used = sum(use.credits for use in statement.services.values())
        if seq < last_seq or used != statement.totals.usage_credits:
            raise UnavailableError("The account's figures are being brought up to date.")
        return statement

    def _standings(self, account: AccountOf, head: Head, days: list[str]) -> list[Standing]:
        """Where the account stood before the first day, and after each."""
        zone = account.workspace.zone
        instants = [day_start_ms(days[0], zone), *(day_end_ms(day, zone) for day in days)]
        return self._accounts.standings(head, instants)

    def _read(self, head: Head, first: int, last: int) -> dict[str, ServiceUse]:
        entries = self._accounts.entries(head.workspace_id, head.account_id, first, last)
        rows = (row for entry in entries if entry.reason == "usage" for row in entry.digest)
        return _summed((row.dimensions.service, row.sums, 1) for row in rows)


def _ranges(month: str) -> tuple[CellRange, ...]:
    """The model cells of the month, and those that tell what of them is not the month's usage."""
    latest = month
    for _ in range(MONTHS_LATE):
        latest = next_month(latest)
    return (
        CellRange(MODEL, f"{month}-01", f"{month}-31"),
        CellRange(LATE, previous_month(month), latest),
    )


def _from_cells(cells: Mapping[CellKey, Delta], month: str) -> dict[str, ServiceUse]:
    return _summed(
        (service, delta.sums, sign)
        for key, delta in cells.items()
        for service, sign in _signs(key, month)
    )


def _signs(key: CellKey, month: str) -> Iterable[tuple[str, int]]:
    """Which service a cell is about, and how often it counts for a month."""
    if key.family == MODEL:
        yield split_model_value(key.value)[0], 1
        return
    occurred, service, reason = key.value.split("|")
    if occurred == month:
        yield service, -1
    elif key.period == month and reason == "usage":
        yield service, 1


def _summed(parts: Iterable[tuple[str, Sums, int]]) -> dict[str, ServiceUse]:
    """What each service took, most credits first; services that took nothing are left out."""
    found: dict[str, ServiceUse] = {}
    for service, sums, sign in parts:
        credits, requests = found.get(service, ServiceUse(0, 0))
        found[service] = ServiceUse(credits + sign * sums.credits, requests + sign * sums.requests)
    ordered = sorted(found.items(), key=lambda use: (-use[1].credits, use[0]))
    return {service: use for service, use in ordered if any(use)}


def _statement(
    month: str, days: list[str], standings: list[Standing], services: dict[str, ServiceUse]
) -> Statement:
    credit = [kind for kind in KINDS if kind[1] == "credit"]
    debit = [kind for kind in KINDS if kind[1] == "debit"]
    moved = {}
    for day, before, after in zip(days, standings, standings[1:], strict=False):
        totals = after.totals.minus(before.totals)
        moved[day] = DayMoved(totals.credits(credit), totals.credits(debit), after.balance)
    first, last = standings[0], standings[-1]
    return Statement(
        month, first.balance, last.balance, last.totals.minus(first.totals), services, moved
    )
