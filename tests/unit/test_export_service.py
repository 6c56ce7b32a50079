"""EXP-2, SEC-1: when an export becomes a job, and who may see it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from functions.export import service
from functions.export.estimates import MAX_DAYS, Estimates
from functions.export.schemas import Asking, transactions_query, usage_query
from functions.export.service import INLINE_SECONDS
from functions.export.views import answer_view, export_view, list_view
from shared.domain.calendar import zone_of
from shared.domain.errors import NotFoundError, UnavailableError, ValidationFailedError
from shared.domain.exports import KEPT_DAYS, SILENCE_MS, Export, Selection
from shared.http import json
from shared.http.messages import Identity
from shared.http.params import Paging
from shared.routes import ROUTES
from shared.store.accounts import DynamoAccounts
from tests.exports import ADMIN, ALICE, BOB, KEY, OTHER_KEY, Desk, read_json
from tests.factories import WORKSPACE, a_usage
from tests.fakes.clock import START_MS
from tests.fakes.export_ports import MemoryFile, MemoryFiles
from tests.fakes.ports import MemoryCells

OPERATOR = Identity(WORKSPACE, "operator", "ops")
ASKING = Asking(zone_of("UTC"), START_MS, lambda user_id: user_id)
FIRST_PAGE = Paging(1, 20, None)
DAY_MS = 86_400_000


def shown(export: Export, desk: Desk) -> dict[str, Any]:
    view: dict[str, Any] = read_json(json.dump(export_view(export, desk.clock.now_ms())))
    return view


class TestShort:
    def test_a_short_export_is_done_at_once_and_remembered(self) -> None:
        desk = Desk()
        desk.use("a-1")

        export = desk.usage(ALICE)

        assert export.status == "done"
        assert desk.now(export) == export
        assert desk.queue.sent == []
        assert shown(export, desk) == {
            "id": export.export_id,
            "kind": "usage-logs",
            "format": "csv",
            "status": "done",
            "rows": 1,
            "progress": 1,
            "createdAt": "2026-11-20T09:30:00.000Z",
            "bytes": len(desk.content(export)),
            "sha256": export.sha256,
            "totals": {
                "credits": 5,
                "cost": Decimal("0.005"),
                "requests": 1,
                "totalTokens": 1200,
            },
        }

    def test_its_links_lead_to_both_files_and_say_when_they_end(self) -> None:
        desk = Desk()
        export = desk.usage(ALICE)

        links = desk.exports.links(desk.workspace, export)
        answer = answer_view(export, links, desk.clock.now_ms())

        assert list(answer) == ["export", "downloadUrl", "manifestUrl", "expiresAt"]
        assert str(answer["downloadUrl"]).startswith(f"https://files.example.com/{export.data_key}")
        assert export.manifest_key in str(answer["manifestUrl"])
        assert answer["expiresAt"] == "2026-11-20T10:25:00.000Z"

    def test_each_look_signs_anew(self) -> None:
        desk = Desk()
        export = desk.usage(ALICE)
        first = desk.exports.links(desk.workspace, export)
        desk.clock.advance(minutes=30)

        assert desk.exports.links(desk.workspace, export) != first

    def test_files_lie_under_the_workspace_and_an_id_nobody_can_guess(self) -> None:
        desk = Desk()

        first, second = desk.usage(), desk.usage()

        assert first.data_key == f"exports/{WORKSPACE}/{first.export_id}/0.csv"
        assert first.export_id != second.export_id
        assert set(desk.files.media_types.values()) == {
            "text/csv; charset=utf-8",
            "application/json",
        }


class SlowFile(MemoryFile):
    """Takes ten seconds for each write."""

    def write(self, chunk: bytes) -> None:
        super().write(chunk)
        assert isinstance(self._files, SlowFiles)
        self._files.desk.clock.advance(seconds=10)


class SlowFiles(MemoryFiles):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    def create(self, key: str, media_type: str) -> MemoryFile:
        return SlowFile(self, key, media_type)


class TestLong:
    def test_an_export_that_is_estimated_long_becomes_a_job_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        desk = Desk()
        desk.record(a_usage("a-1"), a_usage("a-2"))
        monkeypatch.setattr(service, "INLINE_ROWS", 1)

        export = desk.usage(ALICE)

        assert (export.status, export.estimate) == ("running", 2)
        assert desk.now(export) == export
        assert desk.queue.sent == [(WORKSPACE, export.export_id)]
        assert desk.files.content == {}
        assert desk.files.dropped == []
        assert desk.exports.links(desk.workspace, export) is None
        assert answer_view(export, None, desk.clock.now_ms()) == {"export": shown_plain(export)}

    def test_an_export_that_runs_past_the_budget_is_dropped_and_becomes_a_job(self) -> None:
        desk = Desk()
        for user in ("alice", "bob", "carol"):
            desk.use(f"{user}-1", user)
        desk.write._files = SlowFiles(desk)
        began = desk.clock.monotonic()

        export = desk.usage(ADMIN)

        assert INLINE_SECONDS < desk.clock.monotonic() - began <= INLINE_SECONDS + 10
        assert (export.status, export.rows) == ("running", 0)
        assert desk.queue.sent == [(WORKSPACE, export.export_id)]
        assert desk.write._files.dropped == [export.data_key]
        assert desk.write._files.content == {}

    def test_a_queue_that_takes_nothing_leaves_no_export_running_for_ever(self) -> None:
        desk = Desk()
        desk.use("a-1")
        desk.queue.closed = True
        desk.write._files = SlowFiles(desk)
        desk.use("b-1", "bob")

        with pytest.raises(UnavailableError):
            desk.usage(ADMIN)

        (export,) = desk.store.newest(WORKSPACE, None)
        assert export.status == "failed"

    def test_files_that_cannot_be_written_leave_no_export_behind(self) -> None:
        desk = Desk()
        desk.files.full = True

        with pytest.raises(UnavailableError):
            desk.usage(ADMIN)

        assert list(desk.store.newest(WORKSPACE, None)) == []

    @pytest.mark.parametrize(
        ("read", "progress"), [(0, "0"), (50, "0.5"), (99, "0.99"), (100, "0.99"), (500, "0.99")]
    )
    def test_progress_reaches_one_only_when_it_is_done(self, read: int, progress: str) -> None:
        selection = Selection("usage-logs", "csv")
        export = Export(WORKSPACE, "id", "key:1", selection, 0, 0, estimate=100, read=read)

        assert str(export_view(export, 0)["progress"]) == progress

    def test_a_run_that_nobody_heard_of_for_long_has_failed(self) -> None:
        selection = Selection("usage-logs", "csv")
        export = Export(WORKSPACE, "id", "key:1", selection, 0, 1000)

        assert export_view(export, 1000 + SILENCE_MS)["status"] == "running"
        assert export_view(export, 1001 + SILENCE_MS)["status"] == "failed"


def shown_plain(export: Export) -> dict[str, object]:
    return export_view(export, export.created_ms)


class TestWhoMaySee:
    @pytest.mark.parametrize("identity", [ALICE, KEY, ADMIN])
    def test_who_asked_sees_it(self, identity: Identity) -> None:
        desk = Desk()
        export = desk.usage(identity)

        assert desk.exports.get(identity, desk.workspace, export.export_id) == export

    @pytest.mark.parametrize("reader", [ADMIN, OPERATOR, Identity(WORKSPACE, "admin", "other")])
    @pytest.mark.parametrize("asker", [ALICE, KEY, ADMIN])
    def test_an_admin_sees_everybodys(self, asker: Identity, reader: Identity) -> None:
        desk = Desk()
        export = desk.usage(asker)

        assert desk.exports.get(reader, desk.workspace, export.export_id) == export

    @pytest.mark.parametrize(
        ("asker", "reader"),
        [
            (ALICE, BOB),
            (ALICE, KEY),
            (KEY, ALICE),
            (KEY, OTHER_KEY),
            (ADMIN, ALICE),
            (ADMIN, KEY),
            (ADMIN, Identity(WORKSPACE, "user", "root")),
            (Identity(WORKSPACE, "user", "key-1"), KEY),
        ],
    )
    def test_for_anybody_else_there_is_none(self, asker: Identity, reader: Identity) -> None:
        desk = Desk()
        export = desk.usage(asker)

        with pytest.raises(NotFoundError):
            desk.exports.get(reader, desk.workspace, export.export_id)
        page, total = desk.exports.list(reader, desk.workspace, FIRST_PAGE)
        assert (page.rows, total) == ([], 0)

    def test_there_is_none_of_another_workspace(self) -> None:
        desk = Desk()
        export = desk.usage(ADMIN)
        elsewhere = Desk()

        with pytest.raises(NotFoundError):
            elsewhere.exports.get(ADMIN, elsewhere.workspace, export.export_id)

    def test_the_list_is_newest_first_and_goes_on_by_page_or_cursor(self) -> None:
        desk = Desk()
        made = []
        for _ in range(5):
            desk.clock.advance(ms=1)
            made.append(desk.usage(ALICE))
            desk.usage(BOB)
        newest = made[::-1]

        first, total = desk.exports.list(ALICE, desk.workspace, Paging(1, 2, None))
        by_page, _ = desk.exports.list(ALICE, desk.workspace, Paging(2, 2, None))
        by_cursor, _ = desk.exports.list(ALICE, desk.workspace, Paging(1, 2, first.next_key))
        last, _ = desk.exports.list(ALICE, desk.workspace, Paging(1, 2, by_cursor.next_key))
        _, everybodys = desk.exports.list(ADMIN, desk.workspace, FIRST_PAGE)

        assert (first.rows, total, everybodys) == (newest[:2], 5, 10)
        assert by_page.rows == by_cursor.rows == newest[2:4]
        assert (last.rows, last.next_key) == (newest[4:], None)
        body = list_view(first, total, Paging(1, 2, None), desk.clock.now_ms())
        assert list(body) == ["exports", "total", "page", "limit", "nextCursor"]

    def test_an_export_is_gone_when_its_files_are(self) -> None:
        desk = Desk()
        export = desk.usage(ALICE)
        desk.clock.advance(days=KEPT_DAYS)

        with pytest.raises(NotFoundError):
            desk.exports.get(ALICE, desk.workspace, export.export_id)
        assert desk.exports.list(ALICE, desk.workspace, FIRST_PAGE)[1] == 0

    def test_only_an_admin_may_export_transactions(self) -> None:
        (route,) = [r for r in ROUTES if r.path == "/api/admin/transactions/export"]

        assert route.roles == {"admin", "operator"}


class TestQueries:
    @pytest.mark.parametrize(
        ("query", "word"),
        [
            ({"format": "xml"}, "csv, json, jsonl, parquet"),
            ({"status": "failed"}, "success, error"),
            ({"userId": "a/b"}, "userId"),
            ({"service": "a b"}, "service"),
            ({"startDate": "yesterday"}, "startDate"),
            ({"startDate": "2026-11-20", "endDate": "2026-11-19"}, "endDate"),
            ({"limit": "10"}, "limit"),
            ({"type": "debit"}, "type"),
        ],
    )
    def test_usage_refuses_what_it_does_not_know(self, query: dict[str, str], word: str) -> None:
        with pytest.raises(ValidationFailedError, match=word):
            usage_query(query, ASKING)

    @pytest.mark.parametrize(
        ("query", "word"),
        [
            ({"q": " "}, "must say what to look for"),
            ({"q": "x" * 201}, "at most 200 characters"),
            ({"type": "usage"}, "debit, credit"),
            ({"reason": "gift"}, "purchase, usage, refund, promo, adjustment"),
            ({"service": "chat"}, "service"),
        ],
    )
    def test_transactions_refuse_what_they_do_not_know(
        self, query: dict[str, str], word: str
    ) -> None:
        with pytest.raises(ValidationFailedError, match=word):
            transactions_query(query, ASKING)


class TestEstimates:
    def test_usage_is_estimated_from_the_cells_of_the_range(self) -> None:
        desk = Desk()
        days = [START_MS - n * DAY_MS for n in (0, 1, 1, 40, 80)]
        rows = [a_usage(f"log-{n}", occurred_ms=at) for n, at in enumerate(days)]
        desk.record(*rows)
        logs = [log for row in rows if (log := desk.logs.get(WORKSPACE, row.log_id))]
        cells = MemoryCells(desk.workspace, logs)
        estimates = Estimates(cells, DynamoAccounts(desk.table))

        def rows_of(**query: str) -> int:
            wanted = usage_query(query, ASKING)
            return estimates.rows(desk.workspace, wanted.selection, desk.clock.now_ms())

        assert rows_of() == 5
        assert rows_of(startDate="2026-11-19") == 3
        assert rows_of(startDate="2026-11-19", endDate="2026-11-19") == 2
        assert rows_of(endDate="2026-10-31") == 2
        assert rows_of(startDate="2027-01-01") == 0
        assert rows_of(endDate="1999-01-01") == 0
        families = {asked[1] for asked in cells.asked}
        assert families == {"D", "M"}
        for _, family, first, last in cells.asked:
            assert family == "M" or first <= last

    def test_long_ranges_read_few_cells(self) -> None:
        desk = Desk(created_ms=START_MS - 3000 * DAY_MS)
        cells = MemoryCells(desk.workspace, [])
        estimates = Estimates(cells, DynamoAccounts(desk.table))

        estimates.rows(desk.workspace, Selection("transactions", "csv"), START_MS)
        short = Selection("usage-logs", "csv", start_ms=START_MS - (MAX_DAYS - 2) * DAY_MS)
        estimates.rows(desk.workspace, short, START_MS)

        assert [asked[1] for asked in cells.asked] == ["M", "D"]

    def test_an_accounts_transactions_are_counted_exactly(self) -> None:
        desk = Desk()
        for _ in range(3):
            desk.buy("alice")
            desk.clock.advance(days=1)
        estimates = Estimates(MemoryCells(desk.workspace, []), desk.accounts)

        def rows_of(**query: str) -> int:
            selection = transactions_query(query, ASKING).selection
            own = Selection(
                "transactions",
                "csv",
                desk.account("alice"),
                selection.start_ms,
                selection.end_ms,
            )
            return estimates.rows(desk.workspace, own, desk.clock.now_ms())

        assert rows_of() == 3
        assert rows_of(startDate="2026-11-21") == 2
        assert rows_of(startDate="2026-11-21", endDate="2026-11-21") == 1
        assert rows_of(endDate="2026-11-19") == 0
