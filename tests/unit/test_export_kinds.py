"""EXP-1, EXP-3, SEC-2, SEC-5: the audit trail, answers about usage, and a workspace's usage as files."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from functions.export.columns import AUDIT_COLUMNS, SUMMARY_COLUMNS, Column
from functions.export.schemas import Asking, analytics_query, audit_query, workspace_query
from shared.domain.audit import masked
from shared.domain.calendar import zone_of
from shared.domain.errors import ValidationFailedError
from shared.domain.exports import Selection
from shared.routes import ROUTES
from tests.exports import ADMIN, KEY, Desk, parquet_rows, read_json
from tests.factories import a_usage
from tests.fakes.clock import START_MS

DAY_MS = 86_400_000
ASKING = Asking(zone_of("UTC"), START_MS, lambda user_id: f"acct_{user_id:0>20}")


def names(columns: tuple[Column, ...]) -> list[str]:
    return [column.name for column in columns]


class TestAudit:
    @pytest.fixture
    def desk(self) -> Desk:
        """A trail in which users stand by account, and staff and keys by their ids."""
        desk = Desk()
        desk.use("a-1", "alice")
        for actor in (f"user:{masked(desk.account('alice'))}", "user:root", "key:k-1"):
            desk.audited(actor)
            desk.clock.advance(seconds=1)
        resource = f"/api/admin/accounts/{masked(desk.account('alice'))}"
        desk.audited("user:root", "GET /api/admin/accounts/{userId}", resource=resource, status=403)
        return desk

    def test_entries_stand_in_order_of_time_with_users_named(self, desk: Desk) -> None:
        export = desk.trail()

        rows, manifest = desk.csv_rows(export), desk.manifest(export)
        assert [row["actor"] for row in rows] == ["user:alice", "user:root", "key:k-1", "user:root"]
        assert sorted(row["at"] for row in rows) == [row["at"] for row in rows]
        assert rows[3]["resource"] == "/api/admin/accounts/alice"
        assert (rows[3]["outcome"], rows[3]["status"]) == ("denied", "403")
        assert (manifest["kind"], manifest["totals"]) == ("audit", {})
        assert (manifest["columns"], manifest["order"]) == (names(AUDIT_COLUMNS), "at ascending")
        assert manifest["rows"] == 4

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ({"actor": "user:alice"}, 1),
            ({"actor": "user:root"}, 2),
            ({"actor": "key:k-1"}, 1),
            ({"actor": "user:nobody"}, 0),
            ({"action": "GET /api/exports"}, 3),
            ({"action": "GET /api/exports", "actor": "user:root"}, 1),
            ({"startDate": "2026-11-20T09:30:01Z"}, 3),
            ({"endDate": "2026-11-20T09:30:01Z"}, 1),
            ({"endDate": "2026-11-19"}, 0),
        ],
    )
    def test_filters_are_those_of_the_list(
        self, desk: Desk, query: dict[str, str], count: int
    ) -> None:
        export = desk.trail(ADMIN, **query)

        assert len(desk.csv_rows(export)) == export.rows == count
        assert desk.manifest(export)["filters"] == query

    def test_a_user_is_also_found_by_their_account(self, desk: Desk) -> None:
        export = desk.trail(actor=f"user:{desk.account('alice')}")

        assert [row["actor"] for row in desk.csv_rows(export)] == ["user:alice"]

    def test_somebody_who_is_both_user_and_staff_is_found_as_both(self, desk: Desk) -> None:
        desk.use("r-1", "root")
        desk.audited(f"user:{masked(desk.account('root'))}")

        assert desk.trail(actor="user:root").rows == 3

    def test_no_item_of_an_export_holds_the_id_of_a_user_who_was_looked_for(
        self, desk: Desk
    ) -> None:
        desk.trail(actor="user:alice")

        items = [item for item in desk.table.items() if "#EXPORTS" in str(item["pk"])]
        assert len(items) == 1
        assert "alice" not in str(items)

    @pytest.mark.parametrize("file_format", ["json", "jsonl", "parquet"])
    def test_every_format_has_the_same_entries(self, desk: Desk, file_format: str) -> None:
        expected = [(row["id"], row["actor"], row["ip"]) for row in desk.csv_rows(desk.trail())]

        content = desk.content(desk.trail(format=file_format))

        rows: list[dict[str, Any]]
        if file_format == "parquet":
            rows = parquet_rows(content)
            assert [row["at"] for row in rows] == [START_MS + n * 1000 for n in range(4)]
        else:
            lines = [content] if file_format == "json" else content.splitlines()
            found = [read_json(line) for line in lines]
            rows = found[0] if file_format == "json" else found
        assert [(row["id"], row["actor"], row["ip"]) for row in rows] == expected

    def test_a_rare_match_does_not_keep_the_reader_silent(self) -> None:
        desk = Desk()
        for _ in range(1_200):
            desk.audited("key:k-1")
        desk.clock.advance(seconds=1)
        desk.audited("key:k-2")

        batches = list(desk.rows.read(desk.workspace, Selection("audit", "csv", actor="key:k-2")))

        assert [batch.read for batch in batches] == [500, 500, 201]
        assert [len(batch.rows) for batch in batches] == [0, 0, 1]

    @pytest.mark.parametrize("query", [{"userId": "alice"}, {"format": "xml"}, {"actor": "alice"}])
    def test_what_is_not_known_is_refused(self, query: dict[str, str]) -> None:
        with pytest.raises(ValidationFailedError):
            audit_query(query, ASKING)


class TestSummaries:
    @pytest.fixture
    def desk(self) -> Desk:
        """Two users with two services on two days, folded."""
        desk = Desk()
        desk.record(
            a_usage("a-1", occurred_ms=START_MS - DAY_MS),
            a_usage("a-2", occurred_ms=START_MS, cost_picos=1, service="tts"),
            a_usage("b-1", occurred_ms=START_MS, user_id="bob", failed=True),
        )
        desk.fold()
        return desk

    def test_a_day_a_row_in_their_order_with_exact_figures(self, desk: Desk) -> None:
        dates = {"startDate": "2026-11-18", "endDate": "2026-11-20"}
        export = desk.analytics(ADMIN, kind="summary", groupBy="day", **dates)

        rows, manifest = desk.csv_rows(export), desk.manifest(export)
        assert [row["key"] for row in rows] == ["2026-11-18", "2026-11-19", "2026-11-20"]
        assert [row["requests"] for row in rows] == ["0", "1", "2"]
        assert manifest["kind"] == "summary"
        assert manifest["columns"] == names(SUMMARY_COLUMNS)
        assert manifest["order"] == "key ascending"
        assert manifest["filters"] == dates | {"groupBy": "day"}
        assert manifest["range"] == {
            "start": "2026-11-18T00:00:00.000Z",
            "end": "2026-11-21T00:00:00.000Z",
        }
        assert manifest["totals"] == {
            "requests": 3,
            "credits": sum(int(row["credits"]) for row in rows),
            "cost": sum(Decimal(row["cost"]) for row in rows),
            "totalTokens": sum(int(row["tokens.total"]) for row in rows),
        }
        assert manifest["rows"] == export.rows == 3

    def test_without_dates_it_is_the_last_thirty_days(self, desk: Desk) -> None:
        export = desk.analytics(kind="summary", groupBy="day")

        assert export.rows == 30
        filters = desk.manifest(export)["filters"]
        assert (filters["startDate"], filters["endDate"]) == ("2026-10-22", "2026-11-20")

    def test_columns_are_the_members_of_the_rows(self, desk: Desk) -> None:
        rows = read_json(
            desk.content(desk.analytics(kind="summary", groupBy="service", format="json"))
        )

        found = {
            f"{name}.{inner}" if isinstance(value, dict) else name
            for row in rows
            for name, value in row.items()
            for inner in (value if isinstance(value, dict) else [""])
        }
        assert {"key", "cost", "errorRate", "tokens.total"} <= found <= set(names(SUMMARY_COLUMNS))
        assert [row["key"] for row in rows] == ["chat", "tts"]

    def test_parquet_keeps_quotients_as_decimals(self, desk: Desk) -> None:
        export = desk.analytics(
            kind="summary", groupBy="status", metric="requests", format="parquet"
        )

        rows = parquet_rows(desk.content(export))
        assert [(row["key"], row["errorRate"]) for row in rows] == [
            ("success", Decimal("0.000000")),
            ("error", Decimal("1.000000")),
        ]
        assert desk.manifest(export)["order"] == "requests descending"

    def test_admins_see_accounts_or_users_as_the_workspace_decides(self) -> None:
        for privacy, hidden in (("pseudonymous", True), ("visible", False)):
            desk = Desk(user_privacy=privacy)
            desk.use("a-1", "alice")
            desk.fold()
            rows = desk.csv_rows(desk.analytics(kind="summary", groupBy="user"))
            assert [row["key"] for row in rows] == [desk.account("alice") if hidden else "alice"]

    def test_a_filter_narrows_rows_and_totals(self, desk: Desk) -> None:
        export = desk.analytics(kind="summary", groupBy="day", userId="alice", service="tts")

        assert desk.manifest(export)["totals"]["requests"] == 1
        assert desk.manifest(export)["filters"]["userId"] == desk.account("alice")

    def test_figures_that_are_not_kept_are_refused_at_once(self, desk: Desk) -> None:
        with pytest.raises(ValidationFailedError):
            desk.analytics(kind="summary", groupBy="country", service="chat")
        assert not [item for item in desk.table.items() if "#EXPORTS" in str(item["pk"])]

    @pytest.mark.parametrize(
        ("query", "word"),
        [
            ({"kind": "summary"}, "groupBy"),
            ({"kind": "summary", "groupBy": "planet"}, "groupBy"),
            ({"kind": "summary", "groupBy": "day", "startDate": "2026-11-20"}, "endDate"),
            ({"kind": "summary", "groupBy": "day", "metric": "fun"}, "metric"),
            ({"kind": "everything"}, "kind"),
            ({"groupBy": "day"}, "groupBy"),
            ({"kind": "logs", "metric": "cost"}, "metric"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, query: dict[str, str], word: str) -> None:
        with pytest.raises(ValidationFailedError, match=word):
            analytics_query(query, ASKING)

    def test_logs_are_the_kind_unless_another_is_named(self, desk: Desk) -> None:
        for query in ({}, {"kind": "logs"}):
            export = desk.analytics(ADMIN, **query, status="error")
            assert [row["id"] for row in desk.csv_rows(export)] == ["b-1"]
            assert desk.manifest(export)["kind"] == "usage-logs"


class TestWorkspaceUsage:
    def test_it_is_every_log_by_dates_alone(self) -> None:
        desk = Desk()
        desk.record(a_usage("old", occurred_ms=START_MS - DAY_MS), a_usage("new"))

        export = desk.ask(workspace_query, KEY, {"startDate": "2026-11-20", "format": "json"})

        assert [row["id"] for row in read_json(desk.content(export))] == ["new"]

    @pytest.mark.parametrize("query", [{"format": "parquet"}, {"userId": "a"}, {"service": "a"}])
    def test_other_formats_and_filters_are_refused(self, query: dict[str, str]) -> None:
        with pytest.raises(ValidationFailedError):
            workspace_query(query, ASKING)


def test_exports_are_open_to_whom_the_contract_says() -> None:
    roles = {
        route.path: route.roles
        for route in ROUTES
        if route.function == "export" and route.path.startswith(("/api/usage", "/api/a"))
    }

    staff = {"admin", "operator"}
    assert roles == {
        "/api/usage-logs/export": {"user", "service"} | staff,
        "/api/usage/export/{workspaceId}": {"service"} | staff,
        "/api/analytics/export": staff,
        "/api/admin/transactions/export": staff,
        "/api/admin/audit/export": staff,
    }
