"""Entries that cannot be folded stop their own account and nobody else (OPS-4)."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from functions.aggregate.schemas import arrivals_of
from functions.aggregate.service import Report
from shared.domain.digests import decode_digest
from shared.domain.journal import Entry
from shared.store.items import entry_item
from shared.store.schema import parked_key, workspace_key
from shared.store.table import Delete, Item, Put
from tests.factories import a_workspace
from tests.fakes.clock import FakeClock
from tests.fakes.faults import Call, Step
from tests.fakes.table import FakeTable
from tests.folding import (
    AtCall,
    Books,
    CrashError,
    Queue,
    Record,
    crash,
    fold,
    folder,
    private_cells,
    private_fold,
    shared_cells,
)


def row(**changes: Any) -> str:
    """The digest of one plain call with some members replaced, by their place."""
    raw: list[Any] = ["2026-11-20", 9, "chat", "chat", "gpt-4o", "KR", "web", 0]
    raw += [1, 0, 1000, 200, 0, 0, 0, 1200, 5, 5 * 10**9, 1, 250, 1, 4096, 200, 250]
    raw += [0, 0, 0, [43, 1]]
    for place, value in changes.items():
        raw[int(place.removeprefix("at"))] = value
    return json.dumps([raw])


POISONS: dict[str, dict[str, Any]] = {
    "no digest": {"dg": None},
    "no JSON": {"dg": "["},
    "no list": {"dg": "7"},
    "an object": {"dg": "{}"},
    "null": {"dg": "null"},
    "too deep": {"dg": "[" * 100_000},
    "a narrow row": {"dg": "[[1,2]]"},
    "bytes": {"dg": b"[]"},
    "no day": {"dg": row(at0="today")},
    "an hour as text": {"dg": row(at1="9")},
    "a number as a service": {"dg": row(at2=7)},
    "a list as a model": {"dg": row(at4=["a"])},
    "a number as a country": {"dg": row(at5=7)},
    "a surrogate": {"dg": row(at6="\ud800")},
    "a fraction": {"dg": row(at16=0.5)},
    "an endless figure": {"dg": row(at17=10**40)},
    "odd buckets": {"dg": row(at27=[43])},
    "a bucket as text": {"dg": row(at27=["43", 1])},
    "buckets that are none": {"dg": row(at27=5)},
    "other credits": {"dg": row(at16=6)},
    "other logs": {"ids": ["a", "b"]},
    "a hash too short": {"ha": bytes(31)},
    "no hash": {"ha": None},
    "a hash as a number": {"ha": 5},
    "no number": {"seq": None},
    "another number": {"seq": 7},
    "a number as text": {"seq": "2"},
    "no time": {"ca": None},
    "no reason": {"rs": None},
}


@pytest.fixture
def books(fake_table: FakeTable) -> Books:
    return Books(fake_table)


@pytest.fixture
def queue() -> Queue:
    return Queue()


def run(books: Books, records: list[Record], queue: Queue | None = None) -> Report:
    return folder(books.table, queue=queue)(arrivals_of(records))


def mark(books: Books, user: str = "alice") -> Item | None:
    return books.table.get(parked_key("acme", books.account(user), 1))


def three_entries(books: Books, user: str = "alice", **bad: Any) -> list[Record]:
    """The second of three entries is spoilt."""
    records = [books.use(user=user) for _ in range(3)]
    records[1] = books.spoil(2, user, **bad)
    return records


def assert_folded_to(books: Books, last: int, user: str = "alice") -> None:
    """The account's cells hold its entries up to one."""
    account_id = books.account(user)
    journal = books.ledger(user, "acme").entries[:last]
    folded = private_fold(journal, books.workspaces["acme"].zone)
    assert books.cursor("acme", account_id) == (last, 0)
    assert private_cells(books.table, "acme", account_id) == folded


def test_the_row_that_is_spoilt_below_is_a_good_one(books: Books) -> None:
    record = books.use()
    entry: Entry = books.ledger("alice", "acme").entries[0]
    assert decode_digest(row())[0].sums.credits == entry.amount
    fold(books.table, [books.spoil(1, dg=row())])
    assert mark(books) is None
    assert record["dynamodb"]["Keys"]["sk"]["S"] == "J#000000000001"


