"""Who may ask for analytics, how users stand in them, and what parameters they take (SEC-5, STA-2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.alerts import Alert, Line
from shared.domain.usage import UsageLog
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from tests.fakes.clock import START_MS
from tests.reads import Reads
from tests.usage import account, usage_log, workspace

ANALYTICS = "/api/analytics"
ROUTES = (
    "dashboard",
    "metrics",
    "services",
    "models",
    "countries",
    "platforms",
    "hours",
    "timeseries",
    "users/top",
    "token-usage",
)


def two_users() -> list[UsageLog]:
    return [
        usage_log(1, user="alice", cost_picos=10**12),
        usage_log(2, user="bob", cost_picos=2 * 10**12),
    ]


def alert_of(user: str) -> Alert:
    line = Line(
        workspace_id="acme",
        threshold_id="th_1",
        revision=1,
        scope="user",
        account_id=account(user),
        metric="cost",
        kind="daily",
        period="2026-11-20",
        percent=80,
        limit=10**12,
        value=10**12,
    )
    return Alert(line=line, created_ms=START_MS)


@pytest.mark.parametrize(
    ("privacy", "role", "shown"),
    [
        ("pseudonymous", ADMIN, account),
        ("pseudonymous", OPERATOR, account),
        ("visible", ADMIN, str),
        ("visible", OPERATOR, str),
    ],
)
def test_users_stand_under_what_the_caller_may_see_on_every_surface(
    privacy: str, role: str, shown: Callable[[str], str]
) -> None:
    reads = Reads(two_users(), workspace(user_privacy=privacy), alerts=[alert_of("alice")])
    names = [shown("bob"), shown("alice")]

    def get(path: str, **query: object) -> Any:
        return reads.get(f"{ANALYTICS}/{path}", query, role=role)

    board = get("dashboard")
    assert [row["userId"] for row in board["topUsers"]] == names
    assert [row["userId"] for row in board["alerts"]] == [shown("alice")]
    assert [row["userId"] for row in get("users/top")["users"]] == names
    assert [row["key"] for row in get("query", groupBy="user")["rows"]] == names
    assert [row["key"] for row in get("token-usage", groupBy="user")["tokenUsage"]] == names


def test_no_answer_to_an_admin_holds_an_id_of_a_user() -> None:
    reads = Reads(two_users(), alerts=[alert_of("alice")])
    queries: list[tuple[str, dict[str, str]]] = [(name, {}) for name in ROUTES]
    queries += [("query", {"groupBy": "user"}), ("token-usage", {"groupBy": "user"})]

    for name, query in queries:
        for named in ({}, {"userId": "alice"}):
            if named and name in {"users/top", "countries", "platforms"}:
                continue
            text = str(reads.get(f"{ANALYTICS}/{name}", query | named))
            assert "alice" not in text
            assert "bob" not in text


@pytest.mark.parametrize("user_id", ["alice", account("alice")])
@pytest.mark.parametrize("name", ["metrics", "services", "hours", "timeseries", "token-usage"])
def test_a_user_is_found_by_either_id(name: str, user_id: str) -> None:
    reads = Reads(two_users())
    query = {"userId": user_id}

    assert reads.get(f"{ANALYTICS}/{name}", query) == reads.get(
        f"{ANALYTICS}/{name}", {"userId": account("alice")}
    )
    assert reads.get(f"{ANALYTICS}/metrics", query)["metrics"]["cost"] == 1


@pytest.mark.parametrize("role", [SERVICE, USER])
@pytest.mark.parametrize("name", [*ROUTES, "query"])
def test_analytics_are_for_admins(name: str, role: str) -> None:
    assert Reads().status(f"{ANALYTICS}/{name}", role=role, subject="alice") == 403


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize(
    "query",
    [
        {"unknown": 1},
        {"startDate": "2026-11-01"},
        {"endDate": "2026-11-01"},
        {"startDate": "2026-11-02", "endDate": "2026-11-01"},
        {"startDate": "2025-10-16", "endDate": "2026-11-20"},
        {"startDate": "2026-11-01T00:00:00Z", "endDate": "2026-11-02T00:00:00Z"},
        {"service": "no such"},
        {"userId": "a/b"},
    ],
)
def test_parameters_are_checked(name: str, query: dict[str, object]) -> None:
    status, problem = Reads().answer(f"{ANALYTICS}/{name}", query)

    assert (status, problem["code"]) == (422, "validation_failed")
    assert {error["pointer"].lstrip("?") for error in problem["errors"]} <= {
        *query,
        "startDate",
        "endDate",
    }


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("timeseries", {"groupBy": "user"}),
        ("timeseries", {"groupBy": "hour", "startDate": "2026-10-01", "endDate": "2026-11-01"}),
        ("users/top", {"userId": "alice"}),
        ("users/top", {"by": "errors"}),
        ("users/top", {"limit": 0}),
        ("users/top", {"limit": 101}),
        ("token-usage", {"groupBy": "week"}),
        ("countries", {"userId": "alice"}),
        ("countries", {"service": "chat"}),
        ("platforms", {"model": "gpt-5"}),
        ("metrics", {"groupBy": "day"}),
    ],
)
def test_what_a_route_does_not_take_is_refused(path: str, query: dict[str, object]) -> None:
    assert Reads().status(f"{ANALYTICS}/{path}", query) == 422
