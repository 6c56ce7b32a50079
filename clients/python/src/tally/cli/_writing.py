"""Commands that change something: record, thresholds, keys, configure."""

from __future__ import annotations

import argparse
from getpass import getpass
from typing import Any, Final

import tally
from tally._ids import new_id
from tally._json import loads
from tally.cli._context import Arguments, Column, Context
from tally.cli._options import amount, moment, positive
from tally.cli._profiles import DEFAULT, Profile
from tally.types import Recorded

TOKENS: Final = ("input", "output", "cached_input", "cache_write", "reasoning")
THRESHOLD: Final[list[Column]] = [
    ("id", lambda t: t.id),
    ("scope", lambda t: t.user_id or t.scope),
    ("metric", lambda t: t.metric),
    ("daily", lambda t: t.daily_limit),
    ("monthly", lambda t: t.monthly_limit),
    ("below", lambda t: t.below),
    ("warns at %", lambda t: t.notify_at_percent or ()),
    ("blocks", lambda t: t.block),
    ("alerts", lambda t: t.alert_enabled),
]
KEY: Final[list[Column]] = [
    ("id", lambda k: k.id),
    ("name", lambda k: k.name),
    ("scopes", lambda k: k.scopes),
    ("created", lambda k: k.created_at),
    ("last used", lambda k: k.last_used_at),
    ("expires", lambda k: k.expires_at),
    ("revoked", lambda k: k.revoked_at),
]


def add(commands: Any) -> None:
    """The parsers of these commands."""
    record = commands("record", run_record, "record one usage")
    record.add_argument("user")
    record.add_argument("service")
    for name in ("model", "provider", "country", "platform", "id"):
        record.add_argument(f"--{name}")
    record.add_argument("--tokens", type=int, help="a plain total")
    for name in TOKENS:
        record.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="TOKENS")
    record.add_argument("--credits", type=int)
    record.add_argument("--cost", type=amount)
    record.add_argument("--error", metavar="CODE", help="it failed")
    record.add_argument("--milliseconds", type=int, help="response time")
    record.add_argument("--at", type=moment, help="when it happened (default: now)")
    record.add_argument("--metadata", type=_object, help="a JSON object")

    limits = commands("thresholds", run_thresholds, "limits that warn or block")
    limits.add_argument("--delete", metavar="ID")
    limits.add_argument("--test", metavar="ID", help="fire a test alert, really delivered")
    limits.add_argument("--create", choices=["tokens", "cost", "credits", "requests", "balance"])
    limits.add_argument("--user", help="for one user (default: the workspace)")
    limits.add_argument("--each-user", action="store_true", help="for each user")
    limits.add_argument("--daily", type=amount)
    limits.add_argument("--monthly", type=amount)
    limits.add_argument("--below", type=int, help="for the metric balance")
    limits.add_argument("--at-percent", type=positive, nargs="+", metavar="PERCENT")
    limits.add_argument("--block", action="store_true", help="refuse what would exceed it")

    keys = commands("keys", run_keys, "API keys of the workspace")
    keys.add_argument("--create", metavar="NAME")
    keys.add_argument(
        "--scope", action="append", choices=["usage:write", "usage:read", "credits:write"]
    )
    keys.add_argument("--expires", type=moment)
    keys.add_argument("--rate", type=positive, help="requests a minute")
    keys.add_argument("--revoke", metavar="ID")

    configure = commands("configure", run_configure, "store an address and a key as a profile")
    configure.add_argument("--list", action="store_true", help="the profiles there are")


def _object(text: str) -> dict[str, Any]:
    try:
        found = loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError("is no JSON object")
    return found


def run_record(context: Context, given: Arguments) -> int:
    """Record one usage. Where it stays open whether that was done, say how to repeat it."""
    log_id = given.id or new_id()
    try:
        recorded = _record(context, given, log_id)
    except (tally.ConnectionFailedError, tally.ServiceError, tally.UnexpectedAnswerError):
        context.note(f"tally: it may be recorded: repeat it with --id {log_id}, and it counts once")
        raise
    columns: list[Column] = [
        ("id", lambda r: r.usage_log.id),
        ("credits", lambda r: r.usage_log.credits),
        ("cost", lambda r: r.usage_log.cost),
        ("balance", lambda r: r.account.balance),
        ("replayed", lambda r: r.replayed),
    ]
    context.show(recorded, [recorded], columns)
    return 0


def _record(context: Context, given: Arguments, log_id: str) -> Recorded:
    parts = {name: getattr(given, name) for name in TOKENS}
    named = {name: count for name, count in parts.items() if count is not None}
    return context.client.record_usage(
        user_id=given.user,
        service=given.service,
        id=log_id,
        provider=given.provider,
        model=given.model,
        tokens=named or given.tokens,
        credits=given.credits,
        cost=given.cost,
        status="error" if given.error else None,
        error_code=given.error,
        response_time_ms=given.milliseconds,
        country=given.country,
        platform=given.platform,
        occurred_at=given.at,
        metadata=given.metadata,
    )


def run_thresholds(context: Context, given: Arguments) -> int:
    """List, make, delete or test thresholds."""
    limits = context.client.thresholds
    if given.delete:
        limits.delete(given.delete)
        context.note(f"{given.delete} is deleted.")
        return 0
    if given.test:
        alert = limits.test(given.test)
        context.show(alert, [alert], [("id", lambda a: a.id), ("status", lambda a: a.status)])
        return 0
    rows = [limits.create(**_limit(given))] if given.create else list(limits.list())
    context.show(rows, rows, THRESHOLD)
    return 0


def _limit(given: Arguments) -> Any:
    of_users = given.user or given.each_user or given.create == "balance"
    members = {
        "scope": "user" if of_users else "workspace",
        "metric": given.create,
        "user_id": given.user,
        "daily_limit": given.daily,
        "monthly_limit": given.monthly,
        "below": given.below,
        "notify_at_percent": given.at_percent,
        "block": given.block or None,
    }
    return {name: value for name, value in members.items() if value is not None}


def run_keys(context: Context, given: Arguments) -> int:
    """List, make or revoke API keys."""
    admin = context.client.admin
    if given.revoke:
        admin.revoke_api_key(given.revoke)
        context.note(f"{given.revoke} is revoked; it stops working within 60 seconds.")
    elif given.create:
        made = admin.create_api_key(
            given.create,
            scopes=given.scope,
            rate_per_minute=given.rate,
            expires_at=given.expires,
        )
        context.show(made, [made], [("id", lambda m: m.api_key.id), ("secret", lambda m: m.secret)])
        context.note("The secret is shown this once.")
    else:
        rows = list(admin.each_api_key())
        context.show(rows, rows, KEY)
    return 0


def run_configure(context: Context, given: Arguments) -> int:
    """Store a profile. The key comes from the terminal or from standard input, never as an argument."""
    if given.list:
        names = context.profiles.names()
        context.show(names, names, [("profile", str)])
        return 0
    url = context.url or context.environ.get("TALLY_URL")
    if not url:
        raise tally.InvalidUsageError("", "say --url")
    asked = context.stdin.isatty()
    key = getpass("API key: ", context.err) if asked else context.stdin.readline()
    tally.Tally(key, url).close()
    name = context.profile_name or DEFAULT
    context.profiles.save(name, Profile(url, key.strip(), context.workspace))
    context.note(f"The profile {name} is stored in {context.profiles.path}.")
    return 0
