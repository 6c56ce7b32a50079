"""What every `Table` answers to queries: order, bounds, pages, filters, indexes. See `test_table.py`."""

from __future__ import annotations

import pytest

from shared.store.schema import ACTIVE, HISTORY, JOURNAL
from shared.store.table import (
    Absent,
    AllOf,
    AnyOf,
    Below,
    Condition,
    Delete,
    Equal,
    Item,
    Present,
    Query,
    Table,
    Update,
    rows,
)
from tests.contracts.items import A, B, C, put, row, sort_keys


def test_rows_of_a_partition_come_in_the_order_of_their_sort_keys(table: Table) -> None:
    order = ["", "!", "0", "9", "A", "a", "a#", "aa", "b", "é", "\uffee", "😀"][1:]
    put(table, *(row(sk) for sk in reversed(order)), {"pk": "Q", "sk": "a"})
    assert sort_keys(table.query(Query("P")).items) == order
    assert sort_keys(table.query(Query("P", descending=True)).items) == order[::-1]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query("P", low="b"), "b b1 c d"),
        (Query("P", high="b1"), "a b b1"),
        (Query("P", low="b", high="c"), "b b1 c"),
        (Query("P", low="b", high="b"), "b"),
        (Query("P", low="aa", high="ab"), ""),
        (Query("P", prefix="b"), "b b1"),
        (Query("P", prefix="b", descending=True), "b1 b"),
        (Query("P", low="b", high="c", descending=True), "c b1 b"),
        (Query("P", prefix="x"), ""),
        (Query("none"), ""),
    ],
    ids=str,
)
def test_bounds_are_included_and_prefixes_cut(table: Table, query: Query, expected: str) -> None:
    put(table, *(row(sk) for sk in ("a", "b", "b1", "c", "d")))
    page = table.query(query)
    assert sort_keys(page.items) == expected.split()
    assert page.next_key is None


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_of_any_size_give_every_row_once_in_order(
    table: Table, limit: int, descending: bool
) -> None:
    put(table, *(row(f"{n}") for n in range(7)))
    query = Query("P", low="1", high="5", limit=limit, descending=descending)
    assert len(table.query(query).items) == min(limit, 5)
    expected = ["1", "2", "3", "4", "5"]
    found = sort_keys(list(rows(table, query)))
    assert found == (expected[::-1] if descending else expected)


def test_a_limit_counts_rows_read_before_the_filter(table: Table) -> None:
    put(table, *(row(f"{n}", even=int(n % 2 == 0)) for n in range(6)))
    query = Query("P", limit=3, where=Equal("even", 1))
    page = table.query(query)
    assert sort_keys(page.items) == ["0", "2"]
    assert page.next_key == {"pk": "P", "sk": "2"}
    assert sort_keys(list(rows(table, query))) == ["0", "2", "4"]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Equal("n", 1), "b"),
        (Below("n", 1), "a"),
        (Present("n"), "a b"),
        (Absent("n"), "c"),
        (AnyOf((Absent("n"), Equal("n", 0))), "a c"),
        (AllOf((Present("n"), Below("n", 1))), "a"),
    ],
    ids=str,
)
def test_a_filter_leaves_out_what_it_does_not_fit(
    table: Table, where: Condition, expected: str
) -> None:
    put(table, {**A, "n": 0}, {**B, "n": 1}, {**C})
    assert sort_keys(table.query(Query("P", where=where)).items) == expected.split()


def test_a_page_ends_at_a_megabyte(table: Table) -> None:
    put(table, *(row(f"{n}", data=b"x" * 390_000) for n in range(5)))
    page = table.query(Query("P"))
    assert len(page.items) < 5
    assert page.next_key is not None
    assert len(list(rows(table, Query("P")))) == 5


def log(sk: str, hk: str, hs: str, **more: str | int) -> Item:
    return {"pk": f"L#{sk}", "sk": "LOG", "hk": hk, "hs": hs, **more}


