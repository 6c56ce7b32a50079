"""GET /api/usage/stats/{workspaceId} and /api/usage/summary/{workspaceId} (STA-3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.calendar import days_between, local_day, zone_of
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

STATS = "/api/usage/stats/acme"
SUMMARY = "/api/usage/summary/acme"
DASHBOARD = "/api/usage/dashboard/acme"


def charged(logs: list[UsageLog], **key: object) -> dict[str, Any]:
    return {**key, "cost": cost_of(logs), "messages": len(logs)}


def first_of_most(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    most = max(row["messages"] for row in rows)
    return next(row for row in rows if row["messages"] == most) if most else None


@given(
    usage_logs(days=90),
    st.sampled_from(ZONES),
    st.integers(0, 60),
    st.integers(0, 40),
    st.booleans(),
)
def test_statistics_are_a_fold_over_the_logs(
    logs: list[UsageLog], zone_name: str, ago: int, length: int, by_messages: bool
) -> None:
    zone = zone_of(zone_name)
    last = local_day(START_MS - ago * DAY_MS, zone)
    first = local_day(START_MS - (ago + length) * DAY_MS, zone)
    days = days_between(first, last)
    ranking = "messages" if by_messages else "cost"
    reads = Reads(logs, workspace(timezone=zone_name))

    found = reads.get(STATS, {"startDate": first, "endDate": last, "by": ranking})

    inside = [log for log in logs if local_time(log, zone).date().isoformat() in days]
    by_day = grouped(inside, lambda log: local_time(log, zone).date().isoformat())
    by_hour = grouped(inside, lambda log: local_time(log, zone).hour)
    daily = [charged(by_day.get(day, []), date=day) for day in days]
    hourly = [charged(by_hour.get(hour, []), hour=hour) for hour in range(24)]
    clients = [
        charged(rows, clientId=account_id)
        for account_id, rows in grouped(inside, lambda log: log.account_id).items()
    ]
    clients.sort(key=lambda row: (-row[ranking], -row["messages"], row["clientId"]))
    assert found["dailyUsage"] == daily
    assert found["peakHours"] == hourly
    assert found["topClients"] == clients
    assert (found["totalCost"], found["totalMessages"]) == (cost_of(inside), len(inside))
    assert found["busiestDay"] == first_of_most(daily)
    assert found["peakHour"] == first_of_most(hourly)
    wrong_by = abs(found["averageDailyCost"] * len(days) - cost_of(inside))
    assert wrong_by <= len(days) * Decimal("5e-10")
    by_month = grouped(logs, lambda log: f"{local_time(log, zone):%Y-%m}")
    comparison = found["monthlyComparison"]
    assert comparison["currentMonth"] == cost_of(by_month.get("2026-11", []))
    assert comparison["previousMonth"] == cost_of(by_month.get("2026-10", []))


@given(usage_logs(days=90), st.sampled_from(ZONES))
def test_the_summary_says_what_the_dashboard_says(logs: list[UsageLog], zone_name: str) -> None:
    reads = Reads(logs, workspace(timezone=zone_name))

    summary, dashboard = reads.get(SUMMARY), reads.get(DASHBOARD, {"period": "30d"})

    overview = dashboard["overview"]
    assert summary == {
        "totalCost": overview["totalCost"],
        "totalMessages": overview["totalMessages"],
        "averageDailyCost": overview["averageDailyCost"],
        "busiestDay": dashboard["insights"]["busiestDay"],
        "peakHour": dashboard["insights"]["peakHour"],
        "growth": overview["monthlyComparison"]["growth"],
        "currency": "USD",
    }


def test_the_body_has_the_members_of_the_contract() -> None:
    found = Reads([usage_log(1)]).get(STATS)

    assert found.keys() - {"currency"} == {
        "totalCost",
        "totalMessages",
        "averageDailyCost",
        "dailyUsage",
        "peakHours",
        "topClients",
        "busiestDay",
        "peakHour",
        "monthlyComparison",
    }
    assert found["monthlyComparison"] == {
        "currentMonth": Decimal("0.005"),
        "previousMonth": 0,
        "growth": None,
    }
    assert [row["date"] for row in found["dailyUsage"]] == days_between("2026-10-22", "2026-11-20")
    assert len(found["peakHours"]) == 24


def test_growth_is_half_up_and_may_be_negative() -> None:
    """0.125 against 0.095 is 31.58 (the contract's own example)."""

    def growth(current: int, previous: int) -> Any:
        logs = [
            usage_log(1, cost_picos=current),
            usage_log(2, cost_picos=previous, occurred_ms=START_MS - 30 * DAY_MS),
        ]
        return Reads(logs).get(SUMMARY)["growth"]

    assert growth(125, 95) == Decimal("31.58")
    assert growth(95, 125) == -24
    assert growth(3, 80_000) == -100
    assert growth(200_010, 200_000) == Decimal("0.01")
    assert growth(1, 0) is None


def test_equals_go_to_the_earliest() -> None:
    hour = 3_600_000
    logs = [usage_log(n, occurred_ms=START_MS - n * (DAY_MS + hour)) for n in range(3)]

    found = Reads(logs).get(STATS)

    assert found["busiestDay"] == {"date": "2026-11-18", "cost": Decimal("0.005"), "messages": 1}
    assert found["peakHour"]["hour"] == 7


def test_an_empty_workspace_has_zeros_and_nulls() -> None:
    found = Reads().get(SUMMARY)

    assert found == {
        "totalCost": 0,
        "totalMessages": 0,
        "averageDailyCost": 0,
        "busiestDay": None,
        "peakHour": None,
        "growth": None,
        "currency": "USD",
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (STATS, {"period": "30"}),
        (STATS, {"startDate": "2026-11-01"}),
        (STATS, {"endDate": "2026-11-01"}),
        (STATS, {"startDate": "2026-11-02", "endDate": "2026-11-01"}),
        (STATS, {"startDate": "2025-01-01", "endDate": "2026-11-01"}),
        (STATS, {"startDate": "2026-11-01T00:00:00Z", "endDate": "2026-11-02"}),
        (STATS, {"by": "tokens"}),
        (SUMMARY, {"period": "30"}),
        (SUMMARY, {"by": "cost"}),
    ],
)
def test_parameters_are_checked(path: str, query: dict[str, str]) -> None:
    assert Reads().status(path, query) == 422


