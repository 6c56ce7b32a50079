"""Trying a threshold against history: what it says is what would have fired (ALR-5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.thresholds import trial
from shared.domain.calendar import day_start_ms, hour_start_ms, local_day, local_day_hour, zone_of
from shared.domain.ledger import Movement
from tests.alerting import account
from tests.factories import ACCOUNT, WORKSPACE, a_purchase
from tests.threshold_shop import LIMIT, PATH, Shop

TRY = f"{PATH}/try"
ALL = {"startDate": "2026-11-01", "endDate": "2026-11-30"}
HOUR_MS = 3_600_000


def firings(shop: Shop, threshold: dict[str, Any], **days: str) -> list[dict[str, Any]]:
    answer = shop.admin.post(TRY, {"threshold": threshold} | days)
    assert answer.status == 200, answer.body
    assert answer.body.keys() == {"firings"}
    found: list[dict[str, Any]] = answer.body["firings"]
    return found


def buy(shop: Shop, amount: int, user: str = "alice") -> None:
    shop.ledger.move(WORKSPACE, user, a_purchase(amount), None)


def test_lines_are_found_at_the_very_write_that_reaches_them() -> None:
    shop = Shop()
    for credits in (70, 15, 30):
        shop.clock.advance(minutes=7)
        shop.use(credits)
    shop.fold()
    before = shop.table.items()

    found = firings(
        shop, LIMIT | {"userId": "alice", "monthlyLimit": 230, "notifyAtPercent": [50, 80]}
    )

    assert found == [
        {
            "period": period,
            "percent": percent,
            "at": at,
            "actualValue": value,
            "userId": ACCOUNT,
        }
        for period, percent, at, value in (
            ("2026-11-20", 50, "2026-11-20T09:37:00.000Z", 70),
            ("2026-11-20", 80, "2026-11-20T09:44:00.000Z", 85),
            ("2026-11", 50, "2026-11-20T09:51:00.000Z", 115),
        )
    ]
    assert shop.table.items() == before, "nothing is saved"
    assert shop.admin.get(PATH).body == {"thresholds": []}


USES = st.lists(
    st.tuples(
        st.sampled_from(("alice", "bob", "carol")),
        st.lists(st.integers(0, 30), min_size=1, max_size=3),
        st.sampled_from((1, 60, 11 * 60, 24 * 60, 60 * 60)),
        st.sampled_from((0, 0, 0, 25 * 60, -4)),
    ),
    min_size=1,
    max_size=16,
)


@given(
    USES,
    st.sampled_from(("credits", "requests", "tokens", "cost")),
    st.none() | st.integers(1, 60),
    st.none() | st.integers(1, 150),
    st.sampled_from((None, "alice")),
)
def test_a_trial_of_users_says_what_a_threshold_there_would_have_fired(
    uses: list[tuple[str, list[int], int, int]],
    metric: str,
    daily: int | None,
    monthly: int | None,
    user: str | None,
) -> None:
    """The threshold itself is the reference: set at the first instant, on everything since."""
    scale = {"tokens": 1200, "cost": 0.005}.get(metric, 1)
    limits = {
        name: round(limit * scale, 6)
        for name, limit in (("dailyLimit", daily), ("monthlyLimit", monthly))
        if limit is not None
    } or {"dailyLimit": round(20 * scale, 6)}
    threshold = {"scope": "user", "userId": user, "metric": metric, **limits}
    shop = Shop(timezone="Asia/Kathmandu")
    zone = zone_of("Asia/Kathmandu")
    shop.clock.set(day_start_ms("2026-11-19", zone))
    shop.use(25, user="alice")
    shop.fresh_records()
    shop.clock.set(day_start_ms("2026-11-20", zone))
    shop.set(**{"metric": metric, "dailyLimit": None, "notifyAtPercent": [40, 100]} | threshold)
    for name, credits, minutes, late in uses:
        shop.use(*credits, user=name, occurred_ms=shop.clock.now_ms() - late * 60_000)
        shop.clock.advance(minutes=minutes)
    shop.run()
    shop.fold()
    days = {"startDate": "2026-11-20", "endDate": "2026-12-19"}

    found = firings(shop, threshold | {"notifyAtPercent": [40, 100]}, **days)

    def told(body: dict[str, Any]) -> tuple[str, str, int, Decimal]:
        value = Decimal(str(body["actualValue"]))
        return body["userId"], body["period"], body["percent"], value

    fired = [told(message.body) for message in shop.topic.messages]
    assert sorted(map(told, found)) == sorted(f for f in fired if f[1] < "2026-12-20")
    assert [f["at"] for f in found] == sorted(f["at"] for f in found)


def test_a_line_passed_before_the_range_fires_at_the_first_write_in_it() -> None:
    shop = Shop()
    shop.clock.set(day_start_ms("2026-11-10", zone_of("UTC")))
    shop.use(90)
    shop.clock.advance(days=5)
    shop.use(1)
    shop.fold()

    found = firings(
        shop,
        {"scope": "user", "metric": "credits", "monthlyLimit": 100},
        startDate="2026-11-12",
        endDate="2026-11-30",
    )

    assert [(f["percent"], f["at"]) for f in found] == [(80, "2026-11-15T00:00:00.000Z")]


@given(
    st.lists(
        st.tuples(st.sampled_from(("alice", "bob")), st.integers(0, 30), st.integers(1, 40 * 60)),
        max_size=14,
    ),
    st.integers(1, 90),
    st.integers(1, 200),
)
def test_a_trial_of_the_workspace_finds_lines_in_the_hour_that_reached_them(
    uses: list[tuple[str, int, int]], daily: int, monthly: int
) -> None:
    shop, zone = Shop(timezone="Asia/Kathmandu"), zone_of("Asia/Kathmandu")
    shop.clock.set(day_start_ms("2026-11-10", zone))
    sums: dict[tuple[str, int], int] = {}
    for user, credits, minutes in uses:
        place = local_day_hour(shop.clock.now_ms(), zone)
        sums[place] = sums.get(place, 0) + credits
        shop.use(credits, user=user)
        shop.clock.advance(minutes=minutes)
    shop.fold()
    threshold = {"scope": "workspace", "metric": "credits"}
    limits = {"dailyLimit": daily, "monthlyLimit": monthly, "notifyAtPercent": [50, 100]}
    days = {"startDate": "2026-11-12", "endDate": "2026-12-12"}

    expected: list[tuple[str, int, int, int]] = []
    for place in sorted(sums):
        if not days["startDate"] <= place[0] <= days["endDate"]:
            continue
        for length, limit in ((10, daily), (7, monthly)):
            period = place[0][:length]
            of_period = {p: n for p, n in sums.items() if p[0].startswith(period) and p <= place}
            told = {(e[0], e[1]) for e in expected}
            for percent in (50, 100):
                if (
                    sum(of_period.values()) * 100 >= limit * percent
                    and (period, percent) not in told
                ):
                    at_ms = hour_start_ms(*place, zone)
                    expected.append((period, percent, at_ms, sum(of_period.values())))

    found = firings(shop, threshold | limits, **days)

    seen = [(f["period"], f["percent"], f["actualValue"]) for f in found]
    assert sorted(seen) == sorted((p, n, v) for p, n, _, v in expected)
    assert all("userId" not in f for f in found)
    assert {f["at"][13:] for f in found} <= {":15:00.000Z"}, "a local hour's beginning"


@given(
    st.lists(
        st.tuples(st.sampled_from(("alice", "bob")), st.integers(-40, 40).filter(bool)), max_size=20
    ),
    st.sampled_from((None, "alice")),
)
def test_a_trial_of_a_floor_finds_every_fall(
    moves: list[tuple[str, int]], user: str | None
) -> None:
    shop, floor = Shop(), 25
    held: dict[str, int] = {"alice": 0, "bob": 0}
    falls = []
    for name, amount in moves:
        shop.clock.advance(minutes=11)
        if amount > 0:
            buy(shop, amount, name)
        else:
            movement = Movement("debit", "adjustment", -amount, note="why")
            shop.ledger.move(WORKSPACE, name, movement, None)
        if held[name] >= floor > held[name] + amount and user in {None, name}:
            falls.append((account(name), held[name] + amount, shop.clock.now_ms()))
        held[name] += amount

    found = firings(shop, {"scope": "user", "userId": user, "metric": "balance", "below": floor})

    days = [local_day(at_ms, zone_of("UTC")) for _, _, at_ms in falls]
    assert [(f["userId"], f["actualValue"]) for f in found] == [(a, v) for a, v, _ in falls]
    assert [f["period"] for f in found] == days
    assert all("percent" not in f for f in found)


def test_only_what_was_committed_within_the_days_is_found() -> None:
    shop = Shop()
    start_ms = day_start_ms("2026-11-19", zone_of("UTC"))
    for offset_ms in (-1, 0, 24 * HOUR_MS - 1, 24 * HOUR_MS):
        shop.clock.set(start_ms + offset_ms)
        buy(shop, 100)
        shop.use(100)
    shop.fold()
    day = {"startDate": "2026-11-19", "endDate": "2026-11-19"}

    lines = firings(shop, LIMIT | {"notifyAtPercent": [100]}, **day)
    falls = firings(shop, {"scope": "user", "metric": "balance", "below": 50}, **day)

    first, last = "2026-11-19T00:00:00.000Z", "2026-11-19T23:59:59.999Z"
    assert [f["at"] for f in lines] == [first]
    assert [f["at"] for f in falls] == [first, last]


@pytest.mark.parametrize("each", [True, False])
def test_who_is_shown_follows_the_privacy_of_alerts(each: bool) -> None:
    """SEC-5."""
    for privacy, shown in (("pseudonymous", ACCOUNT), ("visible", "alice")):
        shop = Shop(user_privacy=privacy)
        shop.use(100)
        shop.fold()
        whom = {} if each else {"userId": "alice"}
        assert {f["userId"] for f in firings(shop, LIMIT | whom)} == {shown}


def test_a_user_nobody_knows_fires_nothing_and_is_not_written_down() -> None:
    shop = Shop()
    for threshold in (LIMIT, {"scope": "user", "metric": "balance", "below": 5}):
        assert firings(shop, threshold | {"userId": "nobody"}) == []
    assert not [item for item in shop.table.items() if "nobody" in str(item)]


@pytest.mark.parametrize(
    ("name", "metric"),
    [("MAX_USERS", "credits"), ("MAX_ROWS", "credits"), ("MAX_ROWS", "balance")],
)
def test_what_is_too_much_to_look_at_is_said(
    monkeypatch: pytest.MonkeyPatch, name: str, metric: str
) -> None:
    monkeypatch.setattr(trial, name, 2)
    shop = Shop()
    for n, user in enumerate(("alice", "bob", "carol")):
        buy(shop, 100, user)
        shop.use(100 - n, user=user)
    shop.fold()
    limits = {"below": 50} if metric == "balance" else {"dailyLimit": 50}

    body = shop.admin.post(TRY, {"threshold": {"scope": "user", "metric": metric} | limits}).body

    assert body["truncated"] is True
    users = {firing["userId"] for firing in body["firings"]}
    assert len(users) == 2
    if name == "MAX_USERS":
        assert users == {account("alice"), account("bob")}, "the largest"


def test_a_long_journal_is_looked_through_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MAX_ENTRIES", 4)
    shop = Shop()
    for _ in range(3):
        buy(shop, 100)
        shop.use(100)
    threshold = {"scope": "user", "userId": "alice", "metric": "balance", "below": 50}

    body = shop.admin.post(TRY, {"threshold": threshold}).body

    assert (len(body["firings"]), body["truncated"]) == (2, True)


def test_many_firings_are_told_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "MAX_FIRINGS", 1)
    shop = Shop()
    shop.use(100)
    shop.fold()

    body = shop.admin.post(TRY, {"threshold": LIMIT}).body

    assert ([f["percent"] for f in body["firings"]], body["truncated"]) == ([80], True)


def test_a_month_of_a_busy_account_is_searched_in_few_reads() -> None:
    shop = Shop()
    for _ in range(300):
        shop.clock.advance(minutes=29)
        shop.use(1)
    shop.fold()
    shop.table.calls.clear()

    found = firings(
        shop,
        LIMIT | {"userId": "alice", "dailyLimit": 40, "notifyAtPercent": list(range(10, 101, 10))},
    )

    assert len(found) == 5 * 10 + 7 + 5, "full days, and what the first and last came to"
    assert sum(shop.table.calls.values()) < 45


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/threshold"]),
        ({"threshold": None}, ["/threshold"]),
        ({"threshold": []}, ["/threshold"]),
        ({"threshold": LIMIT | {"metric": "x"}}, ["/threshold/metric"]),
        ({"threshold": LIMIT | {"dailyLimit": 0}}, ["/threshold/dailyLimit"]),
        ({"threshold": LIMIT | {"name": "x"}}, ["/threshold/name"]),
        ({"threshold": LIMIT | {"userId": "acct_00000000000000000000"}}, ["/threshold/userId"]),
        ({"threshold": LIMIT, "startDate": "2026-11-01"}, ["/endDate"]),
        ({"threshold": LIMIT, "endDate": "2026-11-01"}, ["/startDate"]),
        ({"threshold": LIMIT, "startDate": "2026-11-02", "endDate": "2026-11-01"}, ["/endDate"]),
        ({"threshold": LIMIT, "startDate": "2026-10-31", "endDate": "2026-12-01"}, ["/endDate"]),
        ({"threshold": LIMIT, "startDate": "2026-11-31", "endDate": "2026-12-01"}, ["/startDate"]),
        (
            {"threshold": LIMIT, "startDate": "2026-11-01T00:00:00Z", "endDate": "2026-11-02"},
            ["/startDate"],
        ),
        ({"threshold": LIMIT, "startDate": 20261101, "endDate": "2026-11-02"}, ["/startDate"]),
        ({"threshold": LIMIT, "days": 3}, ["/days"]),
    ],
)
def test_a_trial_that_cannot_be_is_refused_by_name(
    body: dict[str, object], pointers: list[str]
) -> None:
    answer = Shop().admin.post(TRY, body)

    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert answer.pointers == pointers


def test_thirty_one_days_are_the_most_and_thirty_the_usual() -> None:
    shop = Shop()
    shop.clock.advance(days=-29)
    shop.use(100)
    shop.clock.advance(days=-1)
    shop.use(100, user="bob")
    shop.clock.advance(days=30)
    shop.fold()

    assert {f["userId"] for f in firings(shop, LIMIT)} == {ACCOUNT}
    month = {"startDate": "2026-10-21", "endDate": "2026-11-20"}
    assert len(firings(shop, LIMIT, **month)) == 4


def test_only_admins_try_and_of_their_own_workspace() -> None:
    shop = Shop()
    shop.use(100)
    shop.fold()
    body = {"threshold": LIMIT}

    assert shop.caller("user alice acme").post(TRY, body).status == 403
    assert shop.caller("service key acme").post(TRY, body).status == 403
    assert shop.caller("operator olga acme").post(TRY, body).status == 200
    assert shop.admin.post(TRY, body, key="").status == 422


def test_a_trial_counts_once_under_a_key_over_the_days_of_the_first() -> None:
    """A repeat answers what the first time would have, and says so; another body is refused."""
    shop = Shop()
    shop.use(100)
    shop.fold()
    body = {"threshold": LIMIT | {"userId": "alice"}}
    first = shop.admin.post(TRY, body, key="k1")
    shop.clock.advance(days=40)
    again = shop.admin.post(TRY, {"threshold": LIMIT | {"userId": ACCOUNT}}, key="k1")
    refused = shop.admin.post(TRY, ALL | {"threshold": LIMIT | {"dailyLimit": 7}}, key="k1")

    assert (first.status, first.replayed, len(first.body["firings"])) == (200, False, 2)
    assert (again.status, again.replayed, again.body) == (200, True, first.body)
    assert (refused.status, refused.body["code"]) == (409, "idempotency_conflict")
    differing = ["/endDate", "/startDate", "/threshold/dailyLimit", "/threshold/userId"]
    assert refused.pointers == differing
    assert not shop.admin.post(TRY, body, key="k2").body["firings"]
