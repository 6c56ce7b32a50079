"""The month's cost to be, and whose credits run out: read from cells, judged by `shared.domain.forecast`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from shared.analytics.active import FindActive
from shared.domain.calendar import (
    add_days,
    day_end_ms,
    days_between,
    hour_start_ms,
    local_day_hour,
    month_of,
    next_month,
)
from shared.domain.cells import DAY_TOTAL, MODEL, CellKey, Delta
from shared.domain.forecast import HISTORY_DAYS, SHAPE_DAYS, Days, Rest, days_until_used_up, rest_of
from shared.domain.statistics import ALL, Selection, by_day, by_hour, largest_first
from shared.domain.sums import Sums
from shared.domain.workspace import Workspace
from shared.ports.accounts import Accounts
from shared.ports.cells import Cells
from shared.ports.runtime import Clock, Spread

RUN_OUT_DAYS: Final = 90
"""How far ahead credits are said to run out."""

CREDIT_DAYS: Final = 28
"""Days whose spending of credits is looked at: four of each weekday."""

MAX_RUN_OUT_ACCOUNTS: Final = 50
"""Accounts asked when their credits run out, the largest consumers."""

LATELY_DAYS: Final = 7
MAX_ACTIVE_ROWS: Final = 20_000
"""Whose credits may run out is looked for among those active lately: so many rows of them at most, and as
many to see what they spent."""

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class RunOut:
    """An account, and the local day on which its credits are used up."""

    account_id: str
    day: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """The cost of this local month, in picos, and who runs out of credits, the earliest first.

    `spent` is there already. `asked` of the `active` accounts (an estimate where there are very many)
    were asked for their credits.
    """

    spent: int
    rest: Rest
    run_outs: list[RunOut]
    asked: int
    active: int

    @property
    def month_end(self) -> int:
        """The likely cost of the month."""
        return self.spent + self.rest.likely

    @property
    def low(self) -> int:
        """The cost of the month at the lower end of the range."""
        return self.spent + self.rest.low

    @property
    def high(self) -> int:
        """The cost of the month at the upper end of the range."""
        return self.spent + self.rest.high


class Forecaster:
    """Forecasts from the cells of the last twelve weeks."""

    def __init__(
        self, cells: Cells, active: FindActive, accounts: Accounts, clock: Clock, spread: Spread
    ) -> None:
        self._cells = cells
        self._active = active
        self._accounts = accounts
        self._clock = clock
        self._spread = spread

    def __call__(
        self, workspace: Workspace, account_id: str | None = None, what: Selection = ALL
    ) -> Forecast:
        """The forecast of the workspace, or of one account; `what` limits the cost, not the credits."""
        now_ms = self._clock.now_ms()
        today, hour = local_day_hour(now_ms, workspace.zone)
        month_start = f"{month_of(today)}-01"
        month_end = add_days(f"{next_month(month_of(today))}-01", -1)
        first = min(add_days(today, -HISTORY_DAYS), month_start)
        cells = self._days(workspace, account_id, what, first, month_end)
        costs = {day: sums.cost for day, sums in by_day(cells, first, month_end).items()}
        yesterday = add_days(today, -1)
        past = [costs[day] for day in days_between(first, yesterday)][-HISTORY_DAYS:]
        recent = (
            d for key, d in cells.items() if add_days(today, -SHAPE_DAYS) <= key.period < today
        )
        left = _left_of_today(recent, today, hour, now_ms, workspace)
        active, chosen = 1, [account_id] if account_id is not None else []
        if account_id is None:
            active, chosen = self._largest(workspace, today)
        run_outs = self._run_outs(workspace, chosen, active, today, left)
        return Forecast(
            spent=sum(cost for day, cost in costs.items() if day >= month_start),
            rest=rest_of(
                Days.starting(add_days(today, -len(past)), past),
                left,
                len(days_between(today, month_end)) - 1,
            ),
            run_outs=sorted(run_outs, key=lambda run_out: run_out.day),
            asked=len(chosen),
            active=active,
        )

    def _days(
        self, workspace: Workspace, account_id: str | None, what: Selection, first: str, last: str
    ) -> Mapping[CellKey, Delta]:
        family = MODEL if what else DAY_TOTAL
        if account_id is None:
            cells = self._cells.shared(workspace, family, first, last)
        else:
            cells = self._cells.private(workspace, account_id, family, first, last)
        return {key: delta for key, delta in cells.items() if not what or what.takes(key)}

    def _largest(self, workspace: Workspace, today: str) -> tuple[int, list[str]]:
        """How many accounts were active lately, and those that spent most credits."""
        first = add_days(today, 1 - LATELY_DAYS)
        active = self._active(workspace, first, today, MAX_ACTIVE_ROWS, {"credits"})
        ranked = largest_first(active.accounts, _credits_of)
        return active.count, [account_id for account_id, _ in ranked[:MAX_RUN_OUT_ACCOUNTS]]

    def _run_outs(
        self,
        workspace: Workspace,
        accounts: Sequence[str],
        active: int,
        today: str,
        left: Fraction,
    ) -> Iterator[RunOut]:
        """When the credits of accounts are used up.

        Where balances are not enforced, credits below zero are a way of counting: nothing runs out.
        """
        heads = self._accounts.heads(workspace.workspace_id, accounts)
        at_stake = [
            account_id
            for account_id, head in heads.items()
            if head.balance > 0 or workspace.enforce_credits
        ]
        first = add_days(today, -CREDIT_DAYS)
        spent = self._spent(workspace, at_stake, active, days_between(first, add_days(today, -1)))
        for account_id in at_stake:
            past = Days.starting(first, spent[account_id])
            days = days_until_used_up(heads[account_id].balance, past, left, RUN_OUT_DAYS)
            if days is not None:
                yield RunOut(account_id, add_days(today, days))

    def _spent(
        self, workspace: Workspace, accounts: Sequence[str], active: int, days: Sequence[str]
    ) -> Mapping[str, list[int]]:
        """The credits that accounts spent on each of some days.

        One list a day has them for all accounts, whatever they used. Only where that is more than a
        few accounts' own cells are, those are read.
        """
        if len(accounts) == 1 or active * len(days) > MAX_ACTIVE_ROWS:
            cells = self._spread(
                lambda account: self._cells.private(
                    workspace, account, DAY_TOTAL, days[0], days[-1]
                ),
                accounts,
            )
            found = [by_day(of, days[0], days[-1]) for of in cells]
            return {
                account: [sums.credits for sums in of.values()]
                for account, of in zip(accounts, found, strict=True)
            }
        wanted = set(accounts)
        lists = self._spread(
            lambda day: {
                account: delta.sums.credits
                for account, delta in self._cells.active(workspace, day, {"credits"})
                if account in wanted
            },
            days if accounts else (),
        )
        by_list = list(lists)
        return {account: [of.get(account, 0) for of in by_list] for account in accounts}


def _left_of_today(
    recent: Iterable[Delta], today: str, hour: int, now_ms: int, workspace: Workspace
) -> Fraction:
    """Which part (0 to 1) of a day's cost is still to come, by the hours in which recent days had it."""
    hours = [figures.cost for figures in by_hour(recent)]
    if not any(hours):
        start_ms = hour_start_ms(today, 0, workspace.zone)
        end_ms = day_end_ms(today, workspace.zone)
        return Fraction(end_ms - now_ms, end_ms - start_ms)
    gone_ms = now_ms - hour_start_ms(today, hour, workspace.zone)
    # An hour that clocks repeat is one hour of the day: its second pass counts as its end.
    of_hour = Fraction(HOUR_MS - min(max(gone_ms, 0), HOUR_MS), HOUR_MS)
    return (sum(hours[hour + 1 :]) + hours[hour] * of_hour) / sum(hours)


def _credits_of(sums: Sums) -> int:
    return sums.credits
