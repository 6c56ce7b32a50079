"""GET /api/usage-logs/stats and /api/usage-logs/summary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import add_days, days_between, local_day, zone_of
from shared.domain.usage import UsageLog
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from tests.fakes.clock import START_MS
from tests.reads import Reads
from tests.usage import (
    DAY_MS,
    MODELS,
    SERVICES,
    USERS,
    ZONES,
    account,
    assert_measures,
    cost_of,
    grouped,
    local_time,
    usage_log,
    usage_logs,
    workspace,
)

STATS = "/api/usage-logs/stats"
SUMMARY = "/api/usage-logs/summary"

FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(SERVICES),
        "model": st.sampled_from(MODELS[1:]),
        "userId": st.sampled_from((*USERS, "nobody")),
    },
)
LENGTHS = st.integers(1, 60)
BACK = st.integers(-1, 40)


def selected(
    logs: Sequence[UsageLog], zone_name: str, query: Mapping[str, Any], first: str, last: str
) -> list[UsageLog]:
    """The logs that an answer has to be about."""
    zone = zone_of(zone_name)
    user_id = query.get("userId")
    return [
        log
        for log in logs
        if first <= local_time(log, zone).date().isoformat() <= last
        and (user_id is None or log.account_id == account(user_id))
        and query.get("service") in {None, log.service}
        and query.get("model") in {None, log.model}
    ]


def combined(query: Mapping[str, Any]) -> bool:
    """Whether a filter by user meets one by service or model, where p95 is not kept."""
    return "userId" in query and bool({"service", "model"} & query.keys())


@given(usage_logs(), st.sampled_from(ZONES), FILTERS, BACK, LENGTHS)
def test_statistics_are_a_fold_over_the_logs(
    logs: list[UsageLog], zone_name: str, filters: dict[str, str], back: int, length: int
) -> None:
    zone = zone_of(zone_name)
    last = add_days(local_day(START_MS, zone), -back)
    first = add_days(last, 1 - length)
    reads = Reads(logs, workspace(timezone=zone_name))

    found = reads.get(STATS, filters | {"startDate": first, "endDate": last})["statistics"]

    taken = selected(logs, zone_name, filters, first, last)
    whole, parts = not combined(filters), "userId" not in filters
    assert_measures(found, taken, percentile=whole)
    assert found["currency"] == "USD"
    assert found["users"] == len({log.account_id for log in taken})
    assert "usersEstimated" not in found
    _assert_rows(found["byService"], taken, ("service",), lambda log: (log.service,), parts)
    _assert_rows(
        found["byModel"], taken, ("service", "model"), lambda log: (log.service, log.model), parts
    )
    days = grouped(taken, lambda log: local_time(log, zone).date().isoformat())
    assert [row["date"] for row in found["byDay"]] == days_between(first, last)
    for row in found["byDay"]:
        assert_measures(row, days.get(row["date"], []), percentile=whole)
    hours = grouped(taken, lambda log: local_time(log, zone).hour)
    assert found["byHour"] == [
        {
            "hour": hour,
            "requests": len(hours.get(hour, [])),
            "cost": cost_of(hours.get(hour, [])),
            "totalTokens": sum(log.tokens.total for log in hours.get(hour, []) if log.tokens),
        }
        for hour in range(24)
    ]


def _assert_rows(
    rows: list[dict[str, Any]],
    logs: list[UsageLog],
    names: tuple[str, ...],
    key: Callable[[UsageLog], tuple[str | None, ...]],
    percentile: bool,
) -> None:
    groups = grouped(logs, key)
    keys = [tuple(row[name] for name in names) for row in rows]
    assert sorted(keys, key=str) == sorted(groups, key=str)
    assert [row["cost"] for row in rows] == sorted((row["cost"] for row in rows), reverse=True)
    for row in rows:
        assert_measures(row, groups[tuple(row[name] for name in names)], percentile=percentile)


KEYS: dict[str, Callable[[UsageLog, Any], str]] = {
    "day": lambda log, zone: f"{local_time(log, zone):%Y-%m-%d}",
    "week": lambda log, zone: f"{local_time(log, zone):%G-W%V}",
    "month": lambda log, zone: f"{local_time(log, zone):%Y-%m}",
    "service": lambda log, _: log.service,
    "model": lambda log, _: f"{log.service}/{log.model or ''}",
    "user": lambda log, _: log.account_id,
}
TIMES = ("day", "week", "month")


@given(usage_logs(), st.sampled_from(ZONES), FILTERS, st.sampled_from(sorted(KEYS)), BACK, LENGTHS)
def test_summaries_are_a_fold_over_the_logs(
    logs: list[UsageLog],
    zone_name: str,
    filters: dict[str, str],
    group: str,
    back: int,
    length: int,
) -> None:
    zone = zone_of(zone_name)
    last = add_days(local_day(START_MS, zone), -back)
    first = add_days(last, 1 - length)
    reads = Reads(logs, workspace(timezone=zone_name))
    query = filters | {"startDate": first, "endDate": last, "groupBy": group}

    found = reads.get(SUMMARY, query)

    taken = selected(logs, zone_name, filters, first, last)
    about_user = "userId" in filters or group == "user"
    about_model = bool({"service", "model"} & filters.keys()) or group in {"service", "model"}
    assert found["currency"] == "USD"
    assert_measures(found["totals"], taken, percentile=not combined(filters))
    groups = grouped(taken, lambda log: KEYS[group](log, zone))
    rows = found["summary"]
    for key in {row["key"] for row in rows}:
        # `a` + `b/c` and `a/b` + `c` are different models whose keys are the same.
        same = [row for row in rows if row["key"] == key]
        if len(same) > 1:
            assert group == "model"
            assert sum(row["requests"] for row in same) == len(groups[key])
            continue
        assert_measures(same[0], groups.get(key, []), percentile=not (about_user and about_model))
    keys = [row["key"] for row in rows]
    if group in TIMES:
        assert keys == sorted(set(keys))
        assert groups.keys() <= set(keys)
        assert sum(row["requests"] for row in rows) == len(taken)
    else:
        assert set(keys) == groups.keys()


def test_summaries_show_every_day_week_and_month_of_the_range() -> None:
    reads = Reads()
    dates = {"startDate": "2026-10-30", "endDate": "2026-11-02"}

    by_day, by_week, by_month = (
        [row["key"] for row in reads.get(SUMMARY, dates | {"groupBy": group})["summary"]]
        for group in TIMES
    )

    assert by_day == ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]
    assert by_week == ["2026-W44", "2026-W45"]
    assert by_month == ["2026-10", "2026-11"]


@pytest.mark.parametrize(
    ("period", "first"),
    [
        (None, "2026-10-22"),
        ("today", "2026-11-20"),
        ("7d", "2026-11-14"),
        ("7", "2026-11-14"),
        ("30d", "2026-10-22"),
        ("30", "2026-10-22"),
        ("90d", "2026-08-23"),
        ("month", "2026-11-01"),
    ],
)
def test_a_period_is_local_days_up_to_today(period: str | None, first: str) -> None:
    query = {} if period is None else {"period": period}

    days = [row["key"] for row in Reads().get(SUMMARY, query)["summary"]]

    assert (days[0], days[-1]) == (first, "2026-11-20")
    assert days == days_between(first, "2026-11-20")


def test_statistics_without_dates_are_of_the_last_thirty_days_today_included() -> None:
    days = [row["date"] for row in Reads().get(STATS)["statistics"]["byDay"]]

    assert days == days_between("2026-10-22", "2026-11-20")


def test_today_is_the_workspaces_own_day() -> None:
    late = START_MS // DAY_MS * DAY_MS + 20 * 3_600_000
    reads = Reads(acme=workspace(timezone="Asia/Kathmandu"), now_ms=late)

    (row,) = reads.get(SUMMARY, {"period": "today"})["summary"]

    assert row["key"] == "2026-11-21"


def logs_of_two() -> list[UsageLog]:
    return [
        usage_log(1, user="alice", service="openai", cost_picos=10**12),
        usage_log(2, user="bob", service="chat", cost_picos=2 * 10**12),
    ]


@pytest.mark.parametrize(
    ("privacy", "role", "keys"),
    [
        ("pseudonymous", ADMIN, [account("bob"), account("alice")]),
        ("pseudonymous", OPERATOR, [account("bob"), account("alice")]),
        ("pseudonymous", SERVICE, ["bob", "alice"]),
        ("visible", ADMIN, ["bob", "alice"]),
        ("visible", SERVICE, ["bob", "alice"]),
    ],
)
def test_users_in_a_summary_follow_the_privacy_rule(
    privacy: str, role: str, keys: list[str]
) -> None:
    reads = Reads(logs_of_two(), workspace(user_privacy=privacy))

    rows = reads.get(SUMMARY, {"groupBy": "user"}, role=role)["summary"]

    assert [row["key"] for row in rows] == keys


def test_a_user_who_is_no_longer_known_stands_under_the_account() -> None:
    erased = usage_log(1, user="dave")
    reads = Reads([erased], workspace(user_privacy="visible"))

    (row,) = reads.get(SUMMARY, {"groupBy": "user"})["summary"]

    assert row["key"] == account("dave")


@pytest.mark.parametrize("user_id", ["alice", account("alice")])
def test_figures_of_one_user_are_found_by_either_id(user_id: str) -> None:
    reads = Reads(logs_of_two())

    assert reads.get(STATS, {"userId": user_id})["statistics"]["cost"] == 1
    assert reads.get(SUMMARY, {"userId": user_id})["totals"]["cost"] == 1


@pytest.mark.parametrize("query", [{}, {"userId": "alice"}, {"userId": account("alice")}])
def test_users_have_figures_of_themselves(query: dict[str, str]) -> None:
    reads = Reads(logs_of_two())

    found = reads.get(STATS, query, role=USER, subject="alice")["statistics"]
    summary = reads.get(SUMMARY, query | {"groupBy": "user"}, role=USER, subject="alice")

    assert (found["requests"], found["users"]) == (1, 1)
    assert [row["service"] for row in found["byService"]] == ["openai"]
    assert [row["key"] for row in summary["summary"]] == ["alice"]
    assert summary["totals"]["requests"] == 1


@pytest.mark.parametrize("path", [STATS, SUMMARY])
@pytest.mark.parametrize("user_id", ["bob", account("bob"), "nobody"])
def test_users_do_not_learn_figures_of_others(path: str, user_id: str) -> None:
    reads = Reads(logs_of_two())

    status, body = reads.answer(path, {"userId": user_id}, role=USER, subject="alice")

    assert (status, body["code"]) == (404, "not_found")


def test_figures_of_a_user_nobody_has_heard_of_are_zero() -> None:
    found = Reads(logs_of_two()).get(STATS, {"userId": "nobody"})["statistics"]

    assert (found["requests"], found["users"]) == (0, 0)
    assert found["byService"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"unknown": 1},
        {"startDate": "2026-11-01"},
        {"endDate": "2026-11-01"},
        {"startDate": "2026-11-02", "endDate": "2026-11-01"},
        {"startDate": "2025-10-16", "endDate": "2026-11-20"},
        {"startDate": "2026-11-01T00:00:00Z", "endDate": "2026-11-02T00:00:00Z"},
        {"startDate": "2026-02-30", "endDate": "2026-11-02"},
        {"service": "no such"},
        {"userId": "a/b"},
    ],
)
def test_parameters_are_checked(query: dict[str, object]) -> None:
    reads = Reads()

    assert reads.status(STATS, query) == 422
    assert reads.status(SUMMARY, query) == 422


@pytest.mark.parametrize(
    "query",
    [
        {"period": "14d"},
        {"period": ""},
        {"period": "7d", "startDate": "2026-11-01", "endDate": "2026-11-02"},
        {"groupBy": "hour"},
        {"limit": 5},
    ],
)
def test_parameters_of_summaries_are_checked(query: dict[str, object]) -> None:
    assert Reads().status(SUMMARY, query) == 422


def test_four_hundred_days_are_the_most() -> None:
    reads = Reads()
    dates = {"startDate": "2025-10-17", "endDate": "2026-11-20"}

    assert len(reads.get(STATS, dates)["statistics"]["byDay"]) == 400


def test_statistics_take_one_read_of_cells_and_a_dozen_lists() -> None:
    reads = Reads(logs_of_two())

    reads.get(STATS)

    kinds = [asked[0] for asked in reads.cells.asked]
    assert kinds.count("shared") == 1
    assert kinds.count("active") <= 13
    assert "private" not in kinds


@pytest.mark.parametrize("query", [{}, {"service": "openai"}, {"model": "gpt-5"}])
def test_statistics_of_one_user_take_one_read(query: dict[str, str]) -> None:
    reads = Reads(logs_of_two())

    reads.get(STATS, query | {"userId": "alice"})

    assert [asked[0] for asked in reads.cells.asked] == ["private"]
