"""Proposals to save as the contract shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shared.domain.money import money
from shared.domain.savings import Saving, total_of
from shared.http.views.view import View

MAX_SAVINGS: Final = 200
"""Proposals shown, the largest: more are not read by anybody. The totals are of all."""


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
    }
