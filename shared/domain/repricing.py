"""Repricing: what logs would cost under the prices of today, and the entries that post the difference. Pure.

Logs and old entries stay as they were. A run prices every log of its range anew whose figures were
computed here: prices with dates count by when the log occurred, settings as they are now. What differs
from the figures that count now is posted as an adjustment, and kept beside the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple, Self

from shared.domain.calendar import local_day_hour
from shared.domain.digests import Dimensions, digest_of_sums, dimensions_of, sums_of
from shared.domain.errors import InsufficientCreditsError
from shared.domain.head import Head
from shared.domain.journal import EntryType
from shared.domain.ledger import (
    MAX_BALANCE,
    MAX_LOGS_PER_COMMIT,
    AccountTerms,
    Applied,
    Moment,
    Movement,
    committed,
    next_entry,
)
from shared.domain.money import MAX_MONEY
from shared.domain.pricing import Charged, PricingTerms, Receipt, price
from shared.domain.statistics import less
from shared.domain.sums import Sums
from shared.domain.usage import Repriced, UsageLog

Status = Literal["running", "done", "failed"]

MAX_LOGS_PER_ADJUSTMENT: Final = MAX_LOGS_PER_COMMIT - 1
"""What is kept beside each log is an item of the transaction, as the log itself was, and so is the tally."""


class SupersededError(Exception):
    """Another worker has taken over a run."""


@dataclass(frozen=True, slots=True)
class Change:
    """A log, as it counts now, and the receipt of what it would cost."""

    log: UsageLog
    receipt: Receipt

    @property
    def priced(self) -> UsageLog:
        """The log with the new figures."""
        cost_picos, credits = self.receipt.recompute()
        return replace(
            self.log,
            cost_picos=cost_picos,
            credits=credits,
            unpriced=self.receipt.basis == "unpriced",
            receipt=self.receipt,
        )

    @property
    def cost_difference(self) -> int:
        """Picos, new − old."""
        return self.priced.cost_picos - self.log.current.cost_picos

    @property
    def credit_difference(self) -> int:
        """Credits, new − old."""
        return self.priced.credits - self.log.current.credits

    def posted(self, repricing_id: str, seq: int) -> Repriced:
        """What is kept beside the log once journal entry `seq` has posted the difference."""
        priced = self.priced
        return Repriced(
            repricing_id,
            seq,
            priced.cost_picos,
            priced.credits,
            self.receipt,
            self.cost_difference,
            self.credit_difference,
        )


def change_of(log: UsageLog, terms: PricingTerms) -> Change | None:
    """What a repricing changes about a log; None when its figures stay.

    What the caller stated stays. A log that has a price keeps it where there is none any more: a run
    prices, it never takes a price away.
    """
    now = log.current
    if not now.receipt.computed:
        return None
    receipt = price(
        terms,
        Charged(log.service, log.provider, log.model, log.tokens, log.failed, log.occurred_ms),
        cost_picos=now.receipt.stated_cost_picos,
        credits=now.receipt.stated_credits,
    )
    cost_picos, credits = receipt.recompute()
    if receipt.basis == "unpriced" or cost_picos > MAX_MONEY:
        return None
    if (cost_picos, credits, now.unpriced) == (now.cost_picos, now.credits, False):
        return None
    return Change(log, receipt)


class Tally(NamedTuple):
    """What a run posted, or (in a dry run) would: logs, accounts, and the differences, new − old.

    `unpaid` counts the accounts that were left because they could not pay.
    """

    logs: int = 0
    accounts: int = 0
    unpaid: int = 0
    cost_difference: int = 0
    credit_difference: int = 0

    def plus(self, other: Self) -> Tally:
        """Both together."""
        return Tally(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def counted(self, change: Change | Repriced) -> Tally:
        """With one log more."""
        return self._replace(
            logs=self.logs + 1,
            cost_difference=self.cost_difference + change.cost_difference,
            credit_difference=self.credit_difference + change.credit_difference,
        )


NOTHING: Final = Tally()


def can_pay(balance: int, credits: int, terms: AccountTerms) -> bool:
    """Whether an account can be charged so many credits more (or, below zero, less)."""
    if terms.enforce_credits and credits > 0 and credits > balance:
        return False
    return abs(balance - credits) <= MAX_BALANCE


def in_order(changes: Sequence[Change]) -> list[Change]:
    """Changes in an order in which what is given back comes first, so that it can pay for the rest."""
    return sorted(changes, key=lambda change: change.credit_difference)


def apply_repricing(
    head: Head, changes: Sequence[Change], repricing_id: str, terms: AccountTerms, moment: Moment
) -> Applied:
    """Post what changes about some logs: one adjustment, each log's difference on its own day.

    Raises:
        InsufficientCreditsError: the account cannot pay.
    """
    assert 0 < len(changes) <= MAX_LOGS_PER_ADJUSTMENT
    credits = sum(change.credit_difference for change in changes)
    if not can_pay(head.balance, credits, terms):
        raise InsufficientCreditsError(head.balance, credits)
    created_ms = max(moment.now_ms, head.last_created_ms)
    after = head.rolled(local_day_hour(created_ms, terms.zone)[0])
    figures: list[tuple[Dimensions, Sums]] = []
    for change in changes:
        day, hour = local_day_hour(change.log.occurred_ms, terms.zone)
        after = after.repriced(day, change.cost_difference, change.credit_difference)
        difference = less(sums_of(change.priced), sums_of(change.log.current))
        figures.append((dimensions_of(change.log, day, hour), difference))
    type_: EntryType = "debit" if credits >= 0 else "credit"
    entry = next_entry(
        head,
        moment,
        created_ms,
        Movement(type_, "adjustment", abs(credits), note=f"Repricing {repricing_id}"),
        tuple(change.log.log_id for change in changes),
        digest=digest_of_sums(figures),
    )
    return Applied(committed(replace(after, balance=entry.balance_after), entry), entry)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which logs a run looks at: a half-open range of when they occurred, and equal members."""

    start_ms: int
    end_ms: int
    service: str | None = None
    model: str | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Repricing:
    """A run and how far it is.

    `attempt` counts those who took it on: only the latest may write down its progress. `after` is the last
    account that is done with, in the directory's order.
    """

    workspace_id: str
    repricing_id: str
    selection: Selection
    dry: bool
    created_ms: int
    updated_ms: int
    status: Status = "running"
    attempt: int = 0
    after: str | None = None
    tally: Tally = NOTHING
