"""Commands that look: balance, transactions, stats, top, alerts, verify, tail."""

from __future__ import annotations

import argparse
from collections import deque
from itertools import islice
from typing import Any, Final

import tally
from tally._decode import encode
from tally.cli._context import Arguments, Column, Context, printable
from tally.cli._options import dates, moment, positive
from tally.types import Alert, Statistics, Transaction, UsageLog

FOUND: Final = 1
"""The exit code when what was looked at is not as it should be."""

TRANSACTION: Final[list[Column]] = [
    ("when", lambda t: t.created_at),
    ("user", lambda t: t.user_id),
    ("seq", lambda t: t.seq),
    ("reason", lambda t: t.reason),
    ("amount", lambda t: t.amount if t.type == "credit" else -t.amount),
    ("balance", lambda t: t.balance_after),
    ("note", lambda t: t.note or ""),
]
LOG: Final[list[Column]] = [
    ("when", lambda log: log.occurred_at),
    ("user", lambda log: log.user_id),
    ("service", lambda log: log.service),
    ("model", lambda log: log.model),
    ("tokens", lambda log: log.tokens.total if log.tokens else None),
    ("credits", lambda log: log.credits),
    ("cost", lambda log: log.cost),
    ("status", lambda log: log.error_code or log.status),
]
MEASURES: Final[list[Column]] = [
    ("requests", lambda m: m.requests),
    ("errors", lambda m: m.errors),
    ("tokens", lambda m: m.tokens.total),
    ("credits", lambda m: m.credits),
    ("cost", lambda m: m.cost),
]
ALERT: Final[list[Column]] = [
    ("when", lambda a: a.created_at),
    ("user", lambda a: a.user_id),
    ("metric", lambda a: f"{a.threshold_type} {a.metric}"),
    ("limit", lambda a: a.threshold_value),
    ("percent", lambda a: a.percent),
    ("value", lambda a: a.actual_value),
    ("status", lambda a: a.status),
    ("id", lambda a: a.id),
]


def add(commands: Any) -> None:
    """The parsers of these commands."""
    balance = commands("balance", run_balance, "the credits of a user, or your own")
    balance.add_argument("user", nargs="?")
    balance.add_argument("--at", type=moment, help="as of this time")

    listed = commands("transactions", run_transactions, "movements of credits, newest first")
    listed.add_argument("user", nargs="?", help="default: everybody's (admins), else your own")
    listed.add_argument("--mine", action="store_true", help="your own")
    listed.add_argument("--reason", choices=["usage", "purchase", "refund", "promo", "adjustment"])
    listed.add_argument("--type", choices=["debit", "credit"])
    listed.add_argument("-q", "--search", help="words in notes, metadata, services and models")
    listed.add_argument("-n", "--limit", type=positive, default=20)
    dates(listed)

    stats = commands("stats", run_stats, "figures of the last 30 days, or of a range")
    stats.add_argument("--by", choices=["day", "week", "month", "service", "model", "user"])
    stats.add_argument("--user")
    stats.add_argument("--service")
    stats.add_argument("--model")
    dates(stats)

    top = commands("top", run_top, "the users with most usage")
    top.add_argument("--by", choices=["cost", "tokens", "requests", "credits"], default="cost")
    top.add_argument("-n", "--limit", type=positive, default=10)
    dates(top)

    alerts = commands("alerts", run_alerts, "limits that were crossed")
    alerts.add_argument("--status", choices=["pending", "sent", "failed", "acknowledged"])
    alerts.add_argument("-n", "--limit", type=positive, default=20)
    alerts.add_argument("--acknowledge", metavar="ID", help="say that an alert was seen")

    verify = commands("verify", run_verify, "recompute accounts from their first entry")
    verify.add_argument("users", nargs="*")
    verify.add_argument("--all", action="store_true", help="every account of the workspace")
    verify.add_argument("--at", type=moment, help="as of this time")

    tail = commands("tail", run_tail, "what comes in, as it comes in")
    tail.add_argument("user", nargs="?", help="usage of one user; default: everybody's movements")
    tail.add_argument("-n", "--lines", type=int, default=10, help="how many to begin with")
    tail.add_argument("--every", type=positive, default=2, help="seconds between looks")
    tail.add_argument("--looks", type=positive, help=argparse.SUPPRESS)


def run_balance(context: Context, given: Arguments) -> int:
    """Print a balance."""
    account = context.client.account(given.user, at=given.at)
    columns: list[Column] = [
        ("user", lambda a: a.user_id),
        ("balance", lambda a: a.balance),
        ("credits this month", lambda a: a.month.credits),
        ("cost this month", lambda a: a.month.cost),
        ("currency", lambda a: a.currency),
    ]
    context.show(account, [account], columns)
    return 0


