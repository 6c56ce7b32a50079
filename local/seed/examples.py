"""Commands to try on the demo, as the summary prints them, the README shows them and tests run them.

They need `TALLY_URL` (the API's address), `TALLY_KEY` (an API key) and, where people are asked for,
`TALLY_TOKEN` (an admin's id token, good for an hour): `eval "$(.venv/bin/python -m local.seed.env)"`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SET_UP: Final = 'eval "$(.venv/bin/python -m local.seed.env)"'
"""Sets what the examples need in the shell that runs it."""

_AS_SERVICE: Final = '-H "Authorization: Bearer $TALLY_KEY"'
_AS_ADMIN: Final = '-H "Authorization: Bearer $TALLY_TOKEN"'
_JSON: Final = "-H 'Content-Type: application/json'"


@dataclass(frozen=True, slots=True)
class Example:
    """A command, what it is for, and a member of the JSON object it answers with."""

    title: str
    command: str
    answers: str


EXAMPLES: Final = (
    Example(
        "Record a call: priced, deducted and booked at once",
        f'curl -sS "$TALLY_URL/api/usage-logs" {_AS_SERVICE} {_JSON} \\\n'
        '  -d \'{"userId": "alice", "service": "assistant", "provider": "openai",\n'
        '       "model": "gpt-5.4-mini", "responseTimeMs": 840,\n'
        '       "tokens": {"input": 1200, "cachedInput": 1000, "output": 300}}\'',
        "transaction",
    ),
    Example(
        "A balance",
        f'curl -sS "$TALLY_URL/api/admin/accounts/alice" {_AS_SERVICE}',
        "account",
    ),
    Example(
        "Sell credits; the key makes it count once, however often it is sent",
        f'curl -sS "$TALLY_URL/api/admin/transactions" {_AS_SERVICE} {_JSON} \\\n'
        "  -H 'Idempotency-Key: order-1001' \\\n"
        '  -d \'{"userId": "alice", "amount": 5000, "reason": "purchase",\n'
        '       "note": "Pack of 5,000 credits", "paid": {"amount": 4.75, "currency": "USD"}}\'',
        "transaction",
    ),
    Example(
        "Statistics of the last 30 days",
        f'curl -sS "$TALLY_URL/api/usage-logs/stats" {_AS_SERVICE}',
        "statistics",
    ),
    Example(
        "What each model cost this month",
        f'curl -sS "$TALLY_URL/api/usage-logs/summary?period=month&groupBy=model" {_AS_SERVICE}',
        "summary",
    ),
    Example(
        "A dashboard in one answer",
        f'curl -sS "$TALLY_URL/api/usage/dashboard/demo?period=30" {_AS_SERVICE}',
        "overview",
    ),
    Example(
        "A file of everything alice used",
        f'curl -sS "$TALLY_URL/api/usage-logs/export?format=csv&userId=alice" {_AS_SERVICE}',
        "export",
    ),
    Example(
        "Warnings that fired",
        f'curl -sS "$TALLY_URL/api/alerts" {_AS_ADMIN}',
        "alerts",
    ),
    Example(
        "Proof that alice's books are untouched",
        f'curl -sS "$TALLY_URL/api/admin/accounts/alice/verify" {_AS_ADMIN}',
        "verified",
    ),
)