@pytest.mark.parametrize(
    ("privacy", "role", "client"),
    [
        ("pseudonymous", ADMIN, {"clientId": account("alice")}),
        ("pseudonymous", OPERATOR, {"clientId": account("alice")}),
        ("pseudonymous", SERVICE, {"clientId": "alice", "name": "Alice & Co"}),
        ("visible", ADMIN, {"clientId": "alice", "name": "Alice & Co"}),
    ],
)
def test_clients_follow_the_privacy_rule(privacy: str, role: str, client: dict[str, str]) -> None:
    customers = [Customer(account("alice"), "alice", "Alice & Co", active=True)]
    reads = Reads([usage_log(1)], workspace(user_privacy=privacy), customers)

    (row,) = reads.get(STATS, role=role)["topClients"]

    assert {name: row[name] for name in row.keys() - {"cost", "messages"}} == client


@pytest.mark.parametrize("path", ["stats", "summary"])
def test_only_a_workspace_s_own_people_see_it(path: str) -> None:
    reads = Reads([usage_log(1)])
    own, other = f"/api/usage/{path}/acme", f"/api/usage/{path}/other"

    assert reads.status(own, role=SERVICE) == 200
    assert reads.status(own, role=OPERATOR, home="") == 200
    assert reads.status(own, role=ADMIN, home="other") == 404
    assert reads.status(other, role=ADMIN) == 404
    assert reads.status(other, role=SERVICE) == 404
    assert reads.status(other, role=OPERATOR) == 404
    assert reads.status(own, role=USER, subject="alice") == 403
