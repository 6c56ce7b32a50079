"""GET /api/usage-logs/user/{userId} and /api/usage-logs/{id}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import utc_text, zone_of
from shared.domain.usage import UsageLog
from shared.http.params import encode_cursor
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from tests.fakes.clock import START_MS
from tests.reads import Reads
from tests.usage import (
    DAY_MS,
    MODELS,
    SERVICES,
    ZONES,
    account,
    local_time,
    usage_log,
    usage_logs,
    workspace,
)

ALICE = "/api/usage-logs/user/alice"
HOUR_MS = 3_600_000

FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(SERVICES),
        "model": st.sampled_from(MODELS[1:]),
        "status": st.sampled_from(("success", "error")),
    },
)
TIMES = st.integers(START_MS - 50 * DAY_MS, START_MS + DAY_MS).map(utc_text) | st.integers(
    START_MS // HOUR_MS - 50 * 24, START_MS // HOUR_MS
).map(lambda hour: utc_text(hour * HOUR_MS))
DAYS = st.integers(0, 50).map(lambda back: utc_text(START_MS - back * DAY_MS)[:10])
RANGES = st.fixed_dictionaries({}, optional={"startDate": TIMES | DAYS, "endDate": TIMES | DAYS})


def expected_ids(
    logs: list[UsageLog], zone_name: str, query: Mapping[str, Any], order: str
) -> list[str]:
    """The ids of alice's logs that a list has to show, by going over all logs."""
    zone = zone_of(zone_name)

    def inside(log: UsageLog) -> bool:
        day, at = local_time(log, zone).date().isoformat(), utc_text(log.occurred_ms)
        first, last = str(query.get("startDate", "")), str(query.get("endDate", "9"))
        return (day >= first if len(first) <= 10 else at >= first) and (
            day <= last if len(last) <= 10 else at < last
        )

    rows = [
        log
        for log in logs
        if log.account_id == account("alice")
        and inside(log)
        and query.get("service") in {None, log.service}
        and query.get("model") in {None, log.model}
        and query.get("status") in {None, "error" if log.failed else "success"}
    ]
    rows.sort(key=lambda log: (log.occurred_ms, log.log_id), reverse=order == "desc")
    return [log.log_id for log in rows]


@given(
    usage_logs(),
    st.sampled_from(ZONES),
    FILTERS,
    RANGES,
    st.sampled_from(("asc", "desc")),
    st.integers(1, 7),
)
def test_pages_together_are_all_matching_logs_in_order_however_they_are_walked(
    logs: list[UsageLog],
    zone_name: str,
    filters: dict[str, str],
    dates: dict[str, str],
    order: str,
    limit: int,
) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))
    query = {**filters, **dates, "order": order, "limit": limit}
    status, body = reads.answer(ALICE, query)
    if status == 422:
        assert dates["startDate"] > dates["endDate"][: len(dates["startDate"])]
        return
    expected = expected_ids(logs, zone_name, query, order)
    pages = [expected[at : at + limit] for at in range(0, len(expected), limit)] or [[]]

    cursor: str | None = None
    for number, page in enumerate(pages, start=1):
        jumped = reads.get(ALICE, query | {"page": number})
        assert [log["id"] for log in jumped["usageLogs"]] == page
        assert (jumped["total"], jumped["page"], jumped["limit"]) == (len(expected), number, limit)
        walked = body if cursor is None else reads.get(ALICE, query | {"cursor": cursor})
        assert [log["id"] for log in walked["usageLogs"]] == page
        assert walked["total"] == len(expected)
        cursor = walked.get("nextCursor")
        assert jumped.get("nextCursor") == cursor
        assert (cursor is None) == (number == len(pages))
    beyond = reads.get(ALICE, query | {"page": len(pages) + 1})
    assert beyond["usageLogs"] == []
    assert beyond["total"] == len(expected)
    assert "nextCursor" not in beyond


