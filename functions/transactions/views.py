"""Lists, statements, summaries and proofs as the contract shows them."""

from __future__ import annotations

from collections.abc import Mapping

from functions.transactions.lists import EntryPage
from functions.transactions.statements import Statement
from functions.transactions.sums import Summary, by_reason
from functions.transactions.verification import Proof
from shared.domain.calendar import utc_text
from shared.domain.journal import KINDS, RunningTotals
from shared.http.params import Paging, page_body
from shared.http.views.accounts import transaction_view
from shared.http.views.view import View


def entries_view(page: EntryPage, paging: Paging, users: Mapping[str, str]) -> View:
    """A page of transactions; `users` says what accounts are shown as."""
    rows: list[object] = [transaction_view(e, users[e.account_id]) for e in page.entries]
    body = page_body("transactions", rows, paging, page.total, page.next_key)
    if page.searched_back_ms is not None:
        body["searchedBackTo"] = utc_text(page.searched_back_ms)
    return body


def statement_view(statement: Statement) -> View:
    """A monthly statement."""
    return {
        "month": statement.month,
        "openingBalance": statement.opening,
        "closingBalance": statement.closing,
        "totals": dict(by_reason(statement.totals)),
        "byService": [
            {"service": service, "credits": use.credits, "requests": use.requests}
            for service, use in statement.services.items()
        ],
        "days": [
            {
                "date": day,
                "credited": moved.credited,
                "debited": moved.debited,
                "closingBalance": moved.closing,
            }
            for day, moved in statement.days.items()
        ],
    }


def summary_view(summary: Summary) -> View:
    """Transactions by day or month, and all of them."""
    return {
        "summary": [{"key": key, **_sums_view(totals)} for key, totals in summary.rows.items()],
        "totals": _sums_view(summary.totals),
    }


def _sums_view(totals: RunningTotals) -> View:
    credits = totals.credits([kind for kind in KINDS if kind[1] == "credit"])
    debits = totals.credits([kind for kind in KINDS if kind[1] == "debit"])
    return {
        **by_reason(totals),
        "credits": credits,
        "debits": debits,
        "net": credits - debits,
        "transactions": totals.count(KINDS),
    }


def proof_view(proof: Proof) -> View:
    """What recomputing an account found."""
    body: View = {
        "verified": proof.first_bad_seq is None,
        "entries": proof.entries,
        "balance": proof.balance,
        "recomputedBalance": proof.recomputed_balance,
        "headHash": proof.hash.hex(),
    }
    if proof.first_bad_seq is not None:
        body["firstBadSeq"] = proof.first_bad_seq
    if proof.first_seq > 1:
        body["verifiedFrom"] = proof.first_seq
    return body
