"""What every `Table` does, asked of the one in memory and of DynamoDB (as moto plays it) alike.

Where moto is known to differ from AWS, AWS is followed: see `test_fake_table.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from shared.store.schema import ACTIVE, HISTORY, JOURNAL, Key
from shared.store.table import (
    NEW_ITEM,
    Absent,
    AllOf,
    AnyOf,
    Below,
    Check,
    Condition,
    ConditionFailedError,
    Delete,
    Equal,
    Item,
    Present,
    Put,
    Query,
    Table,
    TransactionCanceledError,
    Update,
    Value,
    Write,
    rows,
)

A: Key = {"pk": "P", "sk": "a"}
B: Key = {"pk": "P", "sk": "b"}
C: Key = {"pk": "P", "sk": "c"}
FAILED = "ConditionalCheckFailed"
FULL: Item = {
    "pk": "P",
    "sk": "a",
    "text": "grüße 你好",
    "empty": "",
    "big": 10**37 + 1,
    "negative": -(10**38) + 1,
    "zero": 0,
    "bytes": b"\x00\xff\x80",
    "yes": True,
    "no": False,
    "list": ["b", "a", "b"],
    "nothing": [],
    "set": {"x", "y"},
}


@pytest.fixture(params=["fake", "dynamo"])
def table(request: pytest.FixtureRequest) -> Table:
    name = {"fake": "fake_table", "dynamo": "moto_table"}[request.param]
    found: Table = request.getfixturevalue(name)
    return found


def put(table: Table, *items: Item) -> None:
    for item in items:
        table.write(Put(item))


def row(sk: str, **more: Value) -> Item:
    return {"pk": "P", "sk": sk, **more}


def sort_keys(items: Sequence[Item]) -> list[object]:
    return [item["sk"] for item in items]


def refused(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_an_item_comes_back_with_every_type_as_it_was_written(table: Table) -> None:
    put(table, FULL)
    found = table.get(A)
    assert found == FULL
    assert {name: type(value) for name, value in (found or {}).items()} == {
        name: type(value) for name, value in FULL.items()
    }


def test_what_is_not_there_is_none(table: Table) -> None:
    put(table, {**A})
    assert table.get(B) is None
    assert table.get({"pk": "Q", "sk": "a"}) is None


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    put(table, {**A, "old": 1}, {**A, "new": 2})
    assert table.get(A) == {**A, "new": 2}


def test_what_was_read_or_written_can_be_changed_without_touching_the_table(table: Table) -> None:
    members = ["x"]
    put(table, {**A, "list": members})
    members.append("y")
    found = table.get(A)
    assert found is not None
    found["list"] = []
    assert table.get(A) == {**A, "list": ["x"]}


def test_many_items_are_read_at_once_whatever_their_number_and_repeats(table: Table) -> None:
    put(table, *(row(f"{n:03d}", n=n) for n in range(120)))
    keys: list[Key] = [{"pk": "P", "sk": f"{n:03d}"} for n in range(130)]
    found = table.get_many([*keys, *keys[:5]])
    assert {address: item["n"] for address, item in found.items()} == {
        ("P", f"{n:03d}"): n for n in range(120)
    }


def test_reading_no_keys_finds_nothing(table: Table) -> None:
    assert table.get_many([]) == {}


def test_an_update_sets_adds_and_removes_and_leaves_the_rest(table: Table) -> None:
    put(table, {**A, "keep": "k", "n": 5, "gone": "g", "changed": "old"})
    table.write(Update(A, assign={"changed": "new", "s": {"m"}}, add={"n": -7}, remove=("gone",)))
    assert table.get(A) == {**A, "keep": "k", "n": -2, "changed": "new", "s": {"m"}}


def test_an_update_makes_the_item_when_there_is_none(table: Table) -> None:
    table.write(Update(A, assign={"x": 1}))
    assert table.get(A) == {**A, "x": 1}


def test_adding_to_what_is_not_there_counts_from_zero(table: Table) -> None:
    table.write(Update(A, add={"n": 0, "m": 10**36}))
    table.write(Update(A, add={"m": 9 * 10**37}))
    assert table.get(A) == {**A, "n": 0, "m": 91 * 10**36}


def test_removing_what_is_not_there_is_fine(table: Table) -> None:
    put(table, {**A, "x": 1})
    table.write(Update(A, remove=("y",)))
    assert table.get(A) == {**A, "x": 1}


def test_adding_to_a_text_is_refused(table: Table) -> None:
    put(table, {**A, "n": "5"})
    with pytest.raises(ClientError) as error:
        table.write(Update(A, add={"n": 1}))
    assert refused(error) == "ValidationException"
    assert table.get(A) == {**A, "n": "5"}


def test_a_delete_removes_the_item_and_may_be_repeated(table: Table) -> None:
    put(table, {**A}, {**B})
    table.write(Delete(A))
    table.write(Delete(A))
    assert table.get(A) is None
    assert table.get(B) == {**B}


def say(condition: object) -> str:
    """A condition in a few words, the same in every process (a set's `repr` is not)."""
    if isinstance(condition, AnyOf | AllOf):
        return f" {type(condition).__name__} ".join(map(say, condition.conditions))
    value = getattr(condition, "value", "")
    shown = sorted(value) if isinstance(value, set) else value
    return f"{type(condition).__name__} {getattr(condition, 'name', '')} {shown!r}"


ITEM: Item = {**A, "n": 5, "s": "m", "b": b"x", "t": True, "l": ["u"], "set": {"u", "v"}}
HOLDING: list[Condition] = [
    Present("pk"),
    Present("n"),
    Absent("x"),
    Equal("n", 5),
    Equal("s", "m"),
    Equal("b", b"x"),
    Equal("t", value=True),
    Equal("l", ["u"]),
    Equal("set", {"v", "u"}),
    Below("n", 6),
    Below("s", "n"),
    AllOf((Present("n"), Equal("s", "m"), Absent("x"))),
    AnyOf((Absent("n"), Below("n", 6))),
    AllOf((Present("n"), AnyOf((Absent("s"), Equal("s", "m"))))),
    AnyOf((AllOf((Absent("n"), Absent("s"))), AllOf((Present("n"), Present("s"))))),
]
FAILING: list[Condition] = [
    NEW_ITEM,
    Absent("n"),
    Present("x"),
    Equal("n", 6),
    Equal("n", "5"),
    Equal("x", 0),
    Equal("x", ""),
    Equal("t", value=False),
    Equal("l", ["v"]),
    Equal("set", {"u"}),
    Below("n", 5),
    Below("n", -6),
    Below("s", "m"),
    Below("s", "Z"),
    Below("x", 1),
    AllOf((Present("n"), Absent("s"))),
    AnyOf((Absent("n"), Absent("s"))),
    AnyOf((AllOf((Present("n"), Absent("s"))), Equal("n", 6))),
]


@pytest.mark.parametrize("condition", HOLDING, ids=say)
def test_a_write_happens_when_its_condition_holds(table: Table, condition: Condition) -> None:
    put(table, ITEM)
    table.write(Update(A, assign={"seen": 1}, condition=condition))
    assert table.get(A) == {**ITEM, "seen": 1}


@pytest.mark.parametrize("condition", FAILING, ids=say)
def test_a_write_is_refused_with_the_item_when_its_condition_fails(
    table: Table, condition: Condition
) -> None:
    put(table, ITEM)
    writes: list[Put | Update | Delete] = [
        Put({**A, "other": 1}, condition),
        Update(A, assign={"seen": 1}, condition=condition),
        Delete(A, condition),
    ]
    for write in writes:
        with pytest.raises(ConditionFailedError) as error:
            table.write(write)
        assert error.value.item == ITEM
    assert table.get(A) == ITEM


@pytest.mark.parametrize(
    "condition", [Present("pk"), Equal("n", 0), Below("n", 1), AllOf((Absent("n"), Present("pk")))]
)
def test_a_condition_that_fails_where_nothing_stands_tells_so(
    table: Table, condition: Condition
) -> None:
    for write in (Put({**A}, condition), Update(A, add={"n": 1}, condition=condition)):
        with pytest.raises(ConditionFailedError) as error:
            table.write(write)
        assert error.value.item is None
    assert table.get(A) is None


def test_a_new_item_is_written_only_once(table: Table) -> None:
    table.write(Put({**A, "n": 1}, NEW_ITEM))
    with pytest.raises(ConditionFailedError) as error:
        table.write(Put({**A, "n": 2}, NEW_ITEM))
    assert error.value.item == {**A, "n": 1}


def test_conditions_on_what_is_not_there_hold_as_they_say(table: Table) -> None:
    table.write(Update(A, add={"n": 1}, condition=AnyOf((Absent("n"), Below("n", 1)))))
    with pytest.raises(ConditionFailedError):
        table.write(Update(A, add={"n": 1}, condition=AnyOf((Absent("n"), Below("n", 1)))))
    assert table.get(A) == {**A, "n": 1}


def test_a_transaction_writes_all_its_parts(table: Table) -> None:
    put(table, {**A, "n": 1}, {**B, "n": 1}, {"pk": "Q", "sk": "q"})
    table.transact(
        [
            Put({**C, "new": "c"}, NEW_ITEM),
            Update(A, add={"n": 1}, condition=Equal("n", 1)),
            Delete(B),
            Check({"pk": "Q", "sk": "q"}, Present("pk")),
        ],
        "token",
    )
    assert table.query(Query("P")).items == [{**A, "n": 2}, {**C, "new": "c"}]
    assert table.get({"pk": "Q", "sk": "q"}) == {"pk": "Q", "sk": "q"}


def test_a_cancelled_transaction_writes_nothing_and_gives_a_reason_for_each_part(
    table: Table,
) -> None:
    put(table, {**A, "n": 1}, {**B, "n": 1})
    with pytest.raises(TransactionCanceledError) as error:
        table.transact(
            [
                Put({**C}, NEW_ITEM),
                Put({**A, "n": 9}, NEW_ITEM),
                Update(B, add={"n": 1}),
                Check({"pk": "Q", "sk": "q"}, Present("pk")),
            ],
            "token",
        )
    reasons = error.value.reasons
    assert [reason.condition_failed for reason in reasons] == [False, True, False, True]
    assert [reason.code for reason in reasons] == [None, FAILED, None, FAILED]
    assert [reason.item for reason in reasons] == [None, {**A, "n": 1}, None, None]
    assert table.query(Query("P")).items == [{**A, "n": 1}, {**B, "n": 1}]


def test_each_kind_of_write_tells_the_item_its_condition_failed_on(table: Table) -> None:
    put(table, {**A, "n": 1})
    kinds: list[Write] = [
        Put({**A}, Equal("n", 2)),
        Update(A, add={"n": 1}, condition=Equal("n", 2)),
        Delete(A, Equal("n", 2)),
        Check(A, Equal("n", 2)),
    ]
    for number, write in enumerate(kinds):
        with pytest.raises(TransactionCanceledError) as error:
            table.transact([write], f"token-{number}")
        assert error.value.reasons[0].item == {**A, "n": 1}


def test_a_transaction_holds_a_hundred_items_and_no_more(table: Table) -> None:
    items: list[Write] = [Put({"pk": "P", "sk": f"{n:03d}"}) for n in range(101)]
    with pytest.raises(ClientError):
        table.transact(items, "token")
    table.transact(items[:100], "other")
    assert len(table.query(Query("P")).items) == 100


def test_one_item_must_not_stand_in_a_transaction_twice(table: Table) -> None:
    with pytest.raises(ClientError) as error:
        table.transact([Put({**A}), Update(A, add={"n": 1})], "token")
    assert refused(error) == "ValidationException"
    with pytest.raises(ClientError):
        table.transact([Check(A, Absent("pk")), Put({**A})], "other")
    assert table.get(A) is None


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


BAD_KEYS: list[Key] = [{"pk": "", "sk": "a"}, {"pk": "P", "sk": ""}]


@pytest.mark.parametrize("key", BAD_KEYS, ids=str)
def test_an_empty_text_is_no_key(table: Table, key: Key) -> None:
    with pytest.raises(ClientError) as error:
        table.write(Put({**key}))
    assert refused(error) == "ValidationException"


def test_an_empty_text_is_no_index_key(table: Table) -> None:
    with pytest.raises(ClientError) as error:
        table.write(Put(log("1", "", "x")))
    assert refused(error) == "ValidationException"


def test_an_item_needs_both_keys(table: Table) -> None:
    with pytest.raises(ClientError):
        table.write(Put({"pk": "P", "x": 1}))


def test_an_item_has_at_most_four_hundred_kilobytes(table: Table) -> None:
    table.write(Put({**A, "data": "x" * 400_000}))
    with pytest.raises(ClientError) as error:
        table.write(Put({**B, "data": "x" * 410_000}))
    assert refused(error) == "ValidationException"


def test_a_set_is_never_empty(table: Table) -> None:
    with pytest.raises(ClientError):
        table.write(Put({**A, "set": set()}))


def test_the_key_of_an_item_can_not_be_updated(table: Table) -> None:
    with pytest.raises(ClientError) as error:
        table.write(Update(A, assign={"sk": "b"}))
    assert refused(error) == "ValidationException"


def test_an_attribute_is_changed_once_in_an_update(table: Table) -> None:
    with pytest.raises(ClientError) as error:
        table.write(Update(A, assign={"n": 1}, add={"n": 1}))
    assert refused(error) == "ValidationException"


def test_transactions_side_by_side_never_undo_each_other(table: Table) -> None:
    """Accounts of a batch are committed by several threads; some of their transactions are cancelled."""

    def work(worker: int) -> None:
        for n in range(12):
            table.transact([Put(row(f"{worker}-{n}")), Update(A, add={"n": 1})], f"{worker}-{n}")
            with pytest.raises(TransactionCanceledError):
                table.transact([Put(row(f"{worker}-{n}"), NEW_ITEM)], f"{worker}-{n}-again")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert table.get(A) == {**A, "n": 48}
    assert len(table.query(Query("P")).items) == 49
