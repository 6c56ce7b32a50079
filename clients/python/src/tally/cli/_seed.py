"""`tally seed`: usage that looks real, for a workspace to play with. Repeating it adds nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, timezone
from itertools import islice
from typing import Any, Final

import tally
from tally._ids import id_of
from tally._operations.usage import MAX_BATCH
from tally.cli._context import Arguments, Bar, Context
from tally.cli._options import positive

MODELS: Final = (
    ("assistant", "openai", "gpt-5.4-mini", 1200, 300),
    ("assistant", "anthropic", "claude-haiku-4-5", 1500, 400),
    ("search", "google", "gemini-2.5-flash", 800, 120),
    ("summary", "openai", "gpt-4o-mini", 4000, 500),
)
"""Service, provider, model, and input and output tokens of an ordinary request."""

BUSY: Final = range(10, 17)
"""Hours of the day (UTC) in which most happens."""


def add(commands: Any) -> None:
    """The parser of this command."""
    seed = commands("seed", run, "usage that looks real, to play with; repeating it adds nothing")
    seed.add_argument("--days", type=positive, default=7, help="how many, today included")
    seed.add_argument("--users", type=positive, default=5)
    seed.add_argument("--per-day", type=positive, default=50, help="requests of all users together")
    seed.add_argument("--credits", type=positive, default=100_000, help="a purchase for each user")
    seed.add_argument("--name", default="demo", help="another name is other usage")


def run(context: Context, given: Arguments) -> int:
    """Write it."""
    now = datetime.now(timezone.utc)
    users = [f"{given.name}-user-{n}" for n in range(1, given.users + 1)]
    _buy(context, users, given)
    bar = Bar(context, "seeding")
    rows = _usage(given, users, now)
    sums = {"created": 0, "replayed": 0, "refused": 0}
    total = given.days * given.per_day
    try:
        while batch := list(islice(rows, MAX_BATCH)):
            summary = context.client.record_batch(batch).summary
            sums["created"] += summary.created
            sums["replayed"] += summary.replayed
            sums["refused"] += summary.conflict + summary.rejected
            bar(sum(sums.values()), total)
    finally:
        bar.end()
    context.show(sums, [sums], [(name, _member(name)) for name in sums])
    return 1 if sums["refused"] else 0


def _member(name: str) -> Any:
    return lambda found: found[name]


def _buy(context: Context, users: list[str], given: Arguments) -> None:
    for user in users:
        try:
            context.client.post_transaction(
                user, given.credits, "purchase", idempotency_key=f"seed-{given.name}-{user}"
            )
        except tally.ForbiddenError:
            context.note("This credential may not post credits; nothing is bought.")
            return


def _usage(given: Arguments, users: list[str], now: datetime) -> Iterator[dict[str, Any]]:
    for back in reversed(range(given.days)):
        on = (now - timedelta(days=back)).date()
        yield from (row for row in _day(given, users, on) if row["occurred_at"] <= now)


def _day(given: Arguments, users: list[str], on: date) -> Iterator[dict[str, Any]]:
    """A day's requests: the same for the same name and numbers."""
    chance = random.Random(f"{given.name}:{given.users}:{given.per_day}:{on}")  # noqa: S311 - for show
    for n in range(given.per_day):
        hour = chance.choice(BUSY) if chance.random() < 0.7 else chance.randrange(24)
        moment = time(hour, chance.randrange(60), chance.randrange(60), tzinfo=timezone.utc)
        at = datetime.combine(on, moment)
        service, provider, model, read, written = chance.choice(MODELS)
        failed = chance.random() < 0.02
        spread = chance.uniform(0.3, 2.5)
        tokens = tally.Tokens(input=int(read * spread), output=int(written * spread))
        row: dict[str, Any] = {
            "id": id_of(
                int(at.timestamp() * 1000),
                "seed",
                given.name,
                f"{len(users)}:{given.per_day}",
                str(n),
            ),
            "user_id": chance.choice(users),
            "service": service,
            "provider": provider,
            "model": model,
            "tokens": tokens,
            "response_time_ms": int(chance.lognormvariate(6.5, 0.5)),
            "country": chance.choice(("KR", "TH", "DE", "US")),
            "platform": chance.choice(("web", "ios", "android")),
            "occurred_at": at,
        }
        yield row | ({"status": "error", "error_code": "timeout"} if failed else {})
