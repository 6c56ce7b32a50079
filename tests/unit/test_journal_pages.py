"""Pages of an account's journal: any filter, any page, either way round, against a plain list (LED-6)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import utc_text
from shared.domain.ids import transaction_id
from shared.domain.journal import REASONS, Entry, kinds_of
from tests.fakes.clock import START_MS
from tests.ledger_shop import MOVES, LedgerShop

ALICE = "/api/admin/transactions/alice"


def shop(journal: list[tuple[str, int]]) -> LedgerShop:
    """A shop where alice's journal has these kinds of entries, so many ms apart."""
    made = LedgerShop()
    for kind, gap_ms in journal:
        made.clock.advance(ms=gap_ms)
        if kind == "usage":
            made.use()
        else:
            made.move(kind)
    return made


JOURNALS = st.lists(
    st.tuples(st.sampled_from(["usage", *MOVES]), st.integers(0, 5)), min_size=1, max_size=30
)


def query_of(
    reason: str | None, type_: str | None, start: int | None, end: int | None
) -> dict[str, str]:
    """The parameters of a filter; times are ms after the beginning."""
    query = {"reason": reason, "type": type_}
    times = {"startDate": start, "endDate": end}
    query |= {k: None if v is None else utc_text(START_MS + v) for k, v in times.items()}
    return {name: value for name, value in query.items() if value is not None}


def chosen(entries: list[Entry], query: dict[str, str]) -> list[str]:
    """The ids of the entries that a filter takes, oldest first."""
    kinds = kinds_of(query.get("reason"), query.get("type"))  # type: ignore[arg-type]
    return [
        transaction_id(entry.account_id, entry.seq)
        for entry in entries
        if ("startDate" not in query or utc_text(entry.created_ms) >= query["startDate"])
        and ("endDate" not in query or utc_text(entry.created_ms) < query["endDate"])
        and (entry.reason, entry.type) in kinds
    ]


@given(
    JOURNALS,
    st.sampled_from([None, *REASONS]),
    st.sampled_from([None, "debit", "credit"]),
    st.none() | st.integers(-3, 100),
    st.none() | st.integers(-3, 100),
    st.sampled_from(["desc", "asc"]),
    st.integers(1, 7),
)
def test_pages_and_cursors_give_every_chosen_entry_once_in_order(
    journal: list[tuple[str, int]],
    reason: str | None,
    type_: str | None,
    start: int | None,
    end: int | None,
    order: str,
    limit: int,
) -> None:
    if start is not None and end is not None and start > end:
        start, end = end, start
    alice = shop(journal)
    query = query_of(reason, type_, start, end)
    expected = chosen(alice.entries, query)
    if order == "desc":
        expected = expected[::-1]
    asked = {**query, "order": order, "limit": limit}
    by_page: list[str] = []
    for page in range(1, len(expected) // limit + 3):
        body = alice.get(ALICE, {**asked, "page": page})
        assert body["total"] == len(expected)
        by_page += [row["id"] for row in body["transactions"]]
    assert by_page == expected
    assert alice.walk(ALICE, asked) == expected


def test_a_rare_kind_in_a_long_journal_costs_a_few_reads_not_the_journal() -> None:
    kinds = ["usage"] * 1500
    kinds[5] = kinds[700] = "purchase"
    alice = shop([(kind, 1) for kind in kinds])
    before = alice.table.calls.total()
    body = alice.get(ALICE, {"reason": "purchase"})
    assert [row["seq"] for row in body["transactions"]] == [701, 6]
    assert body["total"] == 2
    assert alice.table.calls.total() - before < 40


def test_a_cursor_of_another_list_is_refused() -> None:
    alice = shop([("usage", 1)] * 3)
    search = alice.get(ALICE, {"limit": 1, "q": "chat"})["nextCursor"]
    plain = alice.get(ALICE, {"limit": 1})["nextCursor"]
    workspace = alice.get("/api/admin/transactions", {"limit": 1})["nextCursor"]
    for query in ({"cursor": search}, {"cursor": workspace}, {"cursor": plain, "q": "chat"}):
        status, body = alice.answer(ALICE, query)
        assert status == 422
        assert body["errors"][0]["pointer"] == "?cursor"
