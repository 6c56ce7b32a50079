"""Searching lists of transactions: bounded, exact where it ends, honest where it stops (LED-6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.calendar import utc_text
from shared.domain.ids import transaction_id
from shared.domain.search import MAX_SEARCH_LENGTH, Search
from tests.fakes.clock import START_MS
from tests.folding import seeded
from tests.ledger_shop import MOVES, LedgerShop

PATHS = ("/api/admin/transactions", "/api/admin/transactions/alice")
BOUND = "functions.transactions.searching.MAX_LOOKED_AT"
SERVICES = ("chat", "ocr", "Images/May")


def shop(seed: int, commits: int) -> LedgerShop:
    """Entries of alice, now and then in the same millisecond, some of them folded."""
    random = seeded(seed)
    made = LedgerShop()
    for _ in range(commits):
        made.clock.advance(ms=random.randrange(3))
        if random.random() < 0.6:
            made.use(service=random.choice(SERVICES), model=random.choice(("gpt-4o", None)))
        else:
            made.move(random.choice(list(MOVES)))
    if commits and random.random() < 0.5:
        made.fold()
    return made


def found_by_hand(made: LedgerShop, query: dict[str, str]) -> list[str]:
    wanted = Search.parse(query["q"])
    rows = [
        transaction_id(entry.account_id, entry.seq)
        for entry in made.entries
        if wanted.finds(entry) and query.get("reason", entry.reason) == entry.reason
    ]
    return rows if query["order"] == "asc" else rows[::-1]


@settings(max_examples=60)
@given(
    st.integers(0, 2**32),
    st.integers(0, 30),
    st.sampled_from(["may", "OCR", "counted", "gpt a-17", "usage", "nothing"]),
    st.sampled_from([None, "usage", "purchase", "adjustment"]),
    st.sampled_from(["asc", "desc"]),
    st.integers(1, 7),
    st.sampled_from(PATHS),
)
def test_a_search_that_ends_gives_every_match_once_and_an_exact_total(
    seed: int, commits: int, q: str, reason: str | None, order: str, limit: int, path: str
) -> None:
    made = shop(seed, commits)
    query = {"q": q, "order": order} | ({} if reason is None else {"reason": reason})
    expected = found_by_hand(made, query)

    asked = {**query, "limit": limit}
    by_page: list[str] = []
    for page in range(1, len(expected) // limit + 3):
        body = made.get(path, {**asked, "page": page})
        assert body["total"] == len(expected)
        assert "searchedBackTo" not in body
        by_page += [row["id"] for row in body["transactions"]]

    assert by_page == expected
    assert made.walk(path, asked) == expected


@given(
    st.integers(0, 2**32),
    st.integers(1, 40),
    st.integers(1, 9),
    st.sampled_from(["may", "counted"]),
    st.sampled_from([None, "adjustment"]),
    st.sampled_from(["asc", "desc"]),
    st.sampled_from(PATHS),
)
def test_a_search_that_stops_says_where_and_goes_on_there(
    seed: int, commits: int, bound: int, q: str, reason: str | None, order: str, path: str
) -> None:
    made = shop(seed, commits)
    query: dict[str, Any] = {"q": q, "order": order, "limit": 2}
    query |= {} if reason is None else {"reason": reason}
    expected = found_by_hand(made, query)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BOUND, bound)
        found: list[str] = []
        while True:
            body = made.get(path, query)
            found += [row["id"] for row in body["transactions"]]
            assert found == expected[: len(found)]
            assert len(found) <= body["total"] <= len(expected)
            if "searchedBackTo" in body:
                assert "nextCursor" in body
            else:
                assert body["total"] == len(expected)
            if "nextCursor" not in body:
                break
            query["cursor"] = body["nextCursor"]
    assert found == expected


@pytest.mark.parametrize("path", PATHS)
def test_a_search_looks_at_a_bounded_number_of_entries(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One match at the far end: an empty page, how far it looked, and where to go on."""
    monkeypatch.setattr(BOUND, 40)
    made = LedgerShop()
    made.move("purchase")
    for _ in range(150):
        made.clock.advance(ms=1000)
        made.use()

    body = made.get(path, {"q": "may"})

    assert (body["transactions"], body["total"]) == ([], 0)
    assert body["searchedBackTo"] == utc_text(START_MS + 111_000)
    assert made.walk(path, {"q": "may"}) == [transaction_id(made.account_id("alice"), 1)]


@pytest.mark.parametrize("path", PATHS)
def test_what_a_search_reads_does_not_grow_with_the_journal(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BOUND, 100)
    costs = []
    for entries in (200, 800):
        made = LedgerShop()
        for _ in range(entries):
            made.clock.advance(ms=1000)
            made.use()
        costs.append(made.costs(path, {"q": "nothing"}))
    (few, few_calls), (many, many_calls) = costs
    assert many <= few + 8
    assert many_calls <= few_calls + 2


def test_a_rare_kind_is_searched_without_reading_what_lies_between() -> None:
    made = LedgerShop()
    made.move("purchase")
    for number in range(900):
        made.use()
        if number == 600:
            made.move("promo")
    body = made.get(PATHS[1], {"q": "may", "type": "credit"})
    assert [row["seq"] for row in body["transactions"]] == [1]
    assert "searchedBackTo" not in body
    units, _ = made.costs(PATHS[0], {"q": "may", "type": "credit"})
    assert units < 12


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("q", ["", "  ", "x" * (MAX_SEARCH_LENGTH + 1)])
def test_a_search_that_says_nothing_or_too_much_is_refused(path: str, q: str) -> None:
    status, body = shop(1, 3).answer(path, {"q": q})
    assert (status, body["errors"][0]["pointer"]) == (422, "?q")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("q", ["%", "'; DROP", "\\", "😀", "\u202e", "*", ".*", "\x00"])
def test_anything_may_be_searched_for(path: str, q: str) -> None:
    assert shop(1, 5).get(path, {"q": q})["total"] == 0


@pytest.mark.parametrize("cursor", ["cTEgeA", "cQ", "eA", "cTEyMzQ1Njc4OTAxMjM0IDE", "cTEgLTE"])
def test_a_cursor_that_is_none_of_a_search_s_is_refused(cursor: str) -> None:
    made = shop(1, 5)
    assert made.answer(PATHS[1], {"q": "may", "cursor": cursor})[0] == 422


def test_users_search_their_own_entries_only() -> None:
    made = LedgerShop()
    made.move("purchase", "alice")
    made.move("purchase", "bob")
    rows = made.own("/api/transactions", {"q": "may"})["transactions"]
    assert [row["userId"] for row in rows] == ["alice"]
