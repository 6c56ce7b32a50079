"""Proposals to save as the contract shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.domain.bills import Bill
from shared.domain.money import money, ratio
from shared.domain.savings import (
    SHARE_PLACES,
    Cache,
    CachedInput,
    CheaperModel,
    Saving,
    Source,
    total_of,
)
from shared.http.views.view import View

MAX_SAVINGS: Final = 200
"""Proposals shown, the largest: more are not read by anybody. The totals are of all."""

_AS_IN_RECEIPTS: Final = {"requests": "request"}


def savings_view(savings: Sequence[Saving], currency: str) -> View:
    """`{savings, totals}`; `truncated` when smaller proposals are left out."""
    current, saving = total_of(savings)
    view: View = {
        "savings": [_saving_view(one) for one in savings[:MAX_SAVINGS]],
        "totals": {"currentCost": money(current), "saving": money(saving)},
        "currency": currency,
    }
    return view | {"truncated": True} if len(savings) > MAX_SAVINGS else view


def _saving_view(saving: Saving) -> View:
    return {
        "kind": saving.kind,
        "service": saving.use.service,
        "model": saving.use.model,
        "proposal": saving.proposal,
        "currentCost": money(saving.current),
        "proposedCost": money(saving.proposed),
        "saving": money(saving.saving),
        "basis": saving.basis,
        "grounds": _grounds_view(saving),
    }


def _grounds_view(saving: Saving) -> View:
    """What proposal and basis say, by figures: for who says it in other words."""
    match saving.grounds:
        case CheaperModel(model, (bill, source)):
            return {"proposedModel": model, "proposedBill": _bill_view(bill)} | _source_view(source)
        case CachedInput(like, now, (bill, source)):
            return {
                "like": _like_view(like),
                "currentBill": _bill_view(now),
                "proposedBill": _bill_view(bill),
            } | _source_view(source)
        case failed:
            return {"errors": failed.errors, "requests": failed.requests}


def _bill_view(bill: Bill) -> View:
    view: View = {
        "lines": [
            {
                "item": _AS_IN_RECEIPTS.get(line.item, line.item),
                "quantity": line.quantity,
                "rate": money(line.rate),
                "cost": money(line.cost),
            }
            for line in bill.lines
        ],
        "cost": money(bill.cost),
    }
    return view if bill.exchange is None else view | {"exchangeRate": money(bill.exchange[1])}


def _source_view(source: Source | None) -> View:
    if source is None:
        return {}
    matched = {"vendor": source.vendor, "model": source.model}
    return {"priceBook": source.version, "matched": matched}


def _like_view(like: Cache) -> View:
    sums = like.sums
    return {
        "service": like.use.service,
        "model": like.use.model,
        "input": sums.input,
        "cachedInput": sums.cached_input,
        "cacheWrite": sums.cache_write,
        "requests": sums.requests,
        "share": ratio(sums.cached_input, sums.input, SHARE_PLACES),
    }