@pytest.mark.parametrize("bad", POISONS.values(), ids=POISONS.keys())
@pytest.mark.parametrize("brought", [True, False], ids=["in the stream", "in the journal"])
def test_poison_parks_its_own_account_and_no_other(
    books: Books, queue: Queue, bad: dict[str, Any], brought: bool
) -> None:
    records = three_entries(books, **bad)
    others = [books.use(user="bob"), books.use(user="bob")]
    report = run(books, [*(records if brought else records[2:]), *others], queue)
    assert report == Report(folded=3, parked=1, waiting=0, rounds=report.rounds)
    assert_folded_to(books, 1)
    assert_folded_to(books, 2, user="bob")
    parked = mark(books)
    assert parked is not None
    assert (parked["seq"], parked["sent"]) == (2, True)
    (message,) = queue.messages
    assert message == {
        "workspaceId": "acme",
        "accountId": books.account(),
        "seq": 2,
        "reason": parked["rs"],
    }


def test_an_image_of_a_type_that_is_not_ours_is_poison(books: Books, queue: Queue) -> None:
    record = books.use()
    record["dynamodb"]["NewImage"]["dg"] = {"M": {}}
    assert run(books, [record, books.use(user="bob")], queue).parked == 1
    assert_folded_to(books, 1, user="bob")


def test_a_hole_in_the_journal_itself_parks_the_account(books: Books, queue: Queue) -> None:
    records = [books.use() for _ in range(3)]
    item = entry_item(books.ledger("alice", "acme").entries[1])
    books.table.write(Delete({"pk": str(item["pk"]), "sk": str(item["sk"])}))
    run(books, records[2:], queue)
    assert [message["seq"] for message in queue.messages] == [2]
    assert_folded_to(books, 1)


def test_a_parked_account_waits_and_is_reported_once(books: Books, queue: Queue) -> None:
    records = three_entries(books, dg="[")
    run(books, records, queue)
    later = [books.use(), books.use(user="bob")]
    report = run(books, [*records, *later], queue)
    assert (report.folded, report.parked, report.waiting) == (1, 0, 1)
    assert len(queue.messages) == 1
    assert_folded_to(books, 1)


def test_the_message_is_sent_again_when_sending_failed(books: Books, queue: Queue) -> None:
    records = three_entries(books, dg="[")
    queue.broken = True
    with pytest.raises(ConnectionError):
        run(books, records, queue)
    assert "sent" not in (mark(books) or {})
    queue.broken = False
    run(books, records, queue)
    assert [message["seq"] for message in queue.messages] == [2]
    assert (mark(books) or {})["sent"] is True


def test_a_crash_at_any_call_loses_neither_mark_nor_message() -> None:
    for k in count(1):
        table, queue = FakeTable(), Queue()
        books = Books(table)
        records = [*three_entries(books, dg="["), books.use(user="bob")]
        chaos = AtCall(k, crash)
        table.meet_chaos(chaos)
        try:
            run(books, records, queue)
        except CrashError:
            assert chaos.met
        table.meet_chaos(None)
        run(books, records, queue)
        assert {message["seq"] for message in queue.messages} == {2}
        assert (mark(books) or {})["sent"] is True
        assert_folded_to(books, 1)
        assert_folded_to(books, 1, user="bob")
        if not chaos.met:
            assert k > 10
            return


def test_two_consumers_that_meet_poison_mark_it_once(books: Books, fake_table: FakeTable) -> None:
    for k in count(1):
        table, queue = FakeTable(), Queue()
        both = Books(table)
        records = three_entries(both, dg="[")

        def other(b: Books = both, r: list[Record] = records, q: Queue = queue) -> None:
            run(b, r, q)

        chaos = AtCall(k, other)
        table.meet_chaos(chaos)
        reports = run(both, records, queue)
        table.meet_chaos(None)
        assert_folded_to(both, 1)
        assert (mark(both) or {})["sent"] is True
        assert reports.parked + len(queue.messages) >= 1
        if not chaos.met:
            return


