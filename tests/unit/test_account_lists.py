"""The list of a workspace's accounts: by prefix of the user's or the account's id (LED-6)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ids import ID
from shared.routes import SERVICE, USER
from shared.store.directory import LISTED_AS
from shared.store.schema import directory_key
from shared.store.table import Update
from tests.ledger_shop import LedgerShop

LIST = "/api/admin/accounts"
BOUND = "functions.transactions.accounts.MAX_WALKED"
USERS = (
    "alice",
    "al",
    "ali.b",
    "bob",
    "Bob",
    "zoe@example.com",
    "acct_x",
    "acct_0f",
    "a-1",
    "9",
)


def shop(users: list[str], folded: int = 0) -> LedgerShop:
    made = LedgerShop()
    for number, user in enumerate(users):
        made.clock.advance(ms=1)
        made.use(user)
        made.use(user)
        if number == folded:
            made.fold()
    return made


def walk(made: LedgerShop, **query: Any) -> list[str]:
    users: list[str] = []
    while True:
        body = made.get(LIST, query)
        users += [row["userId"] for row in body["accounts"]]
        if "nextCursor" not in body:
            return users
        query["cursor"] = body["nextCursor"]


def expected(made: LedgerShop, users: list[str], q: str, order: str) -> list[str]:
    """First those whose own id begins so, by it, then those whose account's does, by that."""
    named = sorted(user for user in users if user.startswith(q))
    others = [user for user in users if not user.startswith(q)]
    looked_for = q.startswith("acct_") and all(c in "0123456789abcdef" for c in q[5:])
    found = {made.account_id(user): user for user in others}
    by_account = [found[a] for a in sorted(found) if looked_for and a.startswith(q)]
    rows = named + by_account
    return rows[::-1] if order == "desc" else rows


IDS = st.lists(
    st.from_regex(ID, fullmatch=True) | st.sampled_from(USERS), unique=True, max_size=12
).map(lambda users: [user for user in users if len(user) != 25])


@given(
    IDS,
    st.sampled_from(
        ["", "a", "al", "alice", "b", "B", "zz", "acct_", "acct_0", "acct_f", "acct_x"]
    ),
    st.sampled_from(["asc", "desc"]),
    st.integers(1, 5),
    st.integers(0, 12),
)
def test_every_page_is_that_of_a_plain_list(
    users: list[str], q: str, order: str, limit: int, folded: int
) -> None:
    made = shop(users, folded)
    rows = expected(made, users, q, order)
    query = {"order": order, "limit": limit} | ({"q": q} if q else {})
    by_page: list[str] = []
    for page in range(1, len(rows) // limit + 3):
        body = made.get(LIST, {**query, "page": page})
        assert body["total"] == len(rows)
        by_page += [row["userId"] for row in body["accounts"]]
    assert by_page == rows
    assert walk(made, **query) == rows


def test_an_account_is_found_by_its_whole_id_and_shown_as_it_stands() -> None:
    made = shop(["alice", "bob"])
    account_id = made.account_id("bob")
    for q in (account_id, account_id[:9], "bob"):
        body = made.get(LIST, {"q": q})
        assert body["total"] == 1
        assert body["accounts"] == [made.get(f"{LIST}/bob")["account"]]


def test_an_erased_user_s_account_stays_in_the_list_under_its_own_id() -> None:
    made = shop(["alice", "bob"])
    account_id = made.account_id("alice")
    key = directory_key("acme", account_id)
    made.table.write(Update(key, assign={LISTED_AS: account_id}, remove=("uid",)))
    assert walk(made, order="asc") == [account_id, "bob"]
    assert walk(made, q="acct_", order="asc") == [account_id, "bob"]
    assert walk(made, q="alice") == []
    row = made.get("/api/admin/transactions", {"q": "chat"})["transactions"][-1]
    assert row["userId"] == row["accountId"] == account_id


def test_accounts_beyond_the_bound_are_reached_by_cursor_and_counted_up_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BOUND, 5)
    users = [f"user-{n}" for n in range(9)]
    made = shop(users)
    body = made.get(LIST, {"q": "user", "limit": 2})
    assert (body["total"], body["totalCapped"]) == (5, True)
    assert "totalCapped" not in made.get(LIST, {"q": "user-1"})
    assert made.get(LIST)["total"] == 9
    status, refused = made.answer(LIST, {"limit": 2, "page": 4})
    assert (status, refused["errors"][0]["pointer"]) == (422, "?page")
    assert walk(made, q="user", limit=2, order="asc") == users


@pytest.mark.parametrize(
    "query",
    [
        {"q": ""},
        {"q": "a b"},
        {"q": "x" * 129},
        {"q": "é"},
        {"cursor": "eA"},
        {"cursor": "dSA"},
        {"order": "up"},
        {"limit": "101"},
        {"userId": "alice"},
    ],
)
def test_what_is_no_query_of_the_list_is_refused(query: dict[str, str]) -> None:
    assert shop(["alice"]).answer(LIST, query)[0] == 422


def test_the_list_is_the_admins_and_of_one_workspace() -> None:
    """SEC-1."""
    made = shop(["alice"])
    for role in (USER, SERVICE):
        assert made.answer(LIST, role=role, subject="alice")[0] == 403
    beta = LedgerShop(made.table, made.clock, workspace_id="beta")
    assert beta.get(LIST)["accounts"] == beta.get(LIST, {"q": "acct_"})["accounts"] == []
    assert beta.get(LIST)["total"] == 0


def test_what_the_list_reads_does_not_grow_with_accounts_or_their_journals() -> None:
    few, many = shop([f"u{n}" for n in range(30)]), shop([f"u{n}" for n in range(120)])
    for made in (few, many):
        made.clock.advance(ms=200_000)
        made.fold()
    (little, little_calls), (much, much_calls) = (m.costs(LIST, {"limit": 10}) for m in (few, many))
    assert much <= little + 6
    assert much_calls <= little_calls
