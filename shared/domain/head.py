"""An account's head: its state after the latest entry, and the figures that limits are measured on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.domain.calendar import add_days, month_of, next_month
from shared.domain.journal import GENESIS, NO_TOTALS, RunningTotals
from shared.domain.usage import UsageLog

Metric = Literal["tokens", "cost", "credits", "requests"]
Period = Literal["daily", "monthly"]


@dataclass(frozen=True, slots=True)
class Counters:
    """What limits are measured on. `cost` in picos."""

    requests: int = 0
    tokens: int = 0
    cost: int = 0
    credits: int = 0

    def plus(self, log: UsageLog) -> Counters:
        """The counters with one log more."""
        return Counters(
            self.requests + 1,
            self.tokens + (log.tokens.total if log.tokens else 0),
            self.cost + log.cost_picos,
            self.credits + log.credits,
        )

    def repriced(self, cost: int, credits: int) -> Counters:
        """The counters with usage that is counted already costing more (or, below zero, less)."""
        return replace(self, cost=self.cost + cost, credits=self.credits + credits)

    def minus(self, earlier: Counters) -> Counters:
        """What came on top of earlier counters."""
        return Counters(
            self.requests - earlier.requests,
            self.tokens - earlier.tokens,
            self.cost - earlier.cost,
            self.credits - earlier.credits,
        )

    def of(self, metric: Metric) -> int:
        """The figure of one metric (cost in picos)."""
        return int(getattr(self, metric))


ZERO: Final = Counters()


@dataclass(frozen=True, slots=True)
class Head:
    """The state of an account after its latest entry; `seq` 0 before the first.

    `day` is the server clock's local day at that entry, `month` its month. `tomorrow` and `following`
    take usage that a client with a faster clock dated into the next day or month. `next_generation` is 0
    until the account's user is erased; then it is that of the account that the same user id goes on with.
    """

    workspace_id: str
    account_id: str
    seq: int = 0
    balance: int = 0
    totals: RunningTotals = NO_TOTALS
    hash: bytes = GENESIS
    created_ms: int = 0
    last_created_ms: int = 0
    logs: int = 0
    day: str = ""
    today: Counters = ZERO
    tomorrow: Counters = ZERO
    month: str = ""
    this_month: Counters = ZERO
    following: Counters = ZERO
    next_generation: int = 0

    @property
    def erased(self) -> bool:
        """Whether nobody is behind the account any more."""
        return self.next_generation > 0

    def rolled(self, day: str) -> Head:
        """The head with its counters moved on to a day; they never move back.

        Before the first log they are of no day yet: until then the workspace's time zone may change, and
        the day that a purchase was made on may never have come.
        """
        if not self.logs:
            return replace(self, day=day, month=month_of(day))
        head = self
        if day > head.day:
            follows = bool(head.day) and add_days(head.day, 1) == day
            today = head.tomorrow if follows else ZERO
            head = replace(head, day=day, today=today, tomorrow=ZERO)
        month = month_of(day)
        if month > head.month:
            follows = bool(head.month) and next_month(head.month) == month
            current = head.following if follows else ZERO
            head = replace(head, month=month, this_month=current, following=ZERO)
        return head

    @property
    def figures(self) -> Mapping[str, Counters]:
        """What is counted on the days and months that are watched: the current ones and the next."""
        return {
            self.day: self.today,
            add_days(self.day, 1): self.tomorrow,
            self.month: self.this_month,
            next_month(self.month): self.following,
        }

    def charged(self, day: str, log: UsageLog) -> Head:
        """The head with a log paid for, and counted on its own day and month where those are watched."""
        return self._changed(day, lambda counters: counters.plus(log), self.balance - log.credits)

    def repriced(self, day: str, cost: int, credits: int) -> Head:
        """The head with usage of a day costing more (or, below zero, less), where that is watched."""
        return self._changed(day, lambda counters: counters.repriced(cost, credits), self.balance)

    def _changed(self, day: str, change: Callable[[Counters], Counters], balance: int) -> Head:
        """The head with another balance, and the counters that watch a day changed."""
        month = month_of(day)
        today, this_month = day == self.day, month == self.month
        tomorrow = not today and day == add_days(self.day, 1)
        following = not this_month and month == next_month(self.month)
        return replace(
            self,
            balance=balance,
            today=change(self.today) if today else self.today,
            tomorrow=change(self.tomorrow) if tomorrow else self.tomorrow,
            this_month=change(self.this_month) if this_month else self.this_month,
            following=change(self.following) if following else self.following,
        )
