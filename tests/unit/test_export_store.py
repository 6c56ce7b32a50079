"""Exports in the table: nothing is lost on the way there and back, and no overtaken run writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.exports import FORMATS, KEPT_DAYS, Export, Selection
from shared.domain.ids import uuid7
from shared.domain.journal import REASONS
from shared.store.exports import DynamoExports, export_from, export_item
from tests.factories import ACCOUNT, WORKSPACE
from tests.fakes.clock import START_MS, FakeClock
from tests.fakes.table import FakeTable

TEXTS = st.none() | st.sampled_from(["2026-11-20", "chat", "a/b"])
TIMES = st.none() | st.integers(0, START_MS)
COUNTS = st.integers(0, 10**12)
SELECTIONS = st.builds(
    Selection,
    kind=st.sampled_from(["usage-logs", "transactions", "audit", "summary"]),
    format=st.sampled_from(FORMATS),
    account_id=st.none() | st.just(ACCOUNT),
    start_ms=TIMES,
    end_ms=TIMES,
    start_date=TEXTS,
    end_date=TEXTS,
    service=TEXTS,
    model=TEXTS,
    failed=st.none() | st.booleans(),
    type=st.none() | st.sampled_from(["debit", "credit"]),
    reason=st.none() | st.sampled_from(REASONS),
    q=TEXTS,
    actor=TEXTS,
    action=TEXTS,
    group=TEXTS,
    metric=TEXTS,
    provider=TEXTS,
    country=TEXTS,
    platform=TEXTS,
    pseudonymous=st.booleans(),
)
EXPORTS = st.builds(
    Export,
    workspace_id=st.just(WORKSPACE),
    export_id=st.just("0190-id"),
    owner=st.sampled_from(["key:k-1", f"user:{ACCOUNT}"]),
    selection=SELECTIONS,
    created_ms=st.just(START_MS),
    updated_ms=COUNTS,
    status=st.sampled_from(["running", "done", "failed"]),
    attempt=st.integers(0, 9),
    estimate=COUNTS,
    read=COUNTS,
    rows=COUNTS,
    bytes=COUNTS,
    sha256=st.sampled_from(["", "ab" * 32]),
    totals=st.dictionaries(st.sampled_from(["credits", "cost"]), st.integers(0, 10**30)),
    truncated=st.booleans(),
)


def an_export(number: int = 0, **changes: object) -> Export:
    export_id = uuid7(START_MS + number, FakeClock(seed=number).random_bytes)
    plain = Export(
        WORKSPACE,
        export_id,
        "key:k-1",
        Selection("usage-logs", "csv"),
        START_MS + number,
        START_MS + number,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


@given(EXPORTS)
def test_an_export_survives_the_way_to_the_table_and_back(export: Export) -> None:
    table = FakeTable()
    store = DynamoExports(table)

    store.create(export)

    assert store.get(WORKSPACE, export.export_id) == export


@pytest.mark.parametrize(("name", "word"), [("st", "lost"), ("kd", "logs"), ("fo", "xml")])
def test_an_item_with_an_unknown_word_is_refused(name: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        export_from(export_item(an_export()) | {name: word})


def test_the_table_lets_go_of_an_export_after_its_days() -> None:
    item = export_item(an_export())

    assert item["ttl"] == START_MS // 1000 + KEPT_DAYS * 86_400


def test_only_who_read_the_latest_attempt_may_write(fake_table: FakeTable) -> None:
    store = DynamoExports(fake_table)
    read = an_export()
    store.create(read)

    first = replace(read, attempt=1)
    assert store.save(first, read)
    assert not store.save(replace(read, attempt=1, rows=9), read)
    assert store.save(replace(first, rows=5), first)
    done = replace(first, status="done", rows=7)
    assert store.save(done, first)
    assert not store.save(replace(first, rows=8), first)
    assert not store.save(replace(first, attempt=2), first)
    assert store.get(WORKSPACE, read.export_id) == done


def test_exports_come_newest_first_and_by_who_asked(fake_table: FakeTable) -> None:
    store = DynamoExports(fake_table)
    exports = [an_export(n, owner=f"key:k-{n % 2}") for n in range(4)]
    for export in exports[::2] + exports[1::2]:
        store.create(export)
    store.create(replace(an_export(9), workspace_id="other"))

    assert list(store.newest(WORKSPACE, None)) == exports[::-1]
    assert list(store.newest(WORKSPACE, "key:k-1")) == [exports[3], exports[1]]
