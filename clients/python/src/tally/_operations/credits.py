"""Accounts and transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from tally._call import (
    Answer,
    Call,
    Day,
    Moment,
    body,
    get,
    listed,
    member,
    path,
    post,
    query,
    whole,
)
from tally._decode import decode
from tally._errors import InvalidUsageError
from tally._models.credits import (
    Account,
    Posted,
    Reason,
    Statement,
    Transaction,
    TransactionSummary,
    Verification,
)
from tally._models.pages import Page
from tally._rows import money
from tally._usage import Money

Direction = Literal["debit", "credit"]
Order = Literal["desc", "asc"]


def account(user_id: str | None = None, *, at: datetime | None = None) -> Call[Account]:
    """A user's account (as of a moment), or without a user the caller's own."""
    read = member("account", Account)
    if user_id is None:
        return get("/api/accounts/me", read)
    return get(path("/api/admin/accounts/{}", user_id), read, query(at=at))


def balance(user_id: str | None = None, *, at: datetime | None = None) -> Call[int]:
    """The credits of a user (as of a moment), or without a user the caller's own."""
    call = account(user_id, at=at)
    return Call(call.method, call.path, lambda answer: call.read(answer).balance, call.params)


def accounts(
    *,
    q: str | None = None,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Order | None = None,
) -> Call[Page[Account]]:
    """A page of the workspace's accounts; `q` is how their user's id begins."""
    params = query(q=q, page=page, limit=limit, cursor=cursor, order=order)
    return get("/api/admin/accounts", listed("accounts", Account), params)


def verify(user_id: str, *, at: datetime | None = None) -> Call[Verification]:
    """Recompute an account from its first entry (as of a moment)."""
    return get(path("/api/admin/accounts/{}/verify", user_id), whole(Verification), query(at=at))


def transactions(
    user_id: str | None = None,
    *,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
    type: Direction | None = None,
    reason: Reason | None = None,
    q: str | None = None,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Order | None = None,
) -> Call[Page[Transaction]]:
    """A page of a user's transactions, or without a user of the caller's own. `q` are words to find."""
    where = "/api/transactions" if user_id is None else path("/api/admin/transactions/{}", user_id)
    params = query(
        start_date=start_date,
        end_date=end_date,
        type=type,
        reason=reason,
        q=q,
        page=page,
        limit=limit,
        cursor=cursor,
        order=order,
    )
    return get(where, listed("transactions", Transaction), params)


def workspace_transactions(
    *,
    user_id: str | None = None,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
    type: Direction | None = None,
    reason: Reason | None = None,
    q: str | None = None,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Order | None = None,
) -> Call[Page[Transaction]]:
    """A page of everybody's transactions."""
    call = transactions(
        start_date=start_date,
        end_date=end_date,
        type=type,
        reason=reason,
        q=q,
        page=page,
        limit=limit,
        cursor=cursor,
        order=order,
    )
    return replace(call.asking(user_id=user_id), path="/api/admin/transactions")


def transaction(transaction_id: str) -> Call[Transaction]:
    """A transaction by its id."""
    return get(path("/api/transactions/{}", transaction_id), member("transaction", Transaction))


def statement(month: str, user_id: str | None = None) -> Call[Statement]:
    """A month (`2026-11`) of a user's account, or without a user of the caller's own."""
    where = (
        "/api/transactions/statement"
        if user_id is None
        else path("/api/admin/transactions/{}/statement", user_id)
    )
    return get(where, member("statement", Statement), query(month=month))


def transaction_summary(
    *,
    group_by: Literal["day", "month"] | None = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    user_id: str | None = None,
) -> Call[TransactionSummary]:
    """Movements by day or month."""
    params = query(group_by=group_by, start_date=start_date, end_date=end_date, user_id=user_id)
    return get("/api/admin/transactions/summary", whole(TransactionSummary), params)


def post_transaction(
    user_id: str,
    amount: int,
    reason: Literal["purchase", "promo", "refund", "adjustment"],
    *,
    type: Direction | None = None,
    note: str | None = None,
    refund_of: str | None = None,
    paid: tuple[Money, str] | None = None,
    metadata: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Call[Posted]:
    """Post a purchase, a promo, a refund (`refund_of`) or an adjustment (`type` and `note`).

    `paid` is what was paid, as amount and currency.
    """
    sent = body(
        user_id=user_id,
        amount=amount,
        reason=reason,
        type=type,
        note=note,
        refund_of=refund_of,
        paid=None if paid is None else _paid(*paid),
        metadata=metadata,
    )
    return post("/api/admin/transactions", _posted, sent, key=idempotency_key)


def _paid(amount: Money, currency: str) -> dict[str, object]:
    try:
        return {"amount": money(amount), "currency": currency}
    except ValueError as error:
        raise InvalidUsageError("paid", str(error)) from error


def _posted(answer: Answer) -> Posted:
    return replace(decode(Posted, answer.body), replayed=answer.replayed)
