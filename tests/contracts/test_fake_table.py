"""Where the table in memory goes on alone: what AWS does and moto 5.2.5 does not, and what tests steer.

moto takes empty keys in reads, updates and deletes; has its own item size; compares a number with a
text by an exception; ignores a transaction's token and its 4 MB; never throttles, conflicts or loses
an answer; has no units for transactions; emits a blank record for an update that makes an item.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shared.store.schema import HISTORY, Key
from shared.store.table import (
    NEW_ITEM,
    AllOf,
    AnyOf,
    Below,
    Check,
    ConditionFailedError,
    Delete,
    Equal,
    Item,
    Present,
    Put,
    Query,
    TransactionCanceledError,
    Update,
    Write,
)
from shared.store.wire import TRANSIENT_CODES, RefusedError
from tests.fakes.clock import FakeClock
from tests.fakes.limits import MAX_ITEM_BYTES, item_bytes
from tests.fakes.table import FakeTable

A: Key = {"pk": "P", "sk": "a"}
B: Key = {"pk": "P", "sk": "b"}
EMPTY: list[Key] = [{"pk": "", "sk": "a"}, {"pk": "P", "sk": ""}]


def refused(call: Callable[[], object], code: str = "ValidationException") -> None:
    with pytest.raises(RefusedError) as error:
        call()
    assert error.value.code == code
    assert code not in TRANSIENT_CODES


@pytest.mark.parametrize("key", EMPTY, ids=str)
def test_an_empty_key_is_refused_by_every_verb(fake_table: FakeTable, key: Key) -> None:
    refused(lambda: fake_table.get(key))
    refused(lambda: fake_table.get_many([A, key]))
    refused(lambda: fake_table.write(Update(key, add={"n": 1})))
    refused(lambda: fake_table.write(Delete(key)))
    refused(lambda: fake_table.transact([Check(key, NEW_ITEM)], "t"))


@pytest.mark.parametrize(
    "query",
    [
        Query(""),
        Query("P", low=""),
        Query("P", high=""),
        Query("P", prefix=""),
        Query("P", low="b", high="a"),
        Query("P", limit=0),
        Query("P", where=Equal("sk", "a")),
        Query("P", where=Equal("pk", "P")),
        Query("P", HISTORY, where=Present("hs")),
        Query("P", after={"pk": "P"}),
        Query("P", after={"pk": "Q", "sk": "a"}),
        Query("P", prefix="b", after={"pk": "P", "sk": "a"}),
        Query("P", low="b", after={"pk": "P", "sk": "a"}),
        Query("P", high="a", after={"pk": "P", "sk": "b"}),
        Query("P", HISTORY, after={"pk": "P", "sk": "a"}),
    ],
    ids=str,
)
def test_a_query_that_aws_refuses_is_refused(fake_table: FakeTable, query: Query) -> None:
    refused(lambda: fake_table.query(query))


MANY = {f"n{n}": 1 for n in range(301)}
LONG = {"x" * 200 + str(n): 1 for n in range(20)}


@pytest.mark.parametrize(
    "write",
    [
        Update(A),
        Update(A, assign={"odd-name": 1}),
        Update(A, add={"1.5": 1}),
        Update(A, add=MANY),
        Update(A, add=LONG),
        Update(A, assign={"hk": ""}),
        Update(A, assign={"hk": 5}),
        Put({**A}, AllOf(())),
        Put({**A}, AnyOf((AllOf((NEW_ITEM, Present("n"))),))),
        Put({**A}, Equal("odd#name", 1)),
        Put({**A, "n": 10**38 + 1}),
        Put({**A, "n": 10**127}),
        Put({"pk": "P" * 2049, "sk": "a"}),
        Put({"pk": "P", "sk": "a" * 1025}),
        Put({**A, "jk": 5, "js": "x"}),
    ],
    ids=lambda write: type(write).__name__,
)
def test_a_write_that_aws_refuses_is_refused(fake_table: FakeTable, write: Put | Update) -> None:
    refused(lambda: fake_table.write(write))
    assert fake_table.items() == []


def test_a_number_may_be_long_if_few_digits_count(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A, "n": 3 * 10**100}))
    assert fake_table.get(A) == {**A, "n": 3 * 10**100}


@pytest.mark.parametrize("value", [1.5, None, {"a": 1}, [1], {2}])
def test_a_value_of_a_foreign_type_is_refused(fake_table: FakeTable, value: object) -> None:
    item: Item = {**A, "x": value}  # type: ignore[dict-item]
    with pytest.raises(TypeError):
        fake_table.write(Put(item))


def test_a_number_and_a_text_are_never_compared(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A, "n": 5, "s": "5", "t": True}))
    for condition in (Below("n", "9"), Below("s", 9), Equal("t", 1), Below("t", 5)):
        with pytest.raises(ConditionFailedError):
            fake_table.write(Update(A, add={"m": 1}, condition=condition))


def test_an_item_is_measured_to_the_byte(fake_table: FakeTable) -> None:
    room = MAX_ITEM_BYTES - len("pk" + "P" + "sk" + "a" + "data")
    fake_table.write(Put({**A, "data": b"x" * room}))
    refused(lambda: fake_table.write(Put({**A, "data": b"x" * (room + 1)})))
    refused(lambda: fake_table.write(Update(A, assign={"x": 1})))


def test_sizes_follow_the_documented_rules() -> None:
    assert item_bytes({"é": "é"}) == 4
    assert item_bytes({"n": 0}) == 3
    assert item_bytes({"n": 12345}) == 1 + 3 + 1
    assert item_bytes({"n": -12000}) == 1 + 1 + 1 + 1
    assert item_bytes({"t": True, "b": b"xyz"}) == 2 + 4
    assert item_bytes({"l": ["a", "bc"], "s": {"a", "bc"}}) == 1 + 3 + 5 + 1 + 3


def test_a_transaction_of_over_four_megabytes_is_refused(fake_table: FakeTable) -> None:
    writes = [Put({"pk": "P", "sk": f"{n}", "d": b"x" * 400_000}) for n in range(11)]
    refused(lambda: fake_table.transact(writes, "t"))
    fake_table.transact(writes[:10], "t")


def test_a_transaction_needs_parts_and_a_token(fake_table: FakeTable) -> None:
    refused(lambda: fake_table.transact([], "t"))
    refused(lambda: fake_table.transact([Put({**A})], ""))
    refused(lambda: fake_table.transact([Put({**A})], "t" * 37))


def test_a_repeat_under_the_same_token_changes_nothing(
    fake_table: FakeTable, clock: FakeClock
) -> None:
    writes: list[Write] = [Update(A, add={"n": 1}), Put({**B}, NEW_ITEM)]
    fake_table.transact(writes, "t")
    fake_table.transact(writes, "t")
    assert fake_table.items() == [{**A, "n": 1}, {**B}]
    clock.advance(minutes=10)
    with pytest.raises(TransactionCanceledError):
        fake_table.transact(writes, "t")


def test_a_token_belongs_to_its_writes(fake_table: FakeTable) -> None:
    fake_table.transact([Update(A, add={"n": 1})], "t")
    code = "IdempotentParameterMismatchException"
    refused(lambda: fake_table.transact([Update(A, add={"n": 2})], "t"), code)


def test_a_cancelled_transaction_leaves_its_token_free(fake_table: FakeTable) -> None:
    writes: list[Write] = [Update(A, add={"n": 1}, condition=Present("pk"))]
    with pytest.raises(TransactionCanceledError):
        fake_table.transact(writes, "t")
    fake_table.write(Put({**A}))
    fake_table.transact(writes, "t")
    assert fake_table.get(A) == {**A, "n": 1}


def test_an_update_that_does_not_fit_its_item_is_a_reason(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A, "n": "text", "full": "x" * 400_000}))
    for update in (Update(A, add={"n": 1}), Update(A, assign={"more": "x" * 10_000})):
        with pytest.raises(TransactionCanceledError) as error:
            fake_table.transact([Put({**B}), update], "t")
        assert [reason.code for reason in error.value.reasons] == [None, "ValidationError"]
    assert fake_table.get(B) is None
