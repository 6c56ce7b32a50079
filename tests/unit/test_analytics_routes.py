"""The analytics' breakdowns, ratios and the dashboard, against sums over the logs (STA-1 to STA-3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.query_stats.analytics_views import top_view
from shared.analytics.question import Answer, Row
from shared.domain.calendar import local_day, zone_of
from shared.domain.sums import Sums
from shared.domain.usage import UsageLog
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
    reference_measures,
    rounded,
    usage_log,
    usage_logs,
    workspace,
)

ANALYTICS = "/api/analytics"
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "service": st.sampled_from(SERVICES),
        "model": st.sampled_from(MODELS[1:]),
        "userId": st.sampled_from(USERS),
    },
)
TIMES = ("averageResponseTimeMs", "p95ResponseTimeMs", "averageResponseBytes", "tokensPerSecond")
DATES = {"startDate": "2026-10-22", "endDate": "2026-11-20"}


def taken(logs: Sequence[UsageLog], zone_name: str, filters: Mapping[str, str]) -> list[UsageLog]:
    """The logs of `DATES` that a filtered answer is about."""
    zone = zone_of(zone_name)
    return [
        log
        for log in logs
        if DATES["startDate"] <= f"{local_time(log, zone):%Y-%m-%d}" <= DATES["endDate"]
        and ("userId" not in filters or account(filters["userId"]) == log.account_id)
        and filters.get("service") in {None, log.service}
        and filters.get("model") in {None, log.model}
    ]


def share(logs: Sequence[UsageLog], of: Sequence[UsageLog]) -> object:
    whole = sum(log.cost_picos for log in of)
    return rounded(Fraction(sum(log.cost_picos for log in logs), whole or 1), 6)


@given(usage_logs(), st.sampled_from(ZONES), FILTERS, st.sampled_from(("services", "models")))
def test_services_and_models_are_folds_over_the_logs(
    logs: list[UsageLog], zone_name: str, filters: dict[str, str], name: str
) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))

    rows = reads.get(f"{ANALYTICS}/{name}", filters | DATES)[name]

    chosen = taken(logs, zone_name, filters)
    groups = grouped(
        chosen, lambda log: (log.service,) if name == "services" else (log.service, log.model)
    )
    keys = [
        (row["service"],) if name == "services" else (row["service"], row["model"]) for row in rows
    ]
    assert len(keys) == len(set(keys))
    assert set(keys) == groups.keys()
    assert [row["cost"] for row in rows] == sorted((row["cost"] for row in rows), reverse=True)
    for key, row in zip(keys, rows, strict=True):
        assert_measures(row, groups[key], percentile="userId" not in filters)
        assert row["share"] == share(groups[key], chosen)


@given(usage_logs(), st.sampled_from(ZONES), st.sampled_from(("country", "platform")))
def test_countries_and_platforms_are_folds_over_the_logs(
    logs: list[UsageLog], zone_name: str, name: str
) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))
    path = {"country": "countries", "platform": "platforms"}[name]

    rows = reads.get(f"{ANALYTICS}/{path}", DATES)[path]

    chosen = taken(logs, zone_name, {})
    groups = grouped(chosen, lambda log: getattr(log, name))
    assert {row[name] for row in rows} == groups.keys()
    assert [row["cost"] for row in rows] == sorted((row["cost"] for row in rows), reverse=True)
    for row in rows:
        assert_measures(row, groups[row[name]], percentile=False)
        assert row["share"] == share(groups[row[name]], chosen)


@given(usage_logs(), st.sampled_from(ZONES), FILTERS)
def test_hours_and_the_peak_are_folds_over_the_logs(
    logs: list[UsageLog], zone_name: str, filters: dict[str, str]
) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))

    found = reads.get(f"{ANALYTICS}/hours", filters | DATES)

    zone = zone_of(zone_name)
    hours = grouped(taken(logs, zone_name, filters), lambda log: local_time(log, zone).hour)
    expected: list[dict[str, Any]] = [
        {
            "hour": hour,
            "requests": len(hours.get(hour, [])),
            "cost": cost_of(hours.get(hour, [])),
            "totalTokens": sum(log.tokens.total for log in hours.get(hour, []) if log.tokens),
        }
        for hour in range(24)
    ]
    assert found["hours"] == expected
    peak = max(expected, key=lambda row: (row["requests"], -row["hour"]))
    assert found["peakHour"] == (peak if peak["requests"] else None)


@given(usage_logs(), st.sampled_from(ZONES), FILTERS)
def test_metrics_are_folds_over_the_logs(
    logs: list[UsageLog], zone_name: str, filters: dict[str, str]
) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))

    found = reads.get(f"{ANALYTICS}/metrics", filters | DATES)["metrics"]

    chosen = taken(logs, zone_name, filters)
    combined = "userId" in filters and len(filters) > 1
    users = len({log.account_id for log in chosen})
    assert_measures(found, chosen, percentile=not combined)
    assert found["users"] == users
    assert found["requestsPerUser"] == rounded(Fraction(len(chosen), users or 1), 2)
    cost = Fraction(sum(log.cost_picos for log in chosen), 10**12)
    assert found["costPerRequest"] == rounded(cost / (len(chosen) or 1), 9)
    models = grouped(chosen, lambda log: (log.service, log.model))
    tokens = {(row["service"], row["model"]): row["totalTokens"] for row in found["tokensByModel"]}
    assert tokens == {
        key: sum(log.tokens.total for log in group if log.tokens) for key, group in models.items()
    }
    rates = {row["service"]: row["errorRate"] for row in found["errorRateByService"]}
    assert rates == {
        service: reference_measures(group)["errorRate"]
        for service, group in grouped(chosen, lambda log: log.service).items()
    }


@given(usage_logs(days=140), st.sampled_from(ZONES), FILTERS)
def test_a_dashboard_is_made_of_the_answers_of_its_parts(
    logs: list[UsageLog], zone_name: str, filters: dict[str, str]
) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))
    query = filters | DATES

    found = reads.get(f"{ANALYTICS}/dashboard", query)

    parts = {
        name: reads.get(f"{ANALYTICS}/{name}", query) for name in ("metrics", "services", "models")
    }
    hours = reads.get(f"{ANALYTICS}/hours", query)
    overview = found["overview"]
    chosen = taken(logs, zone_name, filters)
    assert {name: overview[name] for name in reference_measures(chosen) if name in overview} == {
        name: parts["metrics"]["metrics"][name]
        for name in reference_measures(chosen)
        if name in overview
    }
    assert overview["users"] == len({log.account_id for log in chosen})
    cost = Fraction(sum(log.cost_picos for log in chosen), 10**12)
    assert overview["averageDailyCost"] == rounded(cost / 30, 9)
    assert overview["peakHour"] == hours["peakHour"]
    assert found["services"] == parts["services"]["services"]
    assert found["models"] == parts["models"]["models"]
    assert found["peakHours"] == hours["hours"]
    series = reads.get(f"{ANALYTICS}/timeseries", query)["timeseries"]
    assert found["timeseries"] == series
    busiest = max(series, key=lambda row: row["requests"])
    assert (overview["busiestDay"] or {}).get("date") == (
        busiest["key"] if busiest["requests"] else None
    )
    if "userId" not in filters:
        top = reads.get(f"{ANALYTICS}/users/top", query)["users"]
        if not filters:
            top = [{name: row[name] for name in row if name not in TIMES} for row in top]
        assert found["topUsers"] == top
    _assert_months(found["monthlyComparison"], logs, zone_name, filters)


def _assert_months(
    found: Mapping[str, Any], logs: list[UsageLog], zone_name: str, filters: Mapping[str, str]
) -> None:
    zone = zone_of(zone_name)
    today = local_day(START_MS, zone)
    chosen = [
        log
        for log in logs
        if ("userId" not in filters or account(filters["userId"]) == log.account_id)
        and filters.get("service") in {None, log.service}
        and filters.get("model") in {None, log.model}
        and f"{local_time(log, zone):%Y-%m-%d}" <= today
    ]
    months = grouped(chosen, lambda log: f"{local_time(log, zone):%Y-%m}")
    named = ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert [row["month"] for row in found["months"]] == named
    for row in found["months"]:
        group = months.get(row["month"], [])
        assert (row["requests"], row["cost"]) == (len(group), cost_of(group))
    previous, current = (
        sum(log.cost_picos for log in months.get(month, [])) for month in named[-2:]
    )
    assert found["currentMonth"] == cost_of(months.get(named[-1], []))
    assert found["previousMonth"] == cost_of(months.get(named[-2], []))
    growth = Fraction(current - previous, previous) * 100 if previous else None
    if growth is None or growth < 0:
        assert (found["growth"] is None) == (growth is None)
    else:
        assert found["growth"] == rounded(growth, 2)


def test_growth_is_of_the_cost_in_percent() -> None:
    logs = [
        usage_log(1, cost_picos=95_000_000_000, occurred_ms=START_MS - 30 * DAY_MS),
        usage_log(2, cost_picos=125_000_000_000),
    ]

    found = Reads(logs).get(f"{ANALYTICS}/dashboard")["monthlyComparison"]

    assert float(found["growth"]) == 31.58


def test_nothing_has_no_peak_no_busiest_day_and_no_growth() -> None:
    found = Reads().get(f"{ANALYTICS}/dashboard")

    assert found["overview"]["peakHour"] is None
    assert found["overview"]["busiestDay"] is None
    assert found["monthlyComparison"]["growth"] is None
    assert (found["topUsers"], found["services"], found["alerts"]) == ([], [], [])
    assert len(found["timeseries"]) == 30


@given(
    usage_logs(),
    st.sampled_from(ZONES),
    st.sampled_from(("cost", "tokens", "requests", "credits")),
    st.integers(1, 4),
    st.fixed_dictionaries(
        {},
        optional={"service": st.sampled_from(SERVICES), "model": st.sampled_from(MODELS[1:])},
    ),
)
def test_top_users_are_those_of_the_logs(
    logs: list[UsageLog], zone_name: str, by: str, limit: int, filters: dict[str, str]
) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))
    query = filters | DATES | {"by": by, "limit": limit}

    found = reads.get(f"{ANALYTICS}/users/top", query)

    chosen = taken(logs, zone_name, filters)
    figure: Callable[[Sequence[UsageLog]], int] = {
        "cost": lambda group: sum(log.cost_picos for log in group),
        "tokens": lambda group: sum(log.tokens.total for log in group if log.tokens),
        "requests": len,
        "credits": lambda group: sum(log.credits for log in group),
    }[by]
    groups = grouped(chosen, lambda log: log.account_id)
    order = sorted(groups, key=lambda key: (-figure(groups[key]), -len(groups[key]), key))
    assert [row["userId"] for row in found["users"]] == order[:limit]
    assert [row["rank"] for row in found["users"]] == list(range(1, len(found["users"]) + 1))
    assert "approximate" not in found
    for row in found["users"]:
        group = groups[row["userId"]]
        assert_measures(row, group, percentile=not filters)
        assert row["share"] == rounded(Fraction(figure(group), figure(chosen) or 1), 6)


def test_no_share_is_more_than_all_though_users_are_read_a_moment_later() -> None:
    figures = Sums(requests=1, cost=5)
    answer = Answer([Row("acct_1", figures)], Sums(requests=1, cost=4), "all", "all")

    view: Any = top_view(answer, "cost", {"acct_1": "alice"})

    assert [str(row["share"]) for row in view["users"]] == ["1"]