def test_nobody_parks_an_account_that_is_past_the_poison() -> None:
    """Before any call of one that saw the bad entry, it is mended and folded by somebody else."""
    for k in count(1):
        table, queue = FakeTable(), Queue()
        books = Books(table)
        records = three_entries(books, dg="[")

        def mend(b: Books = books, t: FakeTable = table, q: Queue = queue) -> None:
            b.mend(2)
            folder(t, queue=q).redrive([("acme", b.account())])

        chaos = AtCall(k, mend)
        table.meet_chaos(chaos)
        run(books, records, queue)
        table.meet_chaos(None)
        parked = mark(books)
        assert parked is None or books.cursor("acme", books.account()) == (1, 0)
        mend()
        assert mark(books) is None
        books.assert_exact()
        if not chaos.met:
            assert k > 5
            return


def test_redrive_folds_everything_that_waited(books: Books, queue: Queue) -> None:
    records = three_entries(books, dg="[")
    run(books, [*records, books.use(user="bob")], queue)
    waiting = [books.use(), books.buy(), books.use()]
    run(books, waiting, queue)
    books.mend(2)
    report = folder(books.table, queue=queue).redrive([("acme", books.account())])
    assert (report.folded, report.parked, report.waiting) == (5, 0, 0)
    assert mark(books) is None
    books.assert_exact()


def test_redrive_of_what_is_still_bad_parks_it_again(books: Books, queue: Queue) -> None:
    records = three_entries(books, dg="[")
    run(books, records, queue)
    report = folder(books.table, queue=queue).redrive([("acme", books.account())])
    assert report.parked == 1
    assert [message["seq"] for message in queue.messages] == [2, 2]
    assert mark(books) is not None
    assert_folded_to(books, 1)


def test_redrive_of_an_account_that_is_not_parked_folds_what_the_stream_lost(books: Books) -> None:
    for _ in range(3):
        books.use()
    report = folder(books.table).redrive([("acme", books.account()), ("acme", "acct_unknown")])
    assert report.folded == 3
    books.assert_exact()


def test_entries_that_come_while_an_account_is_taken_up_are_not_lost() -> None:
    """At every call of the redrive, the stream brings one more entry."""
    for k in count(1):
        table, queue = FakeTable(), Queue()
        books = Books(table)
        run(books, three_entries(books, dg="["), queue)
        books.mend(2)

        def arrive(b: Books = books, q: Queue = queue) -> None:
            run(b, [b.use()], q)

        chaos = AtCall(k, arrive)
        table.meet_chaos(chaos)
        folder(table, queue=queue).redrive([("acme", books.account())])
        table.meet_chaos(None)
        books.assert_exact()
        assert mark(books) is None
        if not chaos.met:
            assert k > 5
            return


def test_a_crash_during_redrive_is_mended_by_the_next_entry(books: Books, queue: Queue) -> None:
    run(books, three_entries(books, dg="["), queue)
    books.mend(2)

    def chaos(call: Call) -> Step:
        return crash if call.verb == "transact" else None

    table = books.table
    assert isinstance(table, FakeTable)
    table.meet_chaos(chaos)
    with pytest.raises(CrashError):
        folder(table, queue=queue).redrive([("acme", books.account())])
    table.meet_chaos(None)
    run(books, [books.use()], queue)
    books.assert_exact()


def test_a_workspace_without_settings_holds_up_no_other(queue: Queue) -> None:
    clock = FakeClock()
    table = FakeTable(clock)
    books = Books(table, a_workspace(), a_workspace(workspace_id="beta"))
    settings = table.get(workspace_key("beta"))
    assert settings is not None
    table.write(Delete(workspace_key("beta")))
    lost = books.use(user="eve", workspace_id="beta")
    report = run(books, [lost, books.use()], queue)
    assert (report.folded, report.parked) == (1, 1)
    assert run(books, [lost], queue).waiting == 1
    assert len(queue.messages) == 1
    assert shared_cells(table, "beta") == {}
    table.write(Put(settings))
    eve = books.account("eve", "beta")
    folder(table, queue=queue).redrive([("beta", eve)])
    books.assert_exact()
    assert table.get(parked_key("beta", eve, 0)) is None


def test_a_key_that_is_none_is_passed_over(books: Books) -> None:
    record = books.use()
    strange = books.use(user="bob")
    strange["dynamodb"]["Keys"]["sk"]["S"] = "J#latest"
    run(books, [strange, record])
    assert_folded_to(books, 1)