def test_an_index_holds_the_items_that_have_its_keys_in_their_order(table: Table) -> None:
    put(
        table,
        log("3", "H", "2026-03", n=3),
        log("1", "H", "2026-01", n=1),
        log("2", "H", "2026-02", n=2),
        log("4", "other", "2026-01", n=4),
        {"pk": "L#5", "sk": "LOG", "hk": "H", "n": 5},
        {"pk": "L#6", "sk": "LOG", "n": 6},
    )
    found = table.query(Query("H", HISTORY)).items
    assert found == [
        log("1", "H", "2026-01", n=1),
        log("2", "H", "2026-02", n=2),
        log("3", "H", "2026-03", n=3),
    ]
    ranged = table.query(Query("H", HISTORY, low="2026-02", descending=True)).items
    assert [item["n"] for item in ranged] == [3, 2]
    assert [i["n"] for i in table.query(Query("H", HISTORY, prefix="2026-0")).items] == [1, 2, 3]


def test_an_index_of_listed_fields_gives_these_and_the_keys(table: Table) -> None:
    entry: Item = {**A, "jk": "J", "js": "1", "am": 5, "ids": ["x"], "dg": "secret", "hk": "H"}
    put(table, entry)
    found = table.query(Query("J", JOURNAL)).items
    assert found == [{**A, "jk": "J", "js": "1", "am": 5, "ids": ["x"]}]


def test_an_index_follows_what_happens_to_its_items(table: Table) -> None:
    put(table, {**A, "ak": "U", "as": "x", "rq": 1})
    table.write(Update(A, add={"rq": 2}))
    assert table.query(Query("U", ACTIVE)).items == [{**A, "ak": "U", "as": "x", "rq": 3}]
    table.write(Update(A, assign={"ak": "V"}))
    assert table.query(Query("U", ACTIVE)).items == []
    assert len(table.query(Query("V", ACTIVE)).items) == 1
    table.write(Update(A, remove=("ak", "as")))
    assert table.query(Query("V", ACTIVE)).items == []
    table.write(Update(A, assign={"ak": "V", "as": "y"}))
    table.write(Delete(A))
    assert table.query(Query("V", ACTIVE)).items == []


@pytest.mark.parametrize("descending", [False, True])
def test_an_index_pages_through_rows_of_equal_keys(table: Table, descending: bool) -> None:
    put(table, *(log(f"{n}", "H", f"{n // 3}", n=n) for n in range(7)))
    query = Query("H", HISTORY, limit=2, descending=descending)
    found = [item["n"] for item in rows(table, query)]
    assert sorted(map(int, map(str, found))) == list(range(7))
    order = [int(str(n)) // 3 for n in found]
    assert order == sorted(order, reverse=descending)


def test_the_key_to_go_on_from_holds_the_keys_of_item_and_index(table: Table) -> None:
    put(table, *(log(f"{n}", "H", f"{n}", n=n) for n in range(3)))
    page = table.query(Query("H", HISTORY, limit=1))
    assert page.next_key == {"pk": "L#0", "sk": "LOG", "hk": "H", "hs": "0"}
    rest = table.query(Query("H", HISTORY, after=page.next_key))
    assert [item["n"] for item in rest.items] == [1, 2]


def test_going_on_works_from_a_key_whose_item_is_gone(table: Table) -> None:
    put(table, {**A}, {**B}, {**C})
    table.write(Delete(B))
    assert sort_keys(table.query(Query("P", after=dict(B.items()))).items) == ["c"]
    back = Query("P", after=dict(B.items()), descending=True)
    assert sort_keys(table.query(back).items) == ["a"]


def test_only_the_attributes_asked_for_come_back_and_filters_see_all(table: Table) -> None:
    put(table, row("a", x=1, y=1), row("b", x=2), row("c", y=3))

    found = table.query(Query("P", where=Present("x"), only=("sk", "y"))).items

    assert found == [{"sk": "a", "y": 1}, {"sk": "b"}]


def test_pages_go_on_where_the_key_is_not_asked_for(table: Table) -> None:
    put(table, *({**row(sk, x=1), "ak": "D", "as": sk, "rq": 7} for sk in "abc"))

    found = list(rows(table, Query("D", ACTIVE, limit=2, only=("rq",))))

    assert found == [{"rq": 7}] * 3
