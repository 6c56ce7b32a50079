"""What every `Table` does, asked of the one in memory and of DynamoDB (as moto plays it) alike.

Where moto is known to differ from AWS, AWS is followed: see `test_fake_table.py`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.store.schema import Key
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
    Write,
)
from shared.store.wire import RefusedError
from tests.contracts.items import A, B, C, put, refused, row, token

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
    with pytest.raises(RefusedError) as error:
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
        token(),
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
            token(),
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
    for write in kinds:
        with pytest.raises(TransactionCanceledError) as error:
            table.transact([write], token())
        assert error.value.reasons[0].item == {**A, "n": 1}


def test_a_transaction_holds_a_hundred_items_and_no_more(table: Table) -> None:
    items: list[Write] = [Put({"pk": "P", "sk": f"{n:03d}"}) for n in range(101)]
    with pytest.raises(RefusedError):
        table.transact(items, token())
    table.transact(items[:100], token())
    assert len(table.query(Query("P")).items) == 100


def test_one_item_must_not_stand_in_a_transaction_twice(table: Table) -> None:
    with pytest.raises(RefusedError) as error:
        table.transact([Put({**A}), Update(A, add={"n": 1})], token())
    assert refused(error) == "ValidationException"
    with pytest.raises(RefusedError):
        table.transact([Check(A, Absent("pk")), Put({**A})], token())
    assert table.get(A) is None


BAD_KEYS: list[Key] = [{"pk": "", "sk": "a"}, {"pk": "P", "sk": ""}]


@pytest.mark.parametrize("key", BAD_KEYS, ids=str)
def test_an_empty_text_is_no_key(table: Table, key: Key) -> None:
    with pytest.raises(RefusedError) as error:
        table.write(Put({**key}))
    assert refused(error) == "ValidationException"


def test_an_empty_text_is_no_index_key(table: Table) -> None:
    with pytest.raises(RefusedError) as error:
        table.write(Put(row("1", hk="", hs="x")))
    assert refused(error) == "ValidationException"


def test_an_item_needs_both_keys(table: Table) -> None:
    with pytest.raises(RefusedError):
        table.write(Put({"pk": "P", "x": 1}))


def test_an_item_has_at_most_four_hundred_kilobytes(table: Table) -> None:
    table.write(Put({**A, "data": "x" * 400_000}))
    with pytest.raises(RefusedError) as error:
        table.write(Put({**B, "data": "x" * 410_000}))
    assert refused(error) == "ValidationException"


def test_a_set_is_never_empty(table: Table) -> None:
    with pytest.raises(RefusedError):
        table.write(Put({**A, "set": set()}))


def test_the_key_of_an_item_can_not_be_updated(table: Table) -> None:
    with pytest.raises(RefusedError) as error:
        table.write(Update(A, assign={"sk": "b"}))
    assert refused(error) == "ValidationException"


def test_an_attribute_is_changed_once_in_an_update(table: Table) -> None:
    with pytest.raises(RefusedError) as error:
        table.write(Update(A, assign={"n": 1}, add={"n": 1}))
    assert refused(error) == "ValidationException"


def test_transactions_side_by_side_never_undo_each_other(table: Table) -> None:
    """Accounts of a batch are committed by several threads; some of their transactions are cancelled."""

    def work(worker: int) -> None:
        for n in range(12):
            table.transact([Put(row(f"{worker}-{n}")), Update(A, add={"n": 1})], token())
            with pytest.raises(TransactionCanceledError):
                table.transact([Put(row(f"{worker}-{n}"), NEW_ITEM)], token())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert table.get(A) == {**A, "n": 48}
    assert len(table.query(Query("P")).items) == 49
