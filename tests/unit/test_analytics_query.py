"""GET /api/analytics/query and what is made of it, against sums over the logs (STA-2, STA-6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.analytics.question import METRICS
from shared.domain.calendar import add_days, days_between, local_day, parse_timestamp, zone_of
from shared.domain.usage import UsageLog
from tests.fakes.clock import START_MS
from tests.reads import Reads
from tests.usage import (
    MODELS,
    SERVICES,
    USERS,
    ZONES,
    account,
    assert_measures,
    cost_of,
    grouped,
    local_time,
    reference_measures,
    usage_log,
    usage_logs,
    workspace,
)

QUERY = "/api/analytics/query"
SERIES = "/api/analytics/timeseries"
SPRING_MS = int(datetime(2026, 4, 6, 12, tzinfo=UTC).timestamp() * 1000)

KEYS: dict[str, Callable[[UsageLog, ZoneInfo], str | None]] = {
    "hour": lambda log, zone: f"{local_time(log, zone):%Y-%m-%dT%H}",
    "day": lambda log, zone: f"{local_time(log, zone):%Y-%m-%d}",
    "week": lambda log, zone: f"{local_time(log, zone):%G-W%V}",
    "month": lambda log, zone: f"{local_time(log, zone):%Y-%m}",
    "service": lambda log, _: log.service,
    "provider": lambda log, _: log.provider,
    "model": lambda log, _: f"{log.service}/{log.model or ''}",
    "user": lambda log, _: log.account_id,
    "country": lambda log, _: log.country,
    "platform": lambda log, _: log.platform,
    "status": lambda log, _: "error" if log.failed else "success",
}
TIMES = ("hour", "day", "week", "month")
PARTS = ("country", "platform", "status")

COMBINED = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(SERVICES),
        "model": st.sampled_from(MODELS[1:]),
        "userId": st.sampled_from((*USERS, "nobody")),
    },
)
ALONE = st.sampled_from(
    (
        {"provider": "azure"},
        {"country": "KR"},
        {"platform": "web"},
        {"status": "error"},
        {"status": "success"},
    )
)


def fits(group: str, filters: Mapping[str, str]) -> bool:
    """Whether the contract keeps figures by this group under these filters."""
    if group in PARTS:
        return filters.keys() <= {group}
    return group in {"day", "week", "month"} or not {*PARTS} & filters.keys()


QUESTIONS = st.tuples(st.sampled_from(sorted(KEYS)), COMBINED | ALONE).filter(lambda q: fits(*q))


def taken(
    logs: Sequence[UsageLog], zone: ZoneInfo, filters: Mapping[str, str], first: str, last: str
) -> list[UsageLog]:
    """The logs that an answer has to be about."""
    status = filters.get("status")
    return [
        log
        for log in logs
        if first <= local_time(log, zone).date().isoformat() <= last
        and filters.get("userId") in {None, *(u for u in USERS if account(u) == log.account_id)}
        and all(
            filters.get(name) in {None, getattr(log, name)}
            for name in ("service", "model", "provider", "country", "platform")
        )
        and status in {None, "error" if log.failed else "success"}
    ]


def kept_of(group: str, filters: Mapping[str, str]) -> str:
    """Which measures rows have: all, all but p95, or those of a single hour."""
    if group == "hour":
        return "hours" if filters else "sums"
    user = group == "user" or "userId" in filters
    model = {group, *filters} & {"service", "model", "provider"}
    return "sums" if {group, *filters} & {*PARTS} or (user and model) else "all"


def assert_kept(row: Mapping[str, Any], logs: Sequence[UsageLog], kept: str) -> None:
    if kept != "hours":
        assert_measures(dict(row), logs, percentile=kept == "all")
        return
    tokens = sum(log.tokens.total for log in logs if log.tokens)
    expected = {"requests": len(logs), "tokens": {"total": tokens}, "cost": cost_of(logs)}
    assert {name: value for name, value in row.items() if name not in {"key", "start"}} == expected


@given(
    st.sampled_from((START_MS, SPRING_MS)),
    st.data(),
    st.sampled_from(ZONES),
    QUESTIONS,
    st.integers(-1, 20),
    st.integers(1, 31),
)
def test_an_answer_is_a_fold_over_the_logs(
    now_ms: int,
    data: st.DataObject,
    zone_name: str,
    question: tuple[str, dict[str, str]],
    back: int,
    length: int,
) -> None:
    logs = data.draw(usage_logs(now_ms=now_ms))
    group, filters = question
    zone = zone_of(zone_name)
    last = add_days(local_day(now_ms, zone), -back)
    first = add_days(last, 1 - length)
    reads = Reads(logs, workspace(timezone=zone_name), now_ms=now_ms)

    found = reads.get(QUERY, filters | {"groupBy": group, "startDate": first, "endDate": last})

    chosen = taken(logs, zone, filters, first, last)
    groups = grouped(chosen, lambda log: KEYS[group](log, zone))
    parted = bool({*PARTS} & filters.keys()) or ("userId" in filters and len(filters) > 1)
    assert_measures(found["totals"], chosen, percentile=not parted)
    assert found["currency"] == "USD"
    assert "approximate" not in found
    keys = [row["key"] for row in found["rows"]]
    assert len(set(keys)) == len(keys)
    for row in found["rows"]:
        assert_kept(row, groups.get(row["key"], []), kept_of(group, filters))
    if group in TIMES:
        assert keys == sorted(keys)
        assert groups.keys() <= set(keys)
    else:
        assert set(keys) == groups.keys()
        costs = [row["cost"] for row in found["rows"]]
        assert costs == sorted(costs, reverse=True)


@given(
    usage_logs(),
    st.sampled_from(sorted(set(KEYS) - {"hour", "country", "platform", "status"})),
    st.sampled_from(METRICS),
)
def test_rows_stand_in_the_order_of_the_measure_asked_for(
    logs: list[UsageLog], group: str, metric: str
) -> None:
    rows = Reads(logs).get(QUERY, {"groupBy": group, "metric": metric})["rows"]

    values = [row["tokens"]["total"] if metric == "tokens" else row.get(metric, -1) for row in rows]
    assert values == sorted(values, reverse=True)


@given(usage_logs(days=70), st.sampled_from(ZONES), st.sampled_from(TIMES), st.integers(1, 31))
def test_times_begin_where_their_first_local_instant_is(
    logs: list[UsageLog], zone_name: str, group: str, length: int
) -> None:
    zone = zone_of(zone_name)
    last = local_day(START_MS, zone)
    query = {"groupBy": group, "startDate": add_days(last, 1 - length), "endDate": last}
    reads = Reads(logs, workspace(timezone=zone_name))

    rows = reads.get(SERIES, query)["timeseries"]

    starts = [parse_timestamp(row["start"]) for row in rows]
    assert starts == sorted(set(starts))
    for row, start in zip(rows, starts, strict=True):
        inside, before = (usage_log(occurred_ms=at) for at in (start, start - 1))
        assert KEYS[group](inside, zone) == row["key"]
        if group != "hour" or zone_name == "UTC":
            assert KEYS[group](before, zone) != row["key"]


def hours(zone_name: str, day: str, logs: Sequence[UsageLog] = ()) -> list[tuple[str, str, int]]:
    reads = Reads(logs, workspace(timezone=zone_name))
    query = {"groupBy": "hour", "startDate": day, "endDate": day}
    rows = reads.get(SERIES, query)["timeseries"]
    return [(row["key"][11:], row["start"][5:16], row["requests"]) for row in rows]


def test_the_hour_that_clocks_repeat_is_one_hour_that_begins_the_first_time() -> None:
    at = parse_timestamp("2026-10-25T00:30:00Z")
    logs = [usage_log(1, occurred_ms=at), usage_log(2, occurred_ms=at + 3_600_000)]

    rows = hours("Europe/Berlin", "2026-10-25", logs)

    assert len(rows) == 24
    assert rows[1:4] == [
        ("01", "10-24T23:00", 0),
        ("02", "10-25T00:00", 2),
        ("03", "10-25T02:00", 0),
    ]


@pytest.mark.parametrize(
    ("zone_name", "day", "count", "around"),
    [
        ("Europe/Berlin", "2026-03-29", 23, ("03", "03-29T01:00")),
        ("America/St_Johns", "2026-03-08", 23, ("03", "03-08T05:30")),
        ("Australia/Lord_Howe", "2026-10-04", 24, ("02", "10-03T15:30")),
        ("Asia/Kathmandu", "2026-11-20", 24, ("02", "11-19T20:15")),
    ],
)
def test_a_day_has_the_hours_that_its_clocks_show(
    zone_name: str, day: str, count: int, around: tuple[str, str]
) -> None:
    rows = hours(zone_name, day)

    assert len(rows) == count
    assert (*around, 0) in rows


def test_weeks_and_months_begin_before_the_range_where_it_begins_within() -> None:
    reads = Reads(acme=workspace(timezone="Asia/Kathmandu"))
    dates = {"startDate": "2026-10-30", "endDate": "2026-11-03"}

    weeks, months = (
        [
            (row["key"], row["start"])
            for row in reads.get(SERIES, dates | {"groupBy": group})["timeseries"]
        ]
        for group in ("week", "month")
    )

    assert weeks == [
        ("2026-W44", "2026-10-25T18:15:00.000Z"),
        ("2026-W45", "2026-11-01T18:15:00.000Z"),
    ]
    assert months == [
        ("2026-10", "2026-09-30T18:15:00.000Z"),
        ("2026-11", "2026-10-31T18:15:00.000Z"),
    ]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({}, {"?groupBy"}),
        ({"groupBy": "nothing"}, {"?groupBy"}),
        ({"groupBy": "day", "metric": "nothing"}, {"?metric"}),
        ({"groupBy": "day", "country": "kr"}, {"?country"}),
        ({"groupBy": "day", "status": "failed"}, {"?status"}),
        ({"groupBy": "day", "limit": 5}, {"?limit"}),
        ({"groupBy": "day", "startDate": "2026-11-01"}, {"?endDate"}),
        ({"groupBy": "day", "country": "KR", "service": "chat"}, {"?country"}),
        ({"groupBy": "day", "country": "KR", "userId": "alice"}, {"?country"}),
        ({"groupBy": "day", "provider": "x", "status": "error"}, {"?provider", "?status"}),
        ({"groupBy": "country", "service": "chat"}, {"?service"}),
        ({"groupBy": "country", "userId": "alice", "model": "m"}, {"?userId", "?model"}),
        ({"groupBy": "country", "platform": "web"}, {"?platform"}),
        ({"groupBy": "status", "userId": "alice"}, {"?userId"}),
        ({"groupBy": "service", "country": "KR"}, {"?country"}),
        ({"groupBy": "user", "status": "error"}, {"?status"}),
        ({"groupBy": "hour", "platform": "web"}, {"?platform"}),
        ({"groupBy": "hour", "startDate": "2026-10-01", "endDate": "2026-11-01"}, {"?endDate"}),
        ({"groupBy": "hour", "metric": "p95ResponseTimeMs"}, {"?metric"}),
        ({"groupBy": "hour", "service": "chat", "metric": "credits"}, {"?metric"}),
        ({"groupBy": "country", "metric": "p95ResponseTimeMs"}, {"?metric"}),
    ],
)
def test_what_is_not_kept_is_refused_by_name(query: dict[str, object], named: set[str]) -> None:
    status, problem = Reads().answer(QUERY, query)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert {error["pointer"] for error in problem["errors"]} == named


def test_thirty_one_days_of_hours_are_the_most() -> None:
    query = {"groupBy": "hour", "startDate": "2026-10-21", "endDate": "2026-11-20"}

    assert len(Reads().get(QUERY, query)["rows"]) == 31 * 24


def test_four_hundred_days_are_the_most() -> None:
    query = {"groupBy": "day", "startDate": "2025-10-17", "endDate": "2026-11-20"}

    rows = Reads().get(QUERY, query)["rows"]

    assert [row["key"] for row in rows] == days_between("2025-10-17", "2026-11-20")
    assert Reads().status(QUERY, query | {"startDate": "2025-10-16"}) == 422


@given(usage_logs(), st.sampled_from(("hour", "day", "week", "month")), COMBINED)
def test_a_series_is_the_answer_by_time(
    logs: list[UsageLog], group: str, filters: dict[str, str]
) -> None:
    reads = Reads(logs, workspace(timezone="America/St_Johns"))
    query = filters | {"groupBy": group}

    series = reads.get(SERIES, query)["timeseries"]

    shown = [{name: row[name] for name in row if name != "start"} for row in series]
    assert shown == reads.get(QUERY, query)["rows"]


@given(usage_logs(), st.sampled_from(("day", "month", "user", "model")), COMBINED)
def test_token_usage_is_the_answer_in_tokens(
    logs: list[UsageLog], group: str, filters: dict[str, str]
) -> None:
    reads = Reads(logs, workspace(timezone="Asia/Kathmandu"))
    query = filters | {"groupBy": group}
    names = ("requests", "tokens", "credits", "cost")

    found = reads.get("/api/analytics/token-usage", query)

    rows = reads.get(QUERY, query)["rows"]
    assert found["tokenUsage"] == [
        {"key": row["key"], **{name: row[name] for name in names}} for row in rows
    ]
    whole = reference_measures(
        taken(logs, zone_of("Asia/Kathmandu"), filters, "2026-10-22", "2026-11-21")
    )
    assert found["totals"] == {name: whole[name] for name in names}


def test_the_largest_thousand_groups_are_shown_and_the_rest_is_marked() -> None:
    logs = [usage_log(n, model=f"m{n}", cost_picos=n) for n in range(1_001)]
    reads = Reads(logs)

    found = reads.get(QUERY, {"groupBy": "model"})

    assert found["truncated"] is True
    assert len(found["rows"]) == 1_000
    assert found["rows"][-1]["key"] == "openai/m1"
    assert found["totals"]["requests"] == 1_001
    assert len(reads.get("/api/analytics/models")["models"]) == 1_000
