"""EXP-1, EXP-3: which rows an export has, in which order and form; manifests that prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest

from functions.export.by_account import usage_row
from functions.export.columns import TRANSACTION_COLUMNS, USAGE_COLUMNS, Column
from shared.domain.errors import NotFoundError
from shared.domain.exports import Selection
from shared.domain.journal import Paid
from shared.domain.pricing import BookReceipt
from shared.domain.tokens import Tokens
from shared.domain.usage import Repriced
from shared.http.views.accounts import transaction_view
from tests.exports import ADMIN, ALICE, KEY, Desk, parquet_rows, read_json, rows_of
from tests.factories import USER, a_log, a_usage, an_entry
from tests.fakes.clock import START_MS

DAY_MS = 86_400_000


def full_usage(log_id: str, **changes: Any) -> Any:
    """A log with every member there is."""
    members: dict[str, Any] = {
        "failed": True,
        "error_code": "rate_limited",
        "request_id": "req-1",
        "metadata": '{"note":"=1+1","price":0.10}',
        "tokens": Tokens.of_parts(1000, 200, 300, 100, 50),
        "cost_picos": 123_456_789_012,
    }
    return a_usage(log_id, **members | changes)


@pytest.fixture
def desk() -> Desk:
    """Two users with logs on two days and some other transactions."""
    desk = Desk(user_privacy="visible")
    desk.buy("alice", 100, note="=cmd|' /C calc'!A0", paid=Paid(5_000_000_000_000, "USD"))
    desk.record(full_usage("a-1", occurred_ms=START_MS - DAY_MS))
    desk.record(full_usage("b-1", user_id="bob", model=None, tokens=Tokens(70), service="tts"))
    desk.clock.advance(seconds=1)
    desk.record(a_usage("a-3", occurred_ms=START_MS), a_usage("a-2", occurred_ms=START_MS - 1))
    desk.buy("bob", 7, metadata='{"invoice":7}')
    return desk


def test_usage_is_grouped_by_account_and_in_time_order_within(desk: Desk) -> None:
    rows = desk.csv_rows(desk.usage())

    users = [row["userId"] for row in rows]
    assert sorted(users[:1] + users[-1:]) == ["alice", "bob"]
    assert [row["id"] for row in rows if row["userId"] == "alice"] == ["a-1", "a-2", "a-3"]
    assert [row["id"] for row in rows if row["userId"] == "bob"] == ["b-1"]
    assert desk.manifest(desk.usage())["order"] == (
        "archived days first; then grouped by account, occurredAt ascending within one"
    )


def test_transactions_are_grouped_by_account_and_in_order_of_seq(desk: Desk) -> None:
    export = desk.transactions()

    seen = [(row["userId"], row["seq"]) for row in desk.csv_rows(export)]
    assert sorted(seen) == [("alice", str(n)) for n in (1, 2, 3)] + [("bob", "1"), ("bob", "2")]
    assert [seq for user, seq in seen if user == "alice"] == ["1", "2", "3"]
    assert len({user for user, _ in seen[:2]}) == 1
    assert desk.manifest(export)["order"] == "grouped by account, seq ascending within one"


def names(columns: tuple[Column, ...]) -> list[str]:
    return [column.name for column in columns]


FROM_THE_BOOK = {"receipt.priceBook", "receipt.matched", "receipt.exchangeRate"}
REPRICED = {f"repriced.{name}" for name in ("repricingId", "cost", "credits", "receipt")}


def members_of(row: Mapping[str, Any], outer: str = "") -> set[str]:
    found = set()
    for name, value in row.items():
        inner = not outer and name in {"tokens", "receipt", "paid", "repriced"}
        found |= members_of(value, f"{name}.") if inner else {outer + name}
    return found


def test_columns_are_the_members_of_the_json_objects(desk: Desk) -> None:
    logs = read_json(desk.content(desk.usage(format="json")))
    transactions = read_json(desk.content(desk.transactions(format="json")))

    assert set().union(*map(members_of, logs)) == (
        set(names(USAGE_COLUMNS)) - FROM_THE_BOOK - REPRICED
    )
    assert set().union(*map(members_of, transactions)) == set(names(TRANSACTION_COLUMNS)) - {
        "refundOf"
    }


def test_what_only_some_rows_have_has_a_column_too() -> None:
    priced = a_log()
    priced = replace(
        priced, receipt=replace(priced.receipt, book=BookReceipt("1", ("openai", "gpt-4o"), 10**12))
    )
    repriced = Repriced("re-1", 2, 7_000_000_000, 7, priced.receipt, 2_000_000_000, 2)
    priced = replace(priced, repriced=repriced)
    entry = replace(an_entry(), refund_of="tx_1")

    log = usage_row(priced, "alice", Selection("usage-logs", "csv"))

    assert members_of(log) <= set(names(USAGE_COLUMNS))
    assert members_of(log) >= FROM_THE_BOOK | REPRICED
    assert members_of(transaction_view(entry, "alice")) <= set(names(TRANSACTION_COLUMNS))


def test_every_format_has_the_same_rows_with_exact_figures(desk: Desk) -> None:
    csv_rows = desk.csv_rows(desk.usage())
    array = read_json(desk.content(desk.usage(format="json")))
    lines = [read_json(line) for line in desk.content(desk.usage(format="jsonl")).splitlines()]

    assert array == lines
    for row, log in zip(csv_rows, array, strict=True):
        assert row["id"] == log["id"]
        assert Decimal(row["cost"]) == log["cost"]
        assert row["tokens.total"] == str(log["tokens"]["total"])
        assert row["receipt.basis"] == log["receipt"]["basis"]
        if "metadata" in log:
            assert row["metadata"] == '{"note":"=1+1","price":0.10}'
    assert {row["cost"] for row in csv_rows} == {"0.123456789012", "0.005"}


def test_a_total_without_parts_leaves_the_parts_empty(desk: Desk) -> None:
    (row,) = desk.csv_rows(desk.usage(userId="bob"))

    assert (row["tokens.total"], row["tokens.input"], row["model"]) == ("70", "", "")


def test_a_note_that_is_a_formula_is_defused(desk: Desk) -> None:
    (row, *_) = desk.csv_rows(desk.transactions(userId="alice"))

    assert row["note"] == "'=cmd|' /C calc'!A0"
    assert (row["paid.amount"], row["paid.currency"]) == ("5", "USD")
    assert row["usageLogIds"] == ""


@pytest.mark.parametrize("file_format", ["csv", "json", "jsonl", "parquet"])
def test_the_manifest_proves_what_the_file_holds(desk: Desk, file_format: str) -> None:
    export = desk.usage(format=file_format, service="chat", startDate="2026-11-19")

    content, manifest = desk.content(export), desk.manifest(export)
    rows: list[dict[str, Any]]
    if file_format == "csv":
        rows = [{**row, "tokens": {"total": row["tokens.total"]}} for row in rows_of(content)]
    elif file_format == "json":
        rows = read_json(content)
    elif file_format == "parquet":
        rows = [{**row, "tokens": {"total": row["tokens.total"]}} for row in parquet_rows(content)]
    else:
        rows = [read_json(line) for line in content.splitlines()]
    assert manifest == {
        "exportId": export.export_id,
        "kind": "usage-logs",
        "format": file_format,
        "filters": {"service": "chat", "startDate": "2026-11-19"},
        "range": {"start": "2026-11-19T00:00:00.000Z", "end": None},
        "rows": len(rows),
        "totals": {
            "credits": sum(int(row["credits"]) for row in rows),
            "cost": sum(Decimal(row["cost"]) for row in rows),
            "requests": len(rows),
            "totalTokens": sum(int(row["tokens"]["total"]) for row in rows),
        },
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
        "columns": names(USAGE_COLUMNS),
        "order": "archived days first; then grouped by account, occurredAt ascending within one",
        "createdAt": "2026-11-20T09:30:01.000Z",
    }
    assert manifest["rows"] == 3
    assert (export.rows, export.bytes, export.sha256) == (
        manifest["rows"],
        manifest["bytes"],
        manifest["sha256"],
    )


def test_the_manifest_of_transactions_adds_credits_and_debits(desk: Desk) -> None:
    export = desk.transactions(userId="alice")

    rows, manifest = desk.csv_rows(export), desk.manifest(export)
    sums = {
        kind: sum(int(row["amount"]) for row in rows if row["type"] == kind)
        for kind in ("credit", "debit")
    }
    assert manifest["totals"] == {"credits": sums["credit"], "debits": sums["debit"]}
    assert manifest["filters"] == {"userId": "alice"}
    assert (manifest["kind"], manifest["columns"]) == ("transactions", names(TRANSACTION_COLUMNS))
    assert sums["credit"] == 100


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"service": "tts"}, {"b-1"}),
        ({"model": "gpt-4o"}, {"a-1", "a-2", "a-3"}),
        ({"status": "error"}, {"a-1", "b-1"}),
        ({"status": "success"}, {"a-2", "a-3"}),
        ({"userId": USER}, {"a-1", "a-2", "a-3"}),
        ({"userId": USER, "status": "error"}, {"a-1"}),
        ({"userId": "nobody"}, set()),
        ({"startDate": "2026-11-20"}, {"a-2", "a-3", "b-1"}),
        ({"endDate": "2026-11-19"}, {"a-1"}),
        ({"startDate": "2026-11-20T09:30:00Z"}, {"a-3", "b-1"}),
        ({"startDate": "2026-11-20T00:00:00Z", "endDate": "2026-11-20T09:30:00Z"}, {"a-2"}),
        ({"startDate": "2027-01-01"}, set()),
    ],
)
def test_usage_filters(desk: Desk, query: dict[str, str], ids: set[str]) -> None:
    assert {row["id"] for row in desk.csv_rows(desk.usage(ADMIN, **query))} == ids


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"type": "credit"}, {("alice", 1), ("bob", 2)}),
        ({"reason": "usage"}, {("alice", 2), ("alice", 3), ("bob", 1)}),
        ({"reason": "promo"}, set()),
        ({"userId": "bob", "type": "credit"}, {("bob", 2)}),
        ({"startDate": "2026-11-20T09:30:01Z"}, {("alice", 3), ("bob", 2)}),
        ({"endDate": "2026-11-20T09:30:01Z"}, {("alice", 1), ("alice", 2), ("bob", 1)}),
        ({"endDate": "2026-11-19"}, set()),
        ({"q": "CALC"}, {("alice", 1)}),
        ({"q": "7"}, {("bob", 2)}),
        ({"q": "tts"}, {("bob", 1)}),
        ({"q": "GPT-4o usage"}, {("alice", 2), ("alice", 3)}),
        ({"q": "chat", "endDate": "2026-11-20T09:30:01Z"}, {("alice", 2)}),
        ({"q": "nothing"}, set()),
    ],
)
def test_transaction_filters(
    desk: Desk, query: dict[str, str], expected: set[tuple[str, int]]
) -> None:
    rows = desk.csv_rows(desk.transactions(ADMIN, **query))

    assert {(row["userId"], int(row["seq"])) for row in rows} == expected


def test_days_are_the_workspaces_local_ones() -> None:
    desk = Desk(user_privacy="visible", timezone="Asia/Kathmandu")
    midnight = START_MS - START_MS % DAY_MS - (5 * 60 + 45) * 60_000
    desk.record(a_usage("before", occurred_ms=midnight - 1), a_usage("at", occurred_ms=midnight))

    export = desk.usage(startDate="2026-11-20", endDate="2026-11-20")

    assert [row["id"] for row in desk.csv_rows(export)] == ["at"]
    assert desk.manifest(export)["range"] == {
        "start": "2026-11-19T18:15:00.000Z",
        "end": "2026-11-20T18:15:00.000Z",
    }


@pytest.mark.parametrize("file_format", ["csv", "json", "jsonl", "parquet"])
def test_an_export_of_nothing_is_a_whole_file_with_a_manifest(file_format: str) -> None:
    desk = Desk()

    export = desk.usage(format=file_format)

    assert (export.status, export.rows) == ("done", 0)
    totals = {"credits": 0, "cost": 0, "requests": 0, "totalTokens": 0}
    assert desk.manifest(export)["totals"] == totals
    if file_format == "json":
        assert read_json(desk.content(export)) == []


class TestPrivacy:
    """SEC-5: what admins see of users, and what users and backends see."""

    def test_an_admin_sees_accounts_and_no_free_text_where_users_are_pseudonymous(self) -> None:
        desk = Desk(user_privacy="pseudonymous")
        desk.record(full_usage("a-1"))

        for file_format in ("csv", "json", "jsonl", "parquet"):
            export = desk.usage(ADMIN, format=file_format, userId="alice")
            content, manifest = desk.content(export), desk.manifest(export)

            assert b"alice" not in content
            assert b"req-1" not in content
            assert b"1+1" not in content
            assert desk.account("alice").encode() in content
            assert manifest["filters"] == {"userId": desk.account("alice")}
            assert not {"metadata", "requestId"} & set(manifest["columns"])
        (row,) = desk.csv_rows(desk.usage(ADMIN, userId=desk.account("alice")))
        assert "metadata" not in row
        assert "requestId" not in row

    def test_an_admin_sees_users_where_the_workspace_shows_them(self) -> None:
        desk = Desk(user_privacy="visible")
        desk.record(full_usage("a-1"))

        (row,) = desk.csv_rows(desk.usage(ADMIN, userId=desk.account("alice")))

        assert (row["userId"], row["requestId"]) == ("alice", "req-1")

    @pytest.mark.parametrize("identity", [ALICE, KEY])
    def test_users_and_backends_see_the_ids_they_wrote(self, identity: Any) -> None:
        desk = Desk(user_privacy="pseudonymous")
        desk.record(full_usage("a-1"))

        (row,) = desk.csv_rows(desk.usage(identity))

        assert (row["userId"], row["requestId"]) == ("alice", "req-1")

    def test_the_ledger_shows_ids(self) -> None:
        desk = Desk(user_privacy="pseudonymous")
        desk.buy("alice", metadata='{"invoice":7}')

        (row,) = desk.csv_rows(desk.transactions())

        assert (row["userId"], row["metadata"]) == ("alice", '{"invoice":7}')
        assert row["accountId"] == desk.account("alice")

    def test_a_user_gets_only_their_own_logs(self) -> None:
        desk = Desk()
        desk.use("a-1", "alice")
        desk.use("b-1", "bob")

        for query in ({}, {"userId": "alice"}, {"userId": desk.account("alice")}):
            export = desk.usage(ALICE, **query)
            assert [row["id"] for row in desk.csv_rows(export)] == ["a-1"]
            assert desk.manifest(export)["filters"] == {"userId": "alice"}

    def test_a_user_who_asks_for_another_is_told_there_is_none(self) -> None:
        desk = Desk()
        desk.use("b-1", "bob")

        for user_id in ("bob", desk.account("bob"), "nobody"):
            with pytest.raises(NotFoundError):
                desk.usage(ALICE, userId=user_id)

    def test_no_item_of_an_export_holds_a_users_id(self) -> None:
        desk = Desk()
        desk.use("a-1", "alice-the-first")

        desk.usage(ADMIN, userId="alice-the-first")

        items = [item for item in desk.table.items() if "#EXPORTS" in str(item["pk"])]
        assert len(items) == 1
        assert "alice-the-first" not in str(items)
        assert "root" not in str(items)
