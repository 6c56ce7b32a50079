"""Accounts and transactions."""

from __future__ import annotations

from typing import Final

from functions.transactions.schemas import TransactionInput
from openapi.models.credits import (
    AccountAnswer,
    AccountList,
    AccountTransactionList,
    PostedAnswer,
    StatementAnswer,
    TransactionAnswer,
    TransactionList,
    TransactionSummaryAnswer,
    Verification,
)
from openapi.operation import Answer, Body, Group, Operation, answer
from openapi.operations.exports import EXPORTED, FORMAT
from openapi.parameters import (
    AT,
    DATES,
    DAYS,
    MONTH,
    ORDER,
    PAGING,
    REASON,
    SEARCH,
    TYPE,
    USER,
    Parameter,
    choice,
)
from shared.domain.errors import InsufficientCreditsError
from shared.domain.ids import ID

_KINDS: Final = (*DATES, TYPE, REASON, SEARCH)
_LIST: Final = (*PAGING, ORDER, *_KINDS)
PREFIX: Final = Parameter(
    "q",
    "The beginning of a user's id, or (from `acct_` on) of an account's.",
    {"type": "string", "pattern": f"^{ID.pattern}$"},
)

CREDITS: Final = Group(
    "Credits",
    "The ledger: balances, movements, statements, and their proof.",
    {
        "GET /api/transactions": Operation(
            "listOwnTransactions",
            "One's own transactions",
            answer(AccountTransactionList),
            query=_LIST,
        ),
        "GET /api/transactions/statement": Operation(
            "getOwnStatement",
            "One's own monthly statement",
            answer(StatementAnswer),
            query=(MONTH,),
        ),
        "GET /api/transactions/{id}": Operation(
            "getTransaction",
            "One transaction",
            answer(TransactionAnswer),
            "Users see their own.",
        ),
        "GET /api/accounts/me": Operation(
            "getOwnAccount",
            "One's own account",
            answer(AccountAnswer),
            "Its balance is 0 before the first movement.",
        ),
        "GET /api/admin/accounts": Operation(
            "listAccounts",
            "The workspace's accounts",
            answer(AccountList),
            query=(*PAGING, ORDER, PREFIX),
        ),
        "GET /api/admin/accounts/{userId}": Operation(
            "getAccount",
            "A user's account, now or at a moment",
            answer(AccountAnswer),
            query=(AT,),
        ),
        "GET /api/admin/accounts/{userId}/verify": Operation(
            "verifyAccount",
            "Recompute an account from its journal",
            answer(Verification),
            "Reports the first entry that disagrees.",
            query=(AT,),
        ),
        "GET /api/admin/transactions": Operation(
            "listTransactions",
            "The workspace's transactions",
            answer(TransactionList),
            query=(*_LIST, USER),
        ),
        "POST /api/admin/transactions": Operation(
            "postTransaction",
            "Post a purchase, promo, refund or adjustment",
            {201: Answer("Posted.", PostedAnswer)},
            "The type follows from the reason; an adjustment states it, and why in a note. A refund names "
            "the usage transaction it gives back, and all of them together cannot exceed it.",
            body=Body(
                TransactionInput,
                examples={
                    "A purchase": {
                        "userId": "alice",
                        "amount": 1000,
                        "reason": "purchase",
                        "paid": {"amount": 10, "currency": "USD"},
                    },
                    "A refund": {
                        "userId": "alice",
                        "amount": 5,
                        "reason": "refund",
                        "refundOf": "tx_3f9c2b7a10e84d56c1aa_7",
                        "note": "The answer never came",
                    },
                    "An adjustment": {
                        "userId": "alice",
                        "amount": 20,
                        "reason": "adjustment",
                        "type": "debit",
                        "note": "Counted twice in October",
                    },
                },
            ),
            refusals=(InsufficientCreditsError,),
        ),
        "GET /api/admin/transactions/summary": Operation(
            "getTransactionSummary",
            "Movements summed by day or month",
            answer(TransactionSummaryAnswer),
            query=(
                choice("groupBy", ("day", "month"), "What the keys are.", key="DayOrMonth"),
                *DAYS,
                USER,
            ),
        ),
        "GET /api/admin/transactions/export": Operation(
            "exportTransactions",
            "Export transactions to a file",
            EXPORTED,
            "By account and number.",
            query=(FORMAT, *_KINDS, USER),
        ),
        "GET /api/admin/transactions/{userId}": Operation(
            "listUserTransactions",
            "A user's transactions",
            answer(AccountTransactionList),
            query=_LIST,
        ),
        "GET /api/admin/transactions/{userId}/statement": Operation(
            "getStatement", "A user's monthly statement", answer(StatementAnswer), query=(MONTH,)
        ),
    },
)
