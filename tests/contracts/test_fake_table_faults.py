"""What tests steer and look at in the table in memory: faults, the stream, units, time, threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.store.schema import JOURNAL, Key
from shared.store.table import (
    NEW_ITEM,
    Check,
    ConditionFailedError,
    Delete,
    Item,
    Present,
    Put,
    Query,
    StoreUnavailableError,
    TransactionCanceledError,
    Update,
    rows,
)
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Call, Fault
from tests.fakes.stream import TTL_IDENTITY
from tests.fakes.table import FakeTable

A: Key = {"pk": "P", "sk": "a"}
B: Key = {"pk": "P", "sk": "b"}


def test_a_conflict_writes_nothing_and_tells_no_item(fake_table: FakeTable) -> None:
    fake_table.write(Put({**B}))
    fake_table.meet("transact", Fault.CONFLICT, Fault.THROTTLED)
    for code in ("TransactionConflict", "ThrottlingError"):
        with pytest.raises(TransactionCanceledError) as error:
            fake_table.transact([Put({**A}), Update(B, add={"n": 1})], "t")
        assert [reason.code for reason in error.value.reasons] == [None, code]
        assert [reason.item for reason in error.value.reasons] == [None, None]
    assert fake_table.items() == [{**B}]
    fake_table.transact([Put({**A})], "t")


def test_an_answer_can_get_lost_before_or_after_the_commit(fake_table: FakeTable) -> None:
    fake_table.meet("transact", Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_AFTER)
    write = Update(A, add={"n": 1})
    with pytest.raises(StoreUnavailableError):
        fake_table.transact([write], "t")
    assert fake_table.items() == []
    with pytest.raises(StoreUnavailableError):
        fake_table.transact([write], "t")
    assert fake_table.items() == [{**A, "n": 1}]
    fake_table.transact([write], "t")
    assert fake_table.items() == [{**A, "n": 1}]


def test_a_lost_answer_hides_a_refusal_too(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A}))
    fake_table.meet("write", Fault.TIMEOUT_AFTER)
    fake_table.meet("transact", Fault.TIMEOUT_AFTER)
    with pytest.raises(StoreUnavailableError):
        fake_table.write(Put({**A}, NEW_ITEM))
    with pytest.raises(StoreUnavailableError):
        fake_table.transact([Put({**A}, NEW_ITEM)], "t")


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.TIMEOUT_BEFORE, Fault.CONFLICT])
def test_single_calls_fail_as_unavailable(fake_table: FakeTable, fault: Fault) -> None:
    for verb in ("get", "get_many", "query", "write"):
        fake_table.meet(verb, fault)
    for call in (
        lambda: fake_table.get(A),
        lambda: fake_table.get_many([A]),
        lambda: fake_table.query(Query("P")),
        lambda: fake_table.write(Put({**A})),
    ):
        with pytest.raises(StoreUnavailableError):
            call()
    assert fake_table.items() == []
    assert fake_table.get(A) is None


def test_not_every_reason_need_be_told(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A}))
    fake_table.write(Put({**B}))
    fake_table.meet("transact", Fault.SHORT_REASONS)
    with pytest.raises(TransactionCanceledError) as error:
        fake_table.transact([Put({**A}, NEW_ITEM), Put({**B}, NEW_ITEM)], "t")
    assert [reason.item for reason in error.value.reasons] == [{**A}, None]


def test_somebody_else_can_come_in_between(fake_table: FakeTable) -> None:
    fake_table.meet("transact", None, lambda: fake_table.write(Put({**A, "by": "other"})))
    fake_table.transact([Put({**B}, NEW_ITEM)], "first")
    with pytest.raises(TransactionCanceledError) as error:
        fake_table.transact([Put({**A}, NEW_ITEM)], "second")
    assert error.value.reasons[0].item == {**A, "by": "other"}


def test_chaos_sees_each_call_and_says_what_it_meets(fake_table: FakeTable) -> None:
    seen: list[Call] = []

    def chaos(call: Call) -> Fault | None:
        seen.append(call)
        return Fault.TIMEOUT_BEFORE if call.number == 2 else None

    fake_table.meet_chaos(chaos)
    fake_table.get(A)
    with pytest.raises(StoreUnavailableError):
        fake_table.write(Put({**A}))
    fake_table.meet_chaos(None)
    fake_table.write(Put({**A}))
    assert [(call.verb, len(call.writes)) for call in seen] == [("get", 0), ("write", 1)]
    assert fake_table.calls == {"get": 1, "write": 2}


def test_changes_leave_records_in_the_shape_of_the_stream(
    fake_table: FakeTable, clock: FakeClock
) -> None:
    fake_table.write(Put({**A, "n": 1, "b": b"\x00\xff"}))
    clock.advance(ms=500)
    fake_table.transact([Update(A, add={"n": 1}, remove=("b",)), Put({**B})], "t")
    fake_table.write(Delete(B))
    inserted, modified, other, removed = fake_table.stream_records()
    names = [r["eventName"] for r in (inserted, modified, other, removed)]
    assert names == ["INSERT", "MODIFY", "INSERT", "REMOVE"]
    keys = {"pk": {"S": "P"}, "sk": {"S": "a"}}
    old = {**keys, "n": {"N": "1"}, "b": {"B": "AP8="}}
    assert inserted["dynamodb"]["NewImage"] == old
    assert "OldImage" not in inserted["dynamodb"]
    assert modified["dynamodb"]["Keys"] == keys
    assert modified["dynamodb"]["OldImage"] == old
    assert modified["dynamodb"]["NewImage"] == {**keys, "n": {"N": "2"}}
    assert "NewImage" not in removed["dynamodb"]
    assert modified["dynamodb"]["ApproximateCreationDateTime"] * 1000 == clock.now_ms()
    numbers = [int(r["dynamodb"]["SequenceNumber"]) for r in fake_table.stream_records()]
    assert numbers == sorted(set(numbers))
    assert fake_table.stream_records(since=3) == [removed]


def test_a_write_that_changes_nothing_leaves_no_record(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A, "n": 1}))
    fake_table.write(Put({**A, "n": 1}))
    fake_table.write(Update(A, add={"n": 0}))
    fake_table.transact([Check(A, Present("pk"))], "t")
    fake_table.write(Delete(B))
    assert len(fake_table.stream_records()) == 1
    fake_table.write(Put({**A, "n": True}))
    assert len(fake_table.stream_records()) == 2


def test_items_expire_and_their_records_say_so(fake_table: FakeTable, clock: FakeClock) -> None:
    now_s = clock.now_ms() // 1000
    fake_table.write(Put({**A, "ttl": now_s - 1}))
    fake_table.write(Put({**B, "ttl": now_s + 60}))
    assert fake_table.expire() == 1
    assert fake_table.items() == [{**B, "ttl": now_s + 60}]
    assert fake_table.stream_records()[-1]["userIdentity"] == TTL_IDENTITY


def test_units_count_items_indexes_and_transactions_twice(fake_table: FakeTable) -> None:
    log: Item = {"pk": "L", "sk": "LOG", "hk": "H", "hs": "1", "data": b"x" * 600}
    entry: Item = {**A, "jk": "J", "js": "1", "dg": b"x" * 1500}
    fake_table.transact([Put(log), Put(entry), Put({**B})], "t")
    # 1 KB, 2 KB and 1 KB, twice; and once a KB of each of the two indexes.
    assert fake_table.units.writes == 2 * (1 + 2 + 1) + 1 + 1


def test_units_of_an_index_follow_what_changes_in_it(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A, "jk": "J", "js": "1", "am": 1, "x": 1}))
    used = []
    for update in (
        Update(A, assign={"x": 2}),
        Update(A, assign={"am": 2}),
        Update(A, assign={"js": "2"}),
        Update(A, remove=("jk",)),
    ):
        before = fake_table.units.writes
        fake_table.write(update)
        used.append(fake_table.units.writes - before)
    assert used == [1, 2, 3, 2]


def test_units_of_reads_are_four_kilobytes_and_half_on_an_index(fake_table: FakeTable) -> None:
    for n in range(3):
        fake_table.write(Put({"pk": "P", "sk": f"{n}", "jk": "J", "js": "x", "d": b"x" * 3000}))
    used = []
    for read in (
        lambda: fake_table.get({"pk": "P", "sk": "0"}),
        lambda: fake_table.get(A),
        lambda: fake_table.get_many([{"pk": "P", "sk": "0"}, {"pk": "P", "sk": "1"}]),
        lambda: fake_table.query(Query("P")),
        lambda: fake_table.query(Query("J", JOURNAL)),
    ):
        before = fake_table.units.reads
        read()
        used.append(fake_table.units.reads - before)
    assert used == [1, 1, 2, 3, 0.5]


def test_refused_and_cancelled_writes_cost_units_too(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A, "d": b"x" * 1500}))
    before = fake_table.units.writes
    with pytest.raises(ConditionFailedError):
        fake_table.write(Put({**A}, NEW_ITEM))
    assert fake_table.units.writes - before == 2
    with pytest.raises(TransactionCanceledError):
        fake_table.transact([Put({**A}, NEW_ITEM)], "t")
    assert fake_table.units.writes - before == 2 + 4


def test_a_page_that_its_limit_ended_does_not_know_it_was_the_last(fake_table: FakeTable) -> None:
    fake_table.write(Put({**A}))
    page = fake_table.query(Query("P", limit=1))
    assert page.next_key == {**A}
    assert list(rows(fake_table, Query("P", limit=1))) == [{**A}]


def test_pages_can_be_made_small(clock: FakeClock) -> None:
    table = FakeTable(clock, page_bytes=30)
    for n in range(5):
        table.write(Put({"pk": "P", "sk": f"{n}", "d": b"x" * 10}))
    assert len(table.query(Query("P")).items) == 2
    assert len(list(rows(table, Query("P")))) == 5


def test_threads_never_lose_each_others_writes(fake_table: FakeTable) -> None:
    def work(worker: int) -> None:
        for n in range(100):
            fake_table.transact([Update(A, add={"n": 1})], f"{worker}-{n}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert fake_table.get(A) == {**A, "n": 800}


def test_the_clock_moves_only_when_told_and_repeats_by_seed() -> None:
    clock, again, other = FakeClock(), FakeClock(), FakeClock(seed=1)
    started = clock.monotonic()
    clock.sleep(0.25)
    clock.advance(days=1, minutes=2, seconds=3, ms=4)
    assert clock.now_ms() - again.now_ms() == 250 + 86_400_000 + 123_004
    assert clock.slept == [0.25]
    clock.set(0)
    assert clock.now_ms() == 0
    assert clock.monotonic() - started == pytest.approx(86_400 + 123.254)
    assert clock.random_bytes(16) == again.random_bytes(16) != other.random_bytes(16)
    assert clock.random_bytes(16) != clock.random_bytes(16)
    assert all(2 <= clock.uniform(2, 3) < 3 for _ in range(100))
