"""Accounts and transactions."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from openapi.models.usage import Account, UsageLog
from openapi.values import (
    EXAMPLE_LOG,
    AccountId,
    Count,
    Currency,
    Day,
    FreeObject,
    Id,
    Money,
    Month,
    ServiceName,
    Sha256,
    Timestamp,
    TransactionId,
    UserId,
    View,
    absent,
)


class Paid(View):
    """What a customer paid for credits."""

    amount: Money = Field(examples=[10])
    currency: Currency


class Transaction(View):
    """One movement of credits. Immutable, numbered without a gap, chained by its hash."""

    id: TransactionId
    account_id: AccountId
    user_id: UserId
    seq: int = Field(ge=1, examples=[7])
    amount: Count = Field(examples=[1])
    type: Literal["debit", "credit"]
    reason: Literal["usage", "purchase", "refund", "promo", "adjustment"]
    balance_after: int = Field(examples=[995])
    note: str = absent()
    metadata: FreeObject = absent()
    usage_log_ids: list[Id] = absent(min_length=1, examples=[[EXAMPLE_LOG]])
    refund_of: TransactionId = absent()
    paid: Paid = absent()
    hash: Sha256
    created_at: Timestamp


class RecordedAnswer(View):
    """The log, the ledger entry that paid for it, and the account after it."""

    usage_log: UsageLog
    transaction: Transaction
    account: Account


class PostedAnswer(View):
    """The movement and the account after it."""

    transaction: Transaction
    account: Account


class TransactionAnswer(View):
    """A transaction."""

    transaction: Transaction
    refunded: Count = absent(
        description="Of a usage transaction: the credits that were given back so far."
    )


class AccountAnswer(View):
    """An account."""

    account: Account


class TransactionList(View):
    """A page of the transactions of a workspace."""

    transactions: list[Transaction]
    total: Count = absent()
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["MTI"])
    searched_back_to: Timestamp = absent(
        description="There when a search stopped early: what is older was not looked at."
    )


class AccountTransactionList(TransactionList):
    """A page of one account's transactions, and its balance."""

    balance: int = Field(examples=[995])


class AccountList(View):
    """A page of the workspace's accounts."""

    accounts: list[Account]
    total: Count
    page: Count = Field(examples=[1])
    limit: Count = Field(examples=[20])
    next_cursor: str = absent(examples=["YWxpY2U"])
    total_capped: bool = absent(
        description="There (true) when more ids begin so than are counted: `total` is at least that many."
    )


class StatementTotals(View):
    """Signed sums of credits by reason."""

    purchase: int = Field(examples=[1000])
    usage: int = Field(examples=[-240])
    refund: int = Field(examples=[5])
    promo: int = Field(examples=[0])
    adjustment: int = Field(examples=[0])


class StatementService(View):
    """What a service took."""

    service: ServiceName
    credits: Count = Field(examples=[240])
    requests: Count


class StatementDay(View):
    """A day's movements."""

    date: Day
    credited: Count = Field(examples=[1000])
    debited: Count = Field(examples=[5])
    closing_balance: int = Field(examples=[995])


class Statement(View):
    """A month of an account."""

    month: Month
    opening_balance: int = Field(examples=[230])
    closing_balance: int = Field(examples=[995])
    totals: StatementTotals
    by_service: list[StatementService]
    days: list[StatementDay]


class StatementAnswer(View):
    """A monthly statement."""

    statement: Statement


class Verification(View):
    """The result of recomputing an account."""

    verified: bool
    entries: Count = Field(description="Journal entries of the account.")
    balance: int = Field(examples=[995])
    recomputed_balance: int = Field(examples=[995])
    head_hash: str = Field(pattern="^([0-9a-f]{64})?$", examples=["9b74c989" * 8])
    first_bad_seq: int = absent(ge=1, description="The first entry that disagrees.")
    verified_from: int = absent(
        ge=1, description="There when recomputing began at a signed checkpoint, not at entry 1."
    )


class TransactionSums(View):
    """Credits by reason (signed), by direction, and how many transactions."""

    purchase: int = Field(examples=[1000])
    usage: int = Field(examples=[-240])
    refund: int = Field(examples=[5])
    promo: int = Field(examples=[0])
    adjustment: int = Field(examples=[0])
    credits: Count = Field(examples=[1005])
    debits: Count = Field(examples=[240])
    net: int = Field(examples=[765])
    transactions: Count


class TransactionGroup(TransactionSums):
    """Sums of a day or a month."""

    key: str = Field(examples=["2026-11-20"])


class TransactionSummaryAnswer(View):
    """Sums by day or month, and their totals."""

    summary: list[TransactionGroup]
    totals: TransactionSums
