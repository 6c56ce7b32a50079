"""A workspace's transactions in one list, and their sums, at any moment of the folding (LED-6)."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.calendar import local_day, parse_timestamp, utc_text
from shared.domain.ids import transaction_id
from shared.domain.journal import REASONS, Entry
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable
from tests.folding import AtCall, seeded
from tests.ledger_shop import MOVES, LedgerShop

LIST = "/api/admin/transactions"
SUMMARY = "/api/admin/transactions/summary"
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
KINDS = ("usage", "usage", "usage", *MOVES)
USERS = ("alice", "bob", "carol")
EVER = {"startDate": "2026-11-20", "endDate": "2026-12-30"}


def shop(
    seed: int,
    commits: int,
    longest_gap_ms: int = 9 * HOUR,
    zone: str = "UTC",
    begin_ms: int = START_MS,
) -> LedgerShop:
    """Commits of three users in a week or two, some of them folded already: any of each account."""
    random = seeded(seed)
    made = LedgerShop(clock=FakeClock(begin_ms), timezone=zone)
    for _ in range(commits):
        made.clock.advance(ms=random.choice((0, 1, random.randrange(longest_gap_ms))))
        commit(made, random)
        if random.random() < 0.3:
            made.fold(*random.sample(made.entries, random.randint(1, len(made.entries))))
    return made


def commit(made: LedgerShop, random: Random) -> Entry:
    kind, user = random.choice(KINDS), random.choice(USERS)
    if kind == "usage":
        return made.use(user, credits=random.randrange(50), service=random.choice(("chat", "ocr")))
    return made.move(kind, user)


def settle(made: LedgerShop) -> None:
    """Fold what is older than what is looked at beside the cells."""
    old = [e for e in made.entries if e.created_ms < made.clock.now_ms() - 2 * MINUTE]
    if old:
        made.fold(*old)


def takes(query: dict[str, str], entry: Entry, made: LedgerShop) -> bool:
    def bound(name: str, *, end: bool) -> bool:
        if name not in query:
            return True
        if "T" in query[name]:
            at = utc_text(entry.created_ms)
            return at < query[name] if end else at >= query[name]
        day = local_day(entry.created_ms, made.zone)
        return day <= query[name] if end else day >= query[name]

    return (
        query.get("reason", entry.reason) == entry.reason
        and query.get("type", entry.type) == entry.type
        and bound("startDate", end=False)
        and bound("endDate", end=True)
    )


def in_order(made: LedgerShop, query: dict[str, str]) -> list[str]:
    """The ids of all entries that a query takes, in its order."""
    entries = [entry for entry in made.entries if takes(query, entry, made)]
    entries.sort(
        key=lambda e: (e.created_ms, e.account_id, e.seq), reverse=query.get("order") != "asc"
    )
    return [transaction_id(entry.account_id, entry.seq) for entry in entries]


WHERE = (
    ("UTC", "2026-11-20T09:30:00Z"),
    ("Asia/Kathmandu", "2026-11-20T09:30:00Z"),
    ("America/New_York", "2026-10-31T02:00:00Z"),
    ("Europe/Berlin", "2027-03-27T02:00:00Z"),
    ("Australia/Lord_Howe", "2027-04-02T02:00:00Z"),
)
"""Time zones and when to begin there: the last three change their clocks within days."""

MOMENTS = st.tuples(st.integers(-DAY, 10 * DAY), st.booleans())
"""Ms after the beginning, and whether a day is meant."""

FILTERS = st.fixed_dictionaries(
    {"order": st.sampled_from(["asc", "desc"])},
    optional={
        "reason": st.sampled_from(REASONS),
        "type": st.sampled_from(["debit", "credit"]),
        "startDate": MOMENTS,
        "endDate": MOMENTS,
    },
)


def query_of(drawn: dict[str, Any], begin_ms: int) -> dict[str, str]:
    """The parameters of a filter, less an end that is not after the start."""
    query = dict(drawn)
    for name in {"startDate", "endDate"} & drawn.keys():
        after_ms, day = drawn[name]
        query[name] = utc_text(begin_ms + after_ms)[: 10 if day else 30]
    if "startDate" in query and query["startDate"][:10] >= query.get("endDate", "9")[:10]:
        del query["endDate"]
    return query


@settings(max_examples=120)
@given(
    st.integers(0, 2**32),
    st.integers(0, 40),
    FILTERS,
    st.integers(1, 9),
    st.sampled_from(WHERE),
    st.sampled_from([9 * HOUR, HOUR // 2]),
)
def test_every_page_under_any_filter_is_that_of_a_plain_list_whatever_is_folded(
    seed: int,
    commits: int,
    drawn: dict[str, Any],
    limit: int,
    where: tuple[str, str],
    longest_gap_ms: int,
) -> None:
    begin_ms = parse_timestamp(where[1])
    made = shop(seed, commits, longest_gap_ms, where[0], begin_ms)
    settle(made)
    query = query_of(drawn, begin_ms)
    expected = in_order(made, query)
    asked = {**query, "limit": limit}

    by_page: list[str] = []
    for page in range(1, len(expected) // limit + 3):
        body = made.get(LIST, {**asked, "page": page})
        assert body["total"] == len(expected)
        by_page += [row["id"] for row in body["transactions"]]

    assert by_page == expected
    assert made.walk(LIST, asked) == expected


@given(st.integers(0, 2**32), st.integers(1, 12))
def test_the_total_is_exact_while_entries_are_committed_and_folded_during_the_read(
    seed: int, call: int
) -> None:
    """Before any call of the read, somebody folds something: cells and tail still make one whole."""
    made = shop(seed, 15, longest_gap_ms=MINUTE // 20)
    settle(made)
    random = seeded(seed)
    chosen = random.sample(made.entries, random.randint(1, len(made.entries)))
    made.table.meet_chaos(AtCall(call, lambda: made.fold(*chosen)))

    body = made.get(LIST)

    made.table.meet_chaos(None)
    assert body["total"] == 15


def test_the_total_is_one_that_was_true_during_the_read_when_others_commit() -> None:
    for call in range(1, 60):
        made = shop(5, 8, longest_gap_ms=1_000)

        def more(made: LedgerShop = made) -> None:
            made.use("bob")
            made.fold()

        chaos = AtCall(call, more)
        made.table.meet_chaos(chaos)
        body = made.get(LIST)
        made.table.meet_chaos(None)
        assert body["total"] in {8, 9}
        if not chaos.met:
            return
    raise AssertionError("no read takes so many calls")


@pytest.mark.parametrize("fold", [LedgerShop.fold, lambda made: None])
def test_rows_are_shown_like_single_transactions_with_users_ids(
    fold: Callable[[LedgerShop], None],
) -> None:
    made = LedgerShop()
    made.move("purchase", "alice")
    used = made.use("bob", credits=3)
    made.move("refund", "bob", refund_of=transaction_id(used.account_id, used.seq), note="sorry")
    fold(made)

    body = made.get(LIST)

    assert [row["userId"] for row in body["transactions"]] == ["bob", "bob", "alice"]
    for row in body["transactions"]:
        assert row == made.get(f"/api/transactions/{row['id']}")["transaction"]


def test_a_userid_or_an_accountid_narrows_the_list_to_one_account() -> None:
    made = shop(3, 20)
    for user_id in ("bob", made.account_id("bob")):
        body = made.get(LIST, {"userId": user_id, "limit": 100})
        assert body["total"] == sum(e.account_id == made.account_id("bob") for e in made.entries)
        assert {row["userId"] for row in body["transactions"]} == {"bob"}
        assert "balance" not in body
    assert made.get(LIST, {"userId": "nobody"})["transactions"] == []


def test_an_hour_with_too_many_entries_is_not_cut_nor_skipped_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.domain.time_list.MAX_COUNTED_ROWS", 5)
    made = LedgerShop()
    for _ in range(9):
        made.clock.advance(ms=1)
        made.use()
    cut = made.answer(LIST, {"startDate": utc_text(START_MS + 4)})
    deep = made.answer(LIST, {"limit": 1, "page": 8})
    assert [cut[0], deep[0]] == [422, 422]
    assert [body["errors"][0]["pointer"] for _, body in (cut, deep)] == ["?startDate", "?page"]
    assert len(made.walk(LIST, {"limit": 1})) == 9


def test_entries_that_wait_longer_than_the_tail_are_missing_from_the_total_until_folded() -> None:
    """The bound that the decision record states: a stalled account is counted when it is folded."""
    made = LedgerShop()
    made.use("alice")
    made.clock.advance(ms=3 * MINUTE)
    made.use("bob")
    assert made.get(LIST)["total"] == 1
    made.fold()
    assert made.get(LIST)["total"] == 2


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.integers(0, 40),
    st.sampled_from(["day", "month"]),
    st.sampled_from([None, *USERS]),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]),
)
def test_a_summary_adds_up_what_a_plain_list_has(
    seed: int, commits: int, group: str, user: str | None, zone: str
) -> None:
    made = shop(seed, commits, longest_gap_ms=30 * HOUR, zone=zone)
    settle(made)
    query = {**EVER, "groupBy": group} | ({} if user is None else {"userId": user})

    body = made.get(SUMMARY, query)

    size = 10 if group == "day" else 7
    theirs = [e for e in made.entries if user is None or e.account_id == made.account_id(user)]
    by_key: dict[str, list[Entry]] = {}
    for entry in theirs:
        day = local_day(entry.created_ms, made.zone)
        if EVER["startDate"] <= day <= EVER["endDate"]:
            by_key.setdefault(day[:size], []).append(entry)
    keys = [row["key"] for row in body["summary"]]
    assert keys == sorted(keys)
    assert len(keys) == {"day": 41, "month": 2}[group]
    for row in body["summary"]:
        assert row == {"key": row["key"], **plain_sums(by_key.get(row["key"], []))}
    assert body["totals"] == plain_sums([e for entries in by_key.values() for e in entries])


def plain_sums(entries: list[Entry]) -> dict[str, int]:
    sums: dict[str, int] = {
        reason: sum(e.signed_amount for e in entries if e.reason == reason) for reason in REASONS
    }
    credits = sum(e.amount for e in entries if e.type == "credit")
    debits = sum(e.amount for e in entries if e.type == "debit")
    counted = {"credits": credits, "debits": debits, "transactions": len(entries)}
    return {**sums, **counted, "net": sum(sums.values())}


def test_a_summary_without_dates_covers_thirty_days_with_today_and_takes_days_only() -> None:
    made = LedgerShop()
    made.use()
    body = made.get(SUMMARY)
    assert [row["key"] for row in body["summary"]][::29] == ["2026-10-22", "2026-11-20"]
    assert body["totals"]["transactions"] == 1
    for bad in (
        {"startDate": "2026-11-20"},
        {"startDate": "2026-11-20T00:00:00Z", "endDate": "2026-11-20"},
        {"startDate": "2025-01-01", "endDate": "2026-11-20"},
        {"groupBy": "week"},
        {"reason": "usage"},
    ):
        assert made.answer(SUMMARY, bad)[0] == 422


def test_another_workspaces_entries_are_in_no_list_and_no_sum() -> None:
    """SEC-1."""
    clock = FakeClock()
    acme = LedgerShop(FakeTable(clock), clock)
    entry = acme.use()
    acme.fold()
    beta = LedgerShop(acme.table, clock, workspace_id="beta")
    assert beta.get(LIST)["total"] == 0
    assert beta.get(LIST, {"q": "chat"})["transactions"] == []
    assert beta.get(SUMMARY)["totals"]["transactions"] == 0
    for path in ("/api/transactions/{}", "/api/admin/accounts/{}"):
        for name in (transaction_id(entry.account_id, 1), entry.account_id, "alice"):
            assert beta.answer(path.format(name))[0] == 404
