"""Usage logs and their receipts as the contract shows them."""

from __future__ import annotations

from shared.domain.calendar import utc_text
from shared.domain.ids import transaction_id
from shared.domain.money import MONEY_PLACES, money
from shared.domain.pricing import REQUEST, BookReceipt, Receipt
from shared.domain.tokens import Tokens
from shared.domain.usage import Repriced, UsageLog
from shared.http.json import raw
from shared.http.views.view import View


def usage_log_view(log: UsageLog, user_id: str) -> View:
    """A usage log. `user_id` is what the reader may see: the id, or the account's."""
    view: View = {
        "id": log.log_id,
        "workspaceId": log.workspace_id,
        "userId": user_id,
        "service": log.service,
        "provider": log.provider,
        "model": log.model,
        "tokens": tokens_view(log.tokens),
        "credits": log.credits,
        "cost": money(log.cost_picos),
        "currency": log.currency,
        "unpriced": log.unpriced,
        "status": "error" if log.failed else "success",
        "errorCode": log.error_code,
        "responseTimeMs": log.response_time_ms,
        "responseBytes": log.response_bytes,
        "country": log.country,
        "platform": log.platform,
        "requestId": log.request_id,
        "metadata": None if log.metadata is None else raw(log.metadata),
        "occurredAt": utc_text(log.occurred_ms),
        "createdAt": utc_text(log.created_ms),
        "transactionId": transaction_id(log.account_id, log.seq),
        "receipt": receipt_view(log.receipt),
        "repriced": None if log.repriced is None else repriced_view(log.repriced),
    }
    return {name: value for name, value in view.items() if value is not None}


def repriced_view(repriced: Repriced) -> View:
    """What the latest repricing made of a log, and the receipt of it."""
    return {
        "repricingId": repriced.repricing_id,
        "cost": money(repriced.cost_picos),
        "credits": repriced.credits,
        "receipt": receipt_view(repriced.receipt),
    }


def tokens_view(tokens: Tokens | None) -> View | None:
    """Tokens of a log: all parts, or just the total where no parts were given."""
    if tokens is None:
        return None
    if tokens.input is None:
        return {"total": tokens.total}
    return {
        "input": tokens.input,
        "output": tokens.output,
        "cachedInput": tokens.cached_input,
        "cacheWrite": tokens.cache_write,
        "reasoning": tokens.reasoning,
        "total": tokens.total,
    }


def receipt_view(receipt: Receipt) -> View:
    """A receipt: what was charged at which rate, and the arithmetic that gives the figures again."""
    cost_picos, credits = receipt.recompute()
    rates = {
        "perRequest" if line.item == REQUEST else line.item: money(line.rate_picos)
        for line in receipt.lines
    }
    return _book_view(receipt.book) | {
        "basis": receipt.basis,
        "rates": rates,
        "lines": [
            {
                "item": line.item,
                "quantity": line.quantity,
                "rate": money(line.rate_picos),
                "cost": money(line.quantity * line.rate_picos),
            }
            for line in receipt.lines
        ],
        "creditValue": money(receipt.credit_value_picos),
        "creditsBasis": "computed" if receipt.stated_credits is None else "stated",
        "arithmetic": _arithmetic(receipt, cost_picos, credits),
    }


def _book_view(book: BookReceipt | None) -> View:
    """What of the price book was used: its version, whose price it is, and what changed the dollars."""
    if book is None:
        return {}
    vendor, model = book.matched
    view: View = {"priceBook": book.version, "matched": {"vendor": vendor, "model": model}}
    if book.exchange_rate_picos is not None:
        view["exchangeRate"] = money(book.exchange_rate_picos)
    return view


def _arithmetic(receipt: Receipt, cost_picos: int, credits: int) -> str:
    if receipt.stated_cost_picos is not None:
        cost = f"cost {money(cost_picos)} as stated"
    elif receipt.basis == "unpriced":
        cost = "no price found, cost 0"
    else:
        terms = " + ".join(f"{line.quantity} × {money(line.rate_picos)}" for line in receipt.lines)
        rate = None if receipt.book is None else receipt.book.exchange_rate_picos
        if rate is not None:
            terms = f"({terms}) × {money(rate)}, rounded to {MONEY_PLACES} decimals,"
        cost = f"cost {terms} = {money(cost_picos)}"
    if receipt.stated_credits is not None:
        return f"{cost}; credits {credits} as stated"
    value = money(receipt.credit_value_picos)
    return f"{cost}; credits ⌈{money(cost_picos)} ÷ {value}⌉ = {credits}"
