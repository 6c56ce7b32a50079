"""Accounts and transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from tally._models.usage import UsageLog

Reason = Literal["usage", "purchase", "refund", "promo", "adjustment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFigures:
    """Figures of an account in the current local day or month."""

    credits: int
    cost: Decimal
    tokens: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user's credit account. `seq` is the number of its last journal entry, 0 before the first.

    `timezone` is the workspace's, where the days and months are; an older service does not say it.
    """

    account_id: str
    user_id: str
    balance: int
    currency: str
    seq: int
    month: AccountFigures
    day: AccountFigures
    timezone: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What a customer paid for credits."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One movement of credits. Immutable, numbered without a gap, chained by its hash."""

    id: str
    account_id: str
    user_id: str
    seq: int
    amount: int
    type: Literal["debit", "credit"]
    reason: Reason
    balance_after: int
    note: str | None = None
    metadata: Mapping[str, Any] | None = None
    usage_log_ids: tuple[str, ...] | None = None
    refund_of: str | None = None
    paid: Paid | None = None
    hash: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A log, the ledger entry that paid for it, and the account after it.

    `replayed`: it was there already, and nothing was deducted.
    """

    usage_log: UsageLog
    transaction: Transaction
    account: Account
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A movement and the account after it. `replayed`: it was there already."""

    transaction: Transaction
    account: Account
    replayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementTotals:
    """Signed sums of credits by reason."""

    purchase: int
    usage: int
    refund: int
    promo: int
    adjustment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementService:
    """What a service took."""

    service: str
    credits: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementDay:
    """A day's movements."""

    date: date
    credited: int
    debited: int
    closing_balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A month (`2026-11`) of an account."""

    month: str
    opening_balance: int
    closing_balance: int
    totals: StatementTotals
    by_service: tuple[StatementService, ...]
    days: tuple[StatementDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The result of recomputing an account; `first_bad_seq` is the first entry that disagrees."""

    verified: bool
    entries: int
    balance: int
    recomputed_balance: int
    head_hash: str
    first_bad_seq: int | None = None
    verified_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionSums(StatementTotals):
    """Credits by reason (signed), by direction, and how many transactions."""

    credits: int
    debits: int
    net: int
    transactions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionGroup(TransactionSums):
    """Sums of a day or a month."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionSummary:
    """Sums by day or month, and their totals."""

    summary: tuple[TransactionGroup, ...]
    totals: TransactionSums
