"""Repricings as the contract shows them."""

from __future__ import annotations

from shared.domain.calendar import utc_text
from shared.domain.money import money
from shared.domain.repricing import Repricing
from shared.http.views.view import View


def repricing_view(run: Repricing) -> View:
    """`{repricing}`: what it posted so far, or would; differences are new − old."""
    tally = run.tally
    return {
        "repricing": {
            "id": run.repricing_id,
            "status": run.status,
            "dryRun": run.dry,
            "logs": tally.logs,
            "accounts": tally.accounts,
            "unpaid": tally.unpaid,
            "costDifference": money(tally.cost_difference),
            "creditDifference": tally.credit_difference,
            "createdAt": utc_text(run.created_ms),
        }
    }
