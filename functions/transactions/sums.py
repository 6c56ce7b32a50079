"""Credits of transactions by reason, and summaries by day or month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from functions.transactions.days import TransactionDays
from functions.transactions.service import AccountOf
from shared.domain.calendar import day_end_ms, day_start_ms, days_between, month_of
from shared.domain.cells import Moves
from shared.domain.journal import KINDS, NO_TOTALS, RunningTotals
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts

Group = Literal["day", "month"]
GROUPS: Final[tuple[Group, ...]] = ("day", "month")


@dataclass(frozen=True, slots=True)
class Summary:
    """Transactions of a range under their keys, every key of the range in order, and all of them."""

    rows: dict[str, RunningTotals]
    totals: RunningTotals


class SummariseTransactions:
    """Sums transactions of ranges of local days."""

    def __init__(self, accounts: Accounts, days: TransactionDays) -> None:
        self._accounts = accounts
        self._days = days

    def of_account(self, account: AccountOf, first: str, last: str, group: Group) -> Summary:
        """An account's transactions, exact at this moment: differences of its running totals.

        Reads about log₂ n entries for each day or month of the range, side by side.
        """
        zone = account.workspace.zone
        begins = _first_days(days_between(first, last), group)
        instants = [day_start_ms(day, zone) for day in begins.values()]
        standings = self._accounts.standings(account.head, [*instants, day_end_ms(last, zone)])
        totals = [standing.totals for standing in standings]
        rows = {
            key: after.minus(before)
            for key, before, after in zip(begins, totals, totals[1:], strict=False)
        }
        return Summary(rows, totals[-1].minus(totals[0]))

    def of_workspace(self, workspace: Workspace, first: str, last: str, group: Group) -> Summary:
        """The transactions of all accounts, from cells and what is not in them yet."""
        found = self._days.read(workspace, first, last)
        rows = dict.fromkeys(_first_days(days_between(first, last), group), NO_TOTALS)
        total = NO_TOTALS
        for day, moves in found.items():
            totals = totals_of(moves)
            rows[_key(day, group)] = rows[_key(day, group)].together(totals)
            total = total.together(totals)
        return Summary(rows, total)


def _key(day: str, group: Group) -> str:
    return day if group == "day" else month_of(day)


def _first_days(days: list[str], group: Group) -> dict[str, str]:
    """The keys of days in order, each with the first of its days."""
    firsts: dict[str, str] = {}
    for day in days:
        firsts.setdefault(_key(day, group), day)
    return firsts


def totals_of(moves: Moves) -> RunningTotals:
    """A day's transactions as totals of each kind."""
    figures = [0] * (2 * len(KINDS))
    for (kind, _), count in moves.counts.items():
        figures[2 * kind] += count
    for kind, credits in moves.credits.items():
        figures[2 * kind + 1] += credits
    return RunningTotals(*figures)


def by_reason(totals: RunningTotals) -> Mapping[str, int]:
    """Credits of each reason as they moved the balance: usage and debits below zero."""
    return {
        "purchase": totals.purchase_credits,
        "usage": -totals.usage_credits,
        "refund": totals.refund_credits,
        "promo": totals.promo_credits,
        "adjustment": totals.credit_adjustment_credits - totals.debit_adjustment_credits,
    }