def run_transactions(context: Context, given: Arguments) -> int:
    """Print movements."""
    filters: dict[str, Any] = {
        "start_date": given.start,
        "end_date": given.end,
        "type": given.type,
        "reason": given.reason,
        "q": given.search,
        "limit": min(given.limit, 100),
    }
    if given.user or given.mine:
        found = context.client.each_transaction(given.user, **filters)
    else:
        found = context.client.admin.each_transaction(**filters)
    rows = list(islice(found, given.limit))
    context.show(rows, rows, TRANSACTION)
    return 0


def run_stats(context: Context, given: Arguments) -> int:
    """Print figures."""
    filters: dict[str, Any] = {
        "start_date": given.start,
        "end_date": given.end,
        "user_id": given.user,
        "service": given.service,
        "model": given.model,
    }
    if given.by:
        summary = context.client.summary(group_by=given.by, **filters)
        context.show(summary, summary.summary, [(given.by, lambda m: m.key), *MEASURES])
        return 0
    statistics = context.client.stats(**filters)
    if context.as_json:
        context.json(statistics)
    else:
        _tell(context, statistics)
    return 0


def _tell(context: Context, found: Statistics) -> None:
    first, last = found.by_day[0].date, found.by_day[-1].date
    context.say(f"{first} to {last}, {found.users:,} users, {found.currency}")
    context.table([found], [*MEASURES, ("error rate", lambda m: f"{m.error_rate:.2%}")])
    context.say("")
    context.table(found.by_service, [("service", lambda m: m.service), *MEASURES])
    context.say("")
    context.table(
        found.by_model,
        [("service", lambda m: m.service), ("model", lambda m: m.model), *MEASURES],
    )


def run_top(context: Context, given: Arguments) -> int:
    """Print the largest users."""
    top = context.client.analytics.top_users(
        by=given.by, limit=given.limit, start_date=given.start, end_date=given.end
    )
    columns: list[Column] = [("", lambda u: u.rank), ("user", lambda u: u.user_id), *MEASURES]
    context.show(top, top.users, [*columns, ("share", lambda u: f"{u.share:.1%}")])
    return 0


def run_alerts(context: Context, given: Arguments) -> int:
    """Print alerts, or acknowledge one."""
    if given.acknowledge:
        rows: list[Alert] = [context.client.alerts.acknowledge(given.acknowledge)]
    else:
        rows = list(islice(context.client.alerts.each(status=given.status), given.limit))
    context.show(rows, rows, ALERT)
    return 0


def run_verify(context: Context, given: Arguments) -> int:
    """Recompute accounts; 1 when one disagrees."""
    users = list(given.users)
    if given.all:
        users += [account.user_id for account in context.client.admin.each_account()]
    if not users:
        raise tally.InvalidUsageError("", "name users, or say --all")
    proofs = [(user, context.client.verify(user, at=given.at)) for user in users]
    columns: list[Column] = [
        ("user", lambda p: p[0]),
        ("verified", lambda p: p[1].verified),
        ("entries", lambda p: p[1].entries),
        ("balance", lambda p: p[1].balance),
        ("recomputed", lambda p: p[1].recomputed_balance),
        ("first bad entry", lambda p: p[1].first_bad_seq),
    ]
    result = [{"userId": user, **encode(proof)} for user, proof in proofs]
    context.show(result, proofs, columns)
    return 0 if all(proof.verified for _, proof in proofs) else FOUND


REMEMBERED: Final = 10_000
"""Ids that `tail` knows again: more than come in between two looks."""


def run_tail(context: Context, given: Arguments) -> int:
    """Print what comes in until interrupted."""
    seen: deque[str] = deque(maxlen=REMEMBERED)
    looks = 0
    while True:
        fresh = list(_fresh(context, given.user, seen))
        shown = fresh if looks else fresh[: given.lines]
        seen.extend(reversed([each.id for each in fresh]))
        for each in reversed(shown):
            _line(context, each)
        looks += 1
        if looks == given.looks:
            return 0
        context.runtime.sleep(given.every)


def _fresh(context: Context, user: str | None, seen: deque[str]) -> Any:
    """What was not seen yet, newest first; at the very first look, a page of it."""
    known = set(seen)
    found: Any = (
        context.client.each_usage_log(user) if user else context.client.admin.each_transaction()
    )
    for each in islice(found, REMEMBERED if known else 100):
        if each.id in known:
            return
        yield each


def _line(context: Context, each: UsageLog | Transaction) -> None:
    if context.as_json:
        context.json(each)
        return
    columns = LOG if isinstance(each, UsageLog) else TRANSACTION
    parts = [show(each) for _, show in columns]
    context.say("  ".join(printable(part) for part in parts if part not in {None, ""}))
