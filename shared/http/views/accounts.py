"""Accounts and their transactions as the contract shows them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from shared.domain.calendar import local_day, utc_text
from shared.domain.head import Counters, Head
from shared.domain.ids import transaction_id
from shared.domain.journal import Entry
from shared.domain.money import money
from shared.domain.transactions import ListedEntry
from shared.http.json import raw
from shared.http.views.view import View


def transaction_view(entry: Entry | ListedEntry, user_id: str) -> View:
    """A journal entry as a transaction."""
    view: View = {
        "id": transaction_id(entry.account_id, entry.seq),
        "accountId": entry.account_id,
        "userId": user_id,
        "seq": entry.seq,
        "amount": entry.amount,
        "type": entry.type,
        "reason": entry.reason,
        "balanceAfter": entry.balance_after,
        "note": entry.note,
        "metadata": None if entry.metadata is None else raw(entry.metadata),
        "usageLogIds": list(entry.log_ids) or None,
        "refundOf": entry.refund_of,
        "hash": entry.hash.hex(),
        "createdAt": utc_text(entry.created_ms),
    }
    if entry.paid is not None:
        view["paid"] = {
            "amount": money(entry.paid.amount_picos),
            "currency": entry.paid.currency,
        }
    return {name: value for name, value in view.items() if value is not None}


def counters_view(counters: Counters) -> View:
    """Figures of a day or month of an account."""
    return {
        "credits": counters.credits,
        "cost": money(counters.cost),
        "tokens": counters.tokens,
        "requests": counters.requests,
    }


def account_view(head: Head, user_id: str, currency: str, zone: ZoneInfo, now_ms: int) -> View:
    """An account as it stands: `day` and `month` are the current ones of the zone it names."""
    now = head.rolled(local_day(now_ms, zone))
    view: View = {
        "accountId": head.account_id,
        "userId": user_id,
        "balance": head.balance,
        "currency": currency,
        "timezone": zone.key,
        "seq": head.seq,
        "month": counters_view(now.this_month),
        "day": counters_view(now.today),
    }
    if head.seq:
        view["updatedAt"] = utc_text(head.last_created_ms)
    return view
