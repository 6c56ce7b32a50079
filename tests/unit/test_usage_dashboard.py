"""GET /api/usage/dashboard/{workspaceId}."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import add_days, days_between, local_day, zone_of
from shared.domain.usage import UsageLog
from shared.domain.workspace import Customer
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from tests.fakes.clock import START_MS
from tests.reads import Reads
from tests.usage import (
    DAY_MS,
    ZONES,
    account,
    cost_of,
    grouped,
    local_time,
    usage_log,
    usage_logs,
    workspace,
)

PATH = "/api/usage/dashboard/acme"
CUSTOMERS = [Customer(account("alice"), "alice", "Alice & Co", active=True)]


def charged(logs: list[UsageLog], **key: object) -> dict[str, Any]:
    return {**key, "cost": cost_of(logs), "messages": len(logs)}


@given(usage_logs(days=120), st.sampled_from(ZONES), st.integers(1, 90), st.booleans())
def test_the_dashboard_is_a_fold_over_the_logs(
    logs: list[UsageLog], zone_name: str, period: int, by_messages: bool
) -> None:
    zone = zone_of(zone_name)
    today = local_day(START_MS, zone)
    days = days_between(add_days(today, 1 - period), today)
    reads = Reads(logs, workspace(timezone=zone_name))
    ranking = "messages" if by_messages else "cost"

    found = reads.get(PATH, {"period": period, "by": ranking})

    inside = [log for log in logs if local_time(log, zone).date().isoformat() in days]
    by_day = grouped(inside, lambda log: local_time(log, zone).date().isoformat())
    by_hour = grouped(inside, lambda log: local_time(log, zone).hour)
    daily = [charged(by_day.get(day, []), date=day) for day in days]
    hourly = [charged(by_hour.get(hour, []), hour=hour) for hour in range(24)]
    by_month = grouped(logs, lambda log: f"{local_time(log, zone):%Y-%m}")
    months = [f"2026-{number:02d}" for number in (8, 9, 10, 11)]
    trend = [charged(by_month.get(month, []), month=month) for month in months]
    clients = [
        charged(rows, clientId=account_id)
        for account_id, rows in grouped(inside, lambda log: log.account_id).items()
    ]
    clients.sort(key=lambda row: (-row[ranking], -row["messages"], row["clientId"]))
    assert found["dailyUsage"] == daily
    assert found["peakHours"] == hourly
    assert found["monthlyTrend"] == trend
    assert found["topClients"] == clients
    overview = found["overview"]
    assert overview["totalCost"] == cost_of(inside)
    assert overview["totalMessages"] == len(inside)
    assert abs(overview["averageDailyCost"] * period - cost_of(inside)) <= period * Decimal("5e-10")
    assert overview["monthlyComparison"]["currentMonth"] == trend[-1]["cost"]
    assert overview["monthlyComparison"]["previousMonth"] == trend[-2]["cost"]
    insights = found["insights"]
    assert insights["busiestDay"] == first_of_most(daily)
    assert insights["peakHour"] == first_of_most(hourly)


def first_of_most(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    most = max(row["messages"] for row in rows)
    return next(row for row in rows if row["messages"] == most) if most else None


def test_the_body_has_the_members_of_the_contract() -> None:
    found = Reads([usage_log(1)], customers=CUSTOMERS).get(PATH, role=SERVICE)

    assert found.keys() == {
        "overview",
        "dailyUsage",
        "peakHours",
        "topClients",
        "monthlyTrend",
        "insights",
        "currency",
    }
    assert found["overview"].keys() == {
        "totalCost",
        "totalMessages",
        "averageDailyCost",
        "monthlyComparison",
    }
    assert found["overview"]["monthlyComparison"] == {
        "currentMonth": Decimal("0.005"),
        "previousMonth": 0,
        "growth": None,
    }
    assert found["topClients"] == [
        {"clientId": "alice", "name": "Alice & Co", "cost": Decimal("0.005"), "messages": 1}
    ]


def test_growth_is_of_this_month_against_the_last() -> None:
    logs = [
        usage_log(1, cost_picos=125_000_000_000),
        usage_log(2, cost_picos=95_000_000_000, occurred_ms=START_MS - 30 * DAY_MS),
    ]

    comparison = Reads(logs).get(PATH)["overview"]["monthlyComparison"]

    assert comparison == {
        "currentMonth": Decimal("0.125"),
        "previousMonth": Decimal("0.095"),
        "growth": Decimal("31.58"),
    }


def test_nothing_happened_gives_zeros_and_nulls() -> None:
    found = Reads().get(PATH, {"period": 1})

    assert found["overview"]["averageDailyCost"] == 0
    assert found["insights"] == {"peakHour": None, "busiestDay": None}
    assert found["topClients"] == []
    assert [row["month"] for row in found["monthlyTrend"]] == [
        "2026-08",
        "2026-09",
        "2026-10",
        "2026-11",
    ]


@pytest.mark.parametrize("period", ["30", "30d", None])
def test_thirty_days_are_the_default_and_can_be_said_in_two_ways(period: str | None) -> None:
    query = {} if period is None else {"period": period}

    days = [row["date"] for row in Reads().get(PATH, query)["dailyUsage"]]

    assert days == days_between("2026-10-22", "2026-11-20")


@pytest.mark.parametrize("period", ["1", "400d"])
def test_periods_of_up_to_four_hundred_days_are_taken(period: str) -> None:
    days = Reads().get(PATH, {"period": period})["dailyUsage"]

    assert len(days) == int(period.removesuffix("d"))


@pytest.mark.parametrize(
    "query",
    [
        {"period": "0"},
        {"period": "401"},
        {"period": "d"},
        {"period": ""},
        {"period": "month"},
        {"period": "-1"},
        {"by": "tokens"},
        {"startDate": "2026-11-01", "endDate": "2026-11-02"},
    ],
)
def test_parameters_are_checked(query: dict[str, str]) -> None:
    assert Reads().status(PATH, query) == 422


@pytest.mark.parametrize(
    ("privacy", "role", "clients"),
    [
        ("pseudonymous", ADMIN, [(account("alice"), None), (account("bob"), None)]),
        ("pseudonymous", OPERATOR, [(account("alice"), None), (account("bob"), None)]),
        ("pseudonymous", SERVICE, [("alice", "Alice & Co"), ("bob", None)]),
        ("visible", ADMIN, [("alice", "Alice & Co"), ("bob", None)]),
    ],
)
def test_clients_follow_the_privacy_rule(
    privacy: str, role: str, clients: list[tuple[str, str | None]]
) -> None:
    logs = [usage_log(1, cost_picos=2), usage_log(2, user="bob", cost_picos=1)]
    reads = Reads(logs, workspace(user_privacy=privacy), CUSTOMERS)

    rows = reads.get(PATH, role=role)["topClients"]

    assert [(row["clientId"], row.get("name")) for row in rows] == clients


def test_ten_clients_are_shown_at_most() -> None:
    logs = [usage_log(n, account_id=f"acct_{n:020x}", cost_picos=n) for n in range(15)]

    rows = Reads(logs).get(PATH)["topClients"]

    assert [row["clientId"] for row in rows] == [f"acct_{n:020x}" for n in range(14, 4, -1)]


def test_clients_compared_in_part_only_are_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.analytics.active.MAX_ACTIVE_ROWS", 5)
    logs = [usage_log(n, account_id=f"acct_{n:020x}") for n in range(15)]

    assert Reads(logs).get(PATH)["truncated"] is True


@pytest.mark.parametrize("role", [ADMIN, SERVICE])
def test_another_workspace_is_as_if_it_were_not_there(role: str) -> None:
    reads = Reads([usage_log(1)])

    assert reads.status(PATH, role=role, home="other") == 404
    assert reads.status("/api/usage/dashboard/other", role=role) == 404


def test_operators_look_into_any_workspace_there_is() -> None:
    reads = Reads([usage_log(1)])

    assert reads.status(PATH, role=OPERATOR, home="") == 200
    assert reads.status("/api/usage/dashboard/other", role=OPERATOR) == 404


def test_users_have_no_dashboard_of_the_workspace() -> None:
    assert Reads([usage_log(1)]).status(PATH, role=USER, subject="alice") == 403


def test_the_dashboard_takes_two_reads_of_cells_whatever_the_period() -> None:
    for period in (1, 30, 400):
        reads = Reads([usage_log(1)])
        reads.get(PATH, {"period": period})
        assert sum(asked[0] == "shared" for asked in reads.cells.asked) == 2
