"""GET /api/analytics/savings, /forecast and /my-usage (REP-2, REP-3), over logs in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from shared.domain.calendar import days_between
from shared.domain.head import Counters, Head
from shared.domain.thresholds import Rules, Threshold, new_threshold
from shared.domain.tokens import Tokens
from shared.domain.usage import UsageLog
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from tests.fakes.clock import START_MS
from tests.reads import Reads
from tests.usage import DAY_MS, account, usage_log, workspace

SAVINGS: Final = "/api/analytics/savings"
FORECAST: Final = "/api/analytics/forecast"
MY_USAGE: Final = "/api/analytics/my-usage"
GPT4O: Final = {"service": "chat", "provider": "openai", "model": "gpt-4o"}


def call(number: int, **members: Any) -> UsageLog:
    tokens = Tokens.of_parts(100_000, 1_000)
    return usage_log(number, **{"tokens": tokens, "cost_picos": 26 * 10**10, **GPT4O} | members)


def head(user: str = "alice", **changes: Any) -> Head:
    return replace(Head("acme", account(user)), **changes)


def daily_use(days: int, credits: int, **members: Any) -> Iterator[UsageLog]:
    """One log a day on the days before today."""
    for ago in range(1, days + 1):
        at = START_MS - ago * DAY_MS
        yield usage_log(1000 + ago, occurred_ms=at, credits=credits, **members)


def test_savings_have_the_members_of_the_contract() -> None:
    reads = Reads([call(1, cost_picos=10**12), call(2, failed=True, cost_picos=10**10)])

    found = reads.get(SAVINGS)

    assert found.keys() - {"currency"} == {"savings", "totals"}
    kinds = {row["kind"]: row for row in found["savings"]}
    assert kinds.keys() == {"cheaper_model", "failed_requests"}
    cheaper = kinds["cheaper_model"]
    assert cheaper.keys() == {
        "kind", "service", "model", "proposal", "currentCost", "proposedCost", "saving", "basis",
        "grounds",
    }  # fmt: skip
    assert (cheaper["service"], cheaper["model"]) == ("chat", "gpt-4o")
    assert cheaper["currentCost"] == Decimal("1.01")
    assert cheaper["proposedCost"] == cheaper["currentCost"] - cheaper["saving"]
    waste = kinds["failed_requests"]
    assert (waste["currentCost"], waste["proposedCost"], waste["saving"]) == (
        Decimal("0.01"), 0, Decimal("0.01"),
    )  # fmt: skip
    assert found["totals"] == {"currentCost": Decimal("1.01"), "saving": cheaper["saving"]}


def test_the_grounds_of_a_saving_are_the_figures_of_its_basis() -> None:
    cached = Tokens.of_parts(100_000, 1_000, cached_input=80_000)
    logs = [
        call(1, cost_picos=10**12),
        call(2, failed=True, cost_picos=10**10),
        call(3, service="docs", tokens=cached),
    ]

    rows = Reads(logs).get(SAVINGS, {"service": "chat"})["savings"]

    kinds = {row["kind"]: (row, row["grounds"]) for row in rows}
    assert kinds["failed_requests"][1] == {"errors": 1, "requests": 2}
    row, grounds = kinds["cheaper_model"]
    assert f"Use {grounds['proposedModel']} instead" in row["proposal"]
    assert f"{grounds['matched']['vendor']}/{grounds['matched']['model']}" in row["basis"]
    assert grounds["priceBook"] in row["basis"]
    assert sums_up(grounds["proposedBill"]) == row["proposedCost"]
    row, grounds = kinds["cached_input"]
    like = grounds["like"]
    assert (like["service"], like["cachedInput"], like["input"]) == ("docs", 80_000, 100_000)
    assert (like["requests"], like["cacheWrite"], like["share"]) == (1, 0, Decimal("0.8"))
    saved = sums_up(grounds["currentBill"]) - sums_up(grounds["proposedBill"])
    assert saved == row["saving"]


def sums_up(bill: dict[str, Any]) -> Decimal:
    """The cost of a bill, after its lines were worked out again."""
    for line in bill["lines"]:
        assert line["quantity"] * line["rate"] == line["cost"]
    total = sum((line["cost"] for line in bill["lines"]), Decimal(0))
    assert total == bill["cost"]
    return total


def test_savings_take_dates_and_filters() -> None:
    logs = [
        call(1, user="alice"),
        call(2, user="bob", service="docs"),
        call(3, occurred_ms=START_MS - 40 * DAY_MS),
    ]
    reads = Reads(logs)

    def costs(**query: str) -> dict[str, Decimal]:
        return {row["service"]: row["currentCost"] for row in reads.get(SAVINGS, query)["savings"]}

    each = Decimal("0.26")
    assert costs() == {"chat": each, "docs": each}
    assert costs(service="docs") == {"docs": each}
    assert costs(model="gpt-4o") == {"chat": each, "docs": each}
    assert costs(userId="bob") == {"docs": each}
    assert costs(userId=account("alice")) == {"chat": each}
    assert costs(startDate="2026-10-01", endDate="2026-11-20")["chat"] == 2 * each
    assert costs(startDate="2026-01-01", endDate="2026-01-02") == {}
    assert reads.get(SAVINGS, {"model": "else"})["totals"] == {"currentCost": 0, "saving": 0}


def test_a_user_s_cache_has_the_whole_workspace_for_an_example() -> None:
    cached = Tokens.of_parts(100_000, 1_000, cached_input=80_000)
    logs = [call(1, user="alice"), call(2, user="bob", service="docs", tokens=cached)]

    rows = Reads(logs).get(SAVINGS, {"userId": "alice"})["savings"]

    (caching,) = (row for row in rows if row["kind"] == "cached_input")
    assert "as docs does" in caching["proposal"]


def test_small_savings_beyond_the_bound_are_left_out_and_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shared.http.views.savings.MAX_SAVINGS", 2)
    logs = [call(n, service=f"s{n}", cost_picos=26 * 10**10 + n) for n in range(3)]

    found = Reads(logs).get(SAVINGS)

    assert found["truncated"] is True
    assert [row["service"] for row in found["savings"]] == ["s2", "s1"]
    assert found["totals"]["currentCost"] == Decimal("0.780000000003")


def test_a_forecast_has_the_members_of_the_contract() -> None:
    logs = list(daily_use(60, 5, cost_picos=10**12))
    reads = Reads(logs, heads=[head(balance=1000)])

    found = reads.get(FORECAST)["forecast"]

    assert found.keys() - {"currency"} == {
        "monthEndCost", "low", "high", "method", "basis", "creditRunOut",
    }  # fmt: skip
    # Nineteen days are over; today (all of its usage comes at 9:30) and ten more are to come.
    assert found["monthEndCost"] == found["low"] == found["high"] == Decimal("29.5")
    assert "Replayed on 22 stretches of 7 days" in found["method"]
    assert "Cost so far this month (19)" in found["method"]
    assert found["creditRunOut"] == []


def test_the_basis_of_a_forecast_has_the_figures_of_its_method() -> None:
    found = Reads(list(daily_use(60, 5, cost_picos=10**12))).get(FORECAST)["forecast"]

    basis = found["basis"]
    assert basis == {
        "spent": Decimal(19), "toCome": Decimal("10.5"), "shapeWeeks": 8, "levelWeeks": 2,
        "replayedStretches": 22, "stretchDays": 7, "replayedWeeks": 4, "lowRatio": 1, "highRatio": 1,
        "creditDays": 28, "runOutDays": 90, "askedUsers": 1, "activeUsers": 1, "activeDays": 7,
    }  # fmt: skip
    assert basis["spent"] + basis["toCome"] == found["monthEndCost"]


def test_credits_run_out_when_the_balance_is_used_up() -> None:
    logs = [
        *daily_use(30, 10),
        *daily_use(30, 10, user="bob"),
        *daily_use(30, 1, user="carol"),
        *daily_use(3, 0, user="dave"),
    ]
    heads = [
        head("alice", balance=100),
        head("bob", balance=25),
        head("carol", balance=91),
        head("dave", balance=1),
    ]

    found = Reads(logs, heads=heads).get(FORECAST)["forecast"]

    assert found["creditRunOut"] == [
        {"userId": account("bob"), "date": "2026-11-22"},
        {"userId": account("alice"), "date": "2026-11-30"},
    ]


@pytest.mark.parametrize(("balance", "listed"), [(90, True), (91, False)])
def test_run_outs_are_looked_for_ninety_days_ahead(balance: int, listed: bool) -> None:
    """Half of today and ninety whole days take ninety credits and a half."""
    reads = Reads(list(daily_use(30, 1)), heads=[head(balance=balance)])

    found = reads.get(FORECAST)["forecast"]["creditRunOut"]

    assert found == ([{"userId": account("alice"), "date": "2027-02-18"}] if listed else [])


@pytest.mark.parametrize(("enforced", "listed"), [(True, 1), (False, 0)])
def test_an_empty_account_has_run_out_where_balances_count(enforced: bool, listed: int) -> None:
    acme = workspace(enforce_credits=enforced)
    reads = Reads(list(daily_use(30, 1)), acme, heads=[head(balance=0)])

    found = reads.get(FORECAST)["forecast"]["creditRunOut"]

    assert found == [{"userId": account("alice"), "date": "2026-11-20"}][:listed]


def test_the_largest_consumers_are_asked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.analytics.forecast.MAX_RUN_OUT_ACCOUNTS", 1)
    logs = [*daily_use(30, 1), *daily_use(30, 2, user="bob")]
    reads = Reads(logs, heads=[head("alice", balance=1), head("bob", balance=1)])

    found = reads.get(FORECAST)["forecast"]

    assert [row["userId"] for row in found["creditRunOut"]] == [account("bob")]
    assert "the 1 largest consumers of 2 users active" in found["method"]


def test_a_forecast_of_a_part_of_usage() -> None:
    logs = [
        *daily_use(60, 5, cost_picos=10**12),
        *daily_use(60, 5, cost_picos=3 * 10**12, user="bob", service="docs"),
    ]
    heads = [head("alice", balance=10), head("bob", balance=10)]
    reads = Reads(logs, heads=heads)

    def month_end(**query: str) -> Decimal:
        found: Decimal = reads.get(FORECAST, query)["forecast"]["monthEndCost"]
        return found

    assert month_end() == 118
    assert month_end(service="docs") == month_end(userId="bob") == Decimal("88.5")
    assert month_end(userId="alice", service="docs") == 0
    only = reads.get(FORECAST, {"userId": "bob"})["forecast"]["creditRunOut"]
    assert [row["userId"] for row in only] == [account("bob")]


@pytest.mark.parametrize(
    "zone", ["UTC", "Asia/Kathmandu", "America/New_York", "Pacific/Kiritimati"]
)
def test_the_month_is_the_workspace_s_own(zone: str) -> None:
    """STA-6: on the last evening of November in UTC it is December in Kathmandu."""
    now_ms = START_MS + 10 * DAY_MS + 10 * 3_600_000
    logs = [usage_log(1, occurred_ms=now_ms - 3_600_000, cost_picos=10**12)]

    found = Reads(logs, workspace(timezone=zone), now_ms=now_ms).get(FORECAST)["forecast"]

    already = zone in {"Asia/Kathmandu", "Pacific/Kiritimati"}
    assert found["low"] == 1
    assert found["monthEndCost"] == 1
    assert "Cost so far this month (1)" in found["method"]
    assert already == (zone not in {"UTC", "America/New_York"})


def test_nothing_happened_gives_zeros() -> None:
    reads = Reads()

    found = reads.get(FORECAST)["forecast"]

    assert (found["monthEndCost"], found["low"], found["high"]) == (0, 0, 0)
    assert "Too few days to test this on" in found["method"]
    assert reads.get(SAVINGS)["savings"] == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (FORECAST, {"startDate": "2026-11-01", "endDate": "2026-11-02"}),
        (FORECAST, {"period": "30"}),
        (FORECAST, {"service": "a b"}),
        (SAVINGS, {"startDate": "2026-11-01"}),
        (SAVINGS, {"groupBy": "day"}),
        (SAVINGS, {"userId": "a#b"}),
    ],
)
def test_parameters_are_checked(path: str, query: dict[str, str]) -> None:
    assert Reads().status(path, query) == 422
    assert Reads().status(MY_USAGE, {"userId": "alice"}, role=USER, subject="alice") == 422


@pytest.mark.parametrize("path", [SAVINGS, FORECAST])
def test_only_admins_and_operators_have_insight(path: str) -> None:
    reads = Reads()

    assert reads.status(path, role=ADMIN) == 200
    assert reads.status(path, role=SERVICE) == 403
    assert reads.status(path, role=USER, subject="alice") == 403


@pytest.mark.parametrize(("privacy", "shown"), [("visible", "alice"), ("pseudonymous", None)])
def test_run_outs_follow_the_privacy_rule(privacy: str, shown: str | None) -> None:
    """SEC-5."""
    acme = workspace(user_privacy=privacy)
    reads = Reads(list(daily_use(30, 10)), acme, heads=[head(balance=1)])

    for role in (ADMIN, OPERATOR):
        (row,) = reads.get(FORECAST, role=role)["forecast"]["creditRunOut"]
        assert row["userId"] == (shown or account("alice"))


def threshold(number: int, **rules: Any) -> Threshold:
    plain = replace(Rules("user", None, "tokens", 1000, None), **rules)
    return new_threshold("acme", f"th_{number:020x}", plain, number)


def test_my_usage_is_the_caller_s_own() -> None:
    logs = [call(1), call(2, user="bob"), call(3, occurred_ms=START_MS - DAY_MS)]
    reads = Reads(logs, heads=[head(balance=77)])
    found = reads.get(MY_USAGE, role=USER, subject="alice")

    stats = reads.get("/api/usage-logs/stats", role=USER, subject="alice")
    assert found.keys() == {"usage", "balance", "thresholds"}
    assert found["usage"] == stats["statistics"]
    assert (found["usage"]["requests"], found["balance"]) == (2, 77)
    day = {"startDate": "2026-11-20", "endDate": "2026-11-20", "service": "chat"}
    of_day = reads.get(MY_USAGE, day, role=USER, subject="alice")
    assert of_day["usage"]["requests"] == 1


def test_my_usage_has_the_thresholds_that_watch_the_caller_with_the_caller_s_figures() -> None:
    thresholds = [
        threshold(3, metric="cost", monthly=2 * 10**12, daily=None),
        threshold(1),
        threshold(2, account_id=account("alice"), metric="requests", daily=3, block=True),
        threshold(4, account_id=account("bob")),
        threshold(5, scope="workspace"),
        threshold(6, metric="balance", daily=None, below=50),
    ]
    figures = Counters(2, 500, 10**12, 5)
    alice = head(balance=7, day="2026-11-20", month="2026-11", today=figures, this_month=figures)
    reads = Reads(heads=[alice], thresholds=thresholds)

    found = reads.get(MY_USAGE, role=USER, subject="alice")["thresholds"]

    assert [row["id"][-1] for row in found] == ["1", "2", "3", "6"]
    assert [row.get("userId") for row in found] == [None, "alice", None, None]
    assert found[0]["current"]["daily"] == {
        "value": 500,
        "percent": 50,
        "resetsAt": "2026-11-21T00:00:00.000Z",
    }
    assert found[1]["current"]["daily"]["percent"] == Decimal("66.67")
    assert found[2]["current"]["monthly"] == {
        "value": 1,
        "percent": 50,
        "resetsAt": "2026-12-01T00:00:00.000Z",
    }
    assert "current" not in found[3]


def test_yesterday_s_counters_are_none_of_today() -> None:
    figures = Counters(2, 500, 10**12, 5)
    alice = head(day="2026-11-19", month="2026-11", today=figures, this_month=figures, logs=2)

    (row,) = Reads(heads=[alice], thresholds=[threshold(1)]).get(
        MY_USAGE, role=USER, subject="alice"
    )["thresholds"]

    assert row["current"]["daily"]["value"] == 0


def test_a_user_without_an_account_has_nothing_yet() -> None:
    found = Reads(thresholds=[threshold(1)]).get(MY_USAGE, role=USER, subject="nobody")

    assert found["balance"] == 0
    assert found["usage"]["requests"] == 0
    assert [row["date"] for row in found["usage"]["byDay"]] == days_between(
        "2026-10-22", "2026-11-20"
    )
    assert found["thresholds"][0]["current"]["daily"]["value"] == 0


@pytest.mark.parametrize("role", [ADMIN, OPERATOR, SERVICE])
def test_who_has_no_account_has_no_usage_of_their_own(role: str) -> None:
    assert Reads().status(MY_USAGE, role=role) == 403
