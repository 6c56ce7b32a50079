"""Answers about recorded usage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from functions.record_usage.service import Recorded
from shared.http.problems import problem
from shared.http.views.accounts import account_view, transaction_view
from shared.http.views.logs import usage_log_view
from shared.http.views.view import View
from shared.ports.ledger import Outcome


def recorded_view(recorded: Recorded, now_ms: int) -> View:
    """`{usageLog, transaction, account}`."""
    workspace, user_id = recorded.workspace, recorded.user_id
    return {
        "usageLog": usage_log_view(recorded.log, user_id),
        "transaction": transaction_view(recorded.entry, user_id),
        "account": account_view(recorded.head, user_id, workspace.currency, workspace.zone, now_ms),
    }


def event_view(recorded: Recorded) -> View:
    """`{usageLog}` of an event."""
    return {"usageLog": usage_log_view(recorded.log, recorded.user_id)}


def batch_view(outcomes: Sequence[tuple[Outcome, str]]) -> View:
    """`{results, summary}` of a batch."""
    results: list[View] = []
    for index, (outcome, user_id) in enumerate(outcomes):
        result: View = {"index": index, "status": outcome.status}
        if outcome.log is not None:
            result["usageLog"] = usage_log_view(outcome.log, user_id)
        if outcome.error is not None:
            result["error"] = problem(outcome.error)
        results.append(result)
    counts = Counter(outcome.status for outcome, _ in outcomes)
    summary = {status: counts[status] for status in ("created", "replayed", "conflict", "rejected")}
    return {"results": results, "summary": summary}