def hourly(count: int, per_hour: int = 1, **members: Any) -> list[UsageLog]:
    """Logs of the last hours, the newest first."""
    return [
        usage_log(n, occurred_ms=START_MS - (n // per_hour) * HOUR_MS - (n % per_hour), **members)
        for n in range(count)
    ]


def test_a_far_page_is_reached_without_reading_what_comes_before_it() -> None:
    reads = Reads(hourly(1_000, per_hour=4))

    reads.get(ALICE, {"page": 45, "limit": 20})

    assert reads.logs.read <= 20 + 2 * 4


def test_a_first_page_of_everything_reads_little_more_than_it_shows() -> None:
    reads = Reads(hourly(1_000, per_hour=4))

    body = reads.get(ALICE)

    assert body["total"] == 1_000
    assert reads.logs.read <= 20 + 1


def test_rare_matches_are_found_without_reading_what_lies_between() -> None:
    common = hourly(2_000, per_hour=10)
    rare = [
        usage_log(9_000 + n, model="rare", occurred_ms=START_MS - n * 3 * DAY_MS - 5)
        for n in range(3)
    ]
    reads = Reads(common + rare)

    body = reads.get(ALICE, {"model": "rare"})

    assert [log["model"] for log in body["usageLogs"]] == ["rare"] * 3
    assert body["total"] == 3
    assert reads.logs.read <= 3 * 11


def test_days_without_errors_are_stepped_over() -> None:
    fine = hourly(2_000, per_hour=10)
    failed = usage_log(9_000, failed=True, occurred_ms=START_MS - 6 * DAY_MS)
    reads = Reads([*fine, failed])

    body = reads.get(ALICE, {"status": "error"})

    assert [log["id"] for log in body["usageLogs"]] == [failed.log_id]
    assert reads.logs.read <= 241


def test_a_range_that_begins_within_an_hour_counts_only_the_shorter_part_of_it() -> None:
    reads = Reads(hourly(2_000, per_hour=60))
    start = utc_text(START_MS - 10 * HOUR_MS - 30)

    body = reads.get(ALICE, {"startDate": start, "limit": 1})

    assert body["total"] == 10 * 60 + 31
    assert reads.logs.read <= 60 + 2


def test_a_range_through_too_many_logs_is_refused_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.domain.time_list.MAX_COUNTED_ROWS", 59)
    reads = Reads(hourly(120, per_hour=60))
    cut = {"startDate": utc_text(START_MS - 20)}

    status, body = reads.answer(ALICE, cut)

    assert status == 422
    assert body["errors"][0]["pointer"] == "?startDate"
    assert reads.get(ALICE, {"startDate": utc_text(START_MS)[:10]})["total"] == 120


def test_logs_past_the_retention_are_not_listed_and_not_found_and_lists_say_so() -> None:
    """OPS-3: whether or not the table has dropped them by now."""
    border_ms = (START_MS - 92 * DAY_MS) // DAY_MS * DAY_MS
    old = usage_log(1, occurred_ms=border_ms - 1)
    kept = usage_log(2, occurred_ms=border_ms)
    reads = Reads([old, kept])

    body = reads.get(ALICE, {"startDate": "2026-01-01"})

    assert [log["id"] for log in body["usageLogs"]] == [kept.log_id]
    assert body["total"] == 1
    assert body["archivedBefore"] == utc_text(border_ms)
    assert reads.answer(f"/api/usage-logs/{old.log_id}")[0] == 404
    assert reads.answer(f"/api/usage-logs/{kept.log_id}")[0] == 200


def test_a_raised_retention_lists_only_what_was_kept_all_along() -> None:
    raised_ms = START_MS - 5 * DAY_MS
    kept_since_ms = raised_ms - 10 * DAY_MS
    border_ms = kept_since_ms // DAY_MS * DAY_MS + DAY_MS
    logs = [usage_log(1, occurred_ms=border_ms - 1), usage_log(2, occurred_ms=border_ms)]
    reads = Reads(logs, workspace(retention_days=92, kept_since_ms=kept_since_ms))

    assert reads.get(ALICE)["archivedBefore"] == utc_text(border_ms)
    assert reads.get(ALICE)["total"] == 1


def test_a_log_that_a_fast_clock_dated_into_tomorrow_is_listed() -> None:
    midnight = START_MS // DAY_MS * DAY_MS + DAY_MS
    log = usage_log(1, occurred_ms=midnight + 60_000)
    reads = Reads([log], now_ms=midnight - 60_000)

    assert reads.get(ALICE)["total"] == 1


def test_an_unknown_user_has_an_empty_list() -> None:
    body = Reads(hourly(3)).get("/api/usage-logs/user/nobody")

    assert body.pop("archivedBefore") == "2026-08-20T00:00:00.000Z"
    assert body == {"usageLogs": [], "total": 0, "page": 1, "limit": 20}


@pytest.mark.parametrize("role", [ADMIN, SERVICE, OPERATOR])
def test_lists_and_single_logs_show_user_ids_to_whoever_may_see_them(role: str) -> None:
    reads = Reads(hourly(1), workspace(user_privacy="pseudonymous"))

    (listed,) = reads.get(ALICE, role=role)["usageLogs"]
    single = reads.get(f"/api/usage-logs/{listed['id']}", role=role)["usageLog"]

    assert listed == single
    assert single["userId"] == "alice"


def test_an_account_id_leads_to_the_same_list() -> None:
    reads = Reads(hourly(3))

    by_account = reads.get(f"/api/usage-logs/user/{account('alice')}")

    assert by_account == reads.get(ALICE)


def test_users_reach_their_own_logs_by_either_id() -> None:
    reads = Reads(hourly(1))

    for path in (ALICE, f"/api/usage-logs/user/{account('alice')}"):
        assert reads.get(path, role=USER, subject="alice")["total"] == 1
    assert reads.get("/api/usage-logs/log-000000", role=USER, subject="alice")


@pytest.mark.parametrize(
    "path",
    [ALICE, f"/api/usage-logs/user/{account('alice')}", "/api/usage-logs/log-000000"],
)
def test_users_do_not_learn_of_others_logs(path: str) -> None:
    reads = Reads(hourly(1))

    status, body = reads.answer(path, role=USER, subject="bob")

    assert (status, body["code"]) == (404, "not_found")


def test_anothers_log_and_no_log_are_told_apart_by_nothing() -> None:
    reads = Reads(hourly(1))

    bodies = [
        reads.answer(f"/api/usage-logs/{log_id}", role=USER, subject="bob")[1]["code"]
        for log_id in ("log-000000", "log-999999", "no such@@id!", "x" * 129)
    ]

    assert bodies == ["not_found"] * 4


@pytest.mark.parametrize(
    "query",
    [
        {"unknown": 1},
        {"limit": 0},
        {"limit": 101},
        {"page": 0},
        {"order": "up"},
        {"status": "failed"},
        {"model": "no such model"},
        {"startDate": "yesterday"},
        {"startDate": "2026-11-03", "endDate": "2026-11-01"},
        {"startDate": "2026-11-02", "endDate": "2026-11-01"},
        {"cursor": "?"},
        {"cursor": encode_cursor("no place")},
        {"cursor": encode_cursor("999999999999999 x")},
    ],
)
def test_parameters_are_checked(query: dict[str, object]) -> None:
    assert Reads(hourly(1)).status(ALICE, query) == 422


def test_a_made_up_cursor_leads_nowhere_else() -> None:
    reads = Reads(hourly(5))
    others = encode_cursor(f"{START_MS} zzz")

    body = reads.get(ALICE, {"cursor": others})

    assert {log["userId"] for log in body["usageLogs"]} <= {"alice"}


def test_a_single_log_takes_no_parameters() -> None:
    assert Reads(hourly(1)).status("/api/usage-logs/log-000000", {"page": 1}) == 422
