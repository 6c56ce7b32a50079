"""What is to be there: every day's logs since the first, and the credits bought to pay for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from local.seed.catalogue import pricing_terms
from local.seed.people import PEOPLE, Person
from local.seed.usage import Row, rows_of
from shared.domain.calendar import add_days, days_between, local_day
from shared.domain.money import Figure

ZONE_NAME: Final = "Europe/Berlin"
"""Its clocks change twice a year, and 89 days back from most days one of the changes is seen."""

ZONE: Final = ZoneInfo(ZONE_NAME)

DENSE_DAYS: Final = 30
HISTORY_DAYS: Final = 89
"""Below the 92 days after which a log is too old to be posted."""

DENSE_VOLUME: Final = 620
DOUBLING_DAYS: Final = 20
"""How long it took before the full days until there was twice as much: a young platform grows."""

WELCOME_CREDITS: Final = 1_000
PAID: Final[dict[int, str]] = {2_000: "2", 5_000: "4.75", 10_000: "9"}
"""What packs of credits cost in USD: larger ones are cheaper."""


@dataclass(frozen=True, slots=True)
class Span:
    """The first day there is usage of, and the first of the days that are full.

    Both are of the first run and kept, so that a later one draws the same days again.
    """

    first: str
    dense: str

    @classmethod
    def ending(cls, today: str) -> Span:
        """The span of a first run."""
        return cls(add_days(today, 1 - HISTORY_DAYS), add_days(today, 1 - DENSE_DAYS))

    @classmethod
    def remembered(cls, kept: dict[str, Any]) -> Span | None:
        """The span that an earlier run kept; None when there was none."""
        return cls(str(kept["firstDay"]), str(kept["denseFrom"])) if kept else None

    def volume(self, day: str) -> int:
        """About how many logs a Monday has around this day."""
        before = max(0, (date.fromisoformat(self.dense) - date.fromisoformat(day)).days)
        return round(DENSE_VOLUME * 2 ** (-before / DOUBLING_DAYS))

    def to_keep(self) -> dict[str, Any]:
        """As it is kept in `local.json`."""
        return {"firstDay": self.first, "denseFrom": self.dense}


@dataclass(frozen=True, slots=True)
class Credits:
    """Credits to post once: `key` is the request's `Idempotency-Key`."""

    key: str
    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that has happened until now, but for what has become too old to be posted.

    `rows` are those of the days from `first_day` to `today`, in order of time; `cost_picos` and `spent`
    (credits) are their sums. `credits` pay for them and for those before.
    """

    today: str
    first_day: str
    rows: Sequence[Row]
    credits: Sequence[Credits]
    cost_picos: int
    spent: int


def plan_until(now_ms: int, span: Span) -> Plan:
    """The plan as of now; the same span and an earlier now give a prefix of it."""
    today = local_day(now_ms, ZONE)
    rows = [
        row
        for day in days_between(span.first, today)
        for row in rows_of(day, ZONE, span.volume(day))
        if row.at_ms <= now_ms
    ]
    terms = pricing_terms()
    figures = {row.log_id: row.cost_and_credits(terms) for row in rows}
    spending = [(row.person, figures[row.log_id][1]) for row in rows]
    first_day = max(span.first, add_days(today, 1 - HISTORY_DAYS))
    postable = [row for row in rows if local_day(row.at_ms, ZONE) >= first_day]
    return Plan(
        today,
        first_day,
        postable,
        list(_credits(spending)),
        sum(figures[row.log_id][0] for row in postable),
        sum(figures[row.log_id][1] for row in postable),
    )


def _credits(spending: Iterable[tuple[Person, int]]) -> Iterable[Credits]:
    """A welcome for everyone, then a pack whenever the next call could not be afforded."""
    for person in PEOPLE:
        yield _welcome(person)
    balances = {person.user_id: WELCOME_CREDITS for person in PEOPLE}
    packs = dict.fromkeys(balances, 0)
    for person, amount in spending:
        user_id = person.user_id
        while balances[user_id] < amount:
            packs[user_id] += 1
            balances[user_id] += person.pack
            yield _purchase(person, packs[user_id])
        balances[user_id] -= amount


def _welcome(person: Person) -> Credits:
    body = {
        "userId": person.user_id,
        "amount": WELCOME_CREDITS,
        "reason": "promo",
        "note": "Welcome to the demo",
        "metadata": {"campaign": "welcome"},
    }
    return Credits(f"demo-welcome-{person.user_id}", body)


def _purchase(person: Person, number: int) -> Credits:
    return _pack(person, f"demo-pack-{person.user_id}-{number}")


def pack_for(row: Row) -> Credits:
    """One more pack, for a log that somebody else's spending on the account left no credits for."""
    return _pack(row.person, f"demo-pack-for-{row.log_id}")


def _pack(person: Person, key: str) -> Credits:
    body = {
        "userId": person.user_id,
        "amount": person.pack,
        "reason": "purchase",
        "note": f"Pack of {person.pack:,} credits",
        "paid": {"amount": Figure(PAID[person.pack]), "currency": "USD"},
        "metadata": {"order": key},
    }
    return Credits(key, body)
