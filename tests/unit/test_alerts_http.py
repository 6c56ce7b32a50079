"""Alerts over HTTP, on a table and a clock in memory (ALR-3, SEC-1, SEC-5)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.store import alerts as store
from tests.alerting import account
from tests.factories import ACCOUNT
from tests.threshold_shop import LIMIT, PATH, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_admins_see_accounts_unless_the_workspace_shows_users(shop: Shop) -> None:
    shop.set(userId="alice")
    shop.use(100)
    shop.run()
    assert shop.admin.get(PATH).body["thresholds"][0]["userId"] == ACCOUNT
    assert shop.listed() == [f"{ACCOUNT} 100", f"{ACCOUNT} 80"]
    assert shop.listed(userId=ACCOUNT) == shop.listed(userId="alice")
    olga = shop.caller("operator olga none")
    assert shop.listed(olga, workspaceId="acme") == shop.listed()
    assert all(message.body["userId"] == ACCOUNT for message in shop.topic.messages)
    assert all("alice" not in message.mail for message in shop.topic.messages)

    visible = Shop(user_privacy="visible")
    visible.set(userId="alice")
    visible.use(100)
    visible.run()

    assert visible.admin.get(PATH).body["thresholds"][0]["userId"] == "alice"
    assert visible.listed() == ["alice 100", "alice 80"]
    assert all("User alice" in message.mail for message in visible.topic.messages)
    assert all(message.body["userId"] == "alice" for message in visible.topic.messages)


def test_a_user_sees_their_own_alerts_with_their_id(shop: Shop) -> None:
    shop.set(notifyAtPercent=[80])
    shop.set(scope="workspace", metric="requests", dailyLimit=1)
    shop.use(80, user="alice")
    shop.use(80, user="bob")
    shop.total("2026-11-20", 2)
    shop.run()
    alice = shop.caller("user alice acme")

    assert shop.listed(alice) == ["alice 80"]
    assert shop.listed(alice, userId="alice") == shop.listed(alice, userId=ACCOUNT) == ["alice 80"]
    for somebody in ("bob", account("bob"), "nobody"):
        assert alice.get("/api/alerts", userId=somebody).status == 404
    assert len(shop.listed()) == 4
    assert shop.listed(userId="nobody") == []
    (own,) = alice.get("/api/alerts").body["alerts"]
    assert alice.post(f"/api/alerts/{own['id']}/acknowledge", {}).status == 403
    assert alice.get(PATH).status == 403


def test_an_alert_is_shown_as_the_contract_says(shop: Shop) -> None:
    threshold = shop.set(notifyAtPercent=[80], metric="cost", dailyLimit=1.25)
    shop.use(1, cost_picos=1_100_000_000_001)
    shop.run()

    (alert,) = shop.admin.get("/api/alerts").body["alerts"]

    assert alert.pop("id").startswith("al_")
    assert alert == {
        "thresholdId": threshold["id"],
        "userId": ACCOUNT,
        "scope": "user",
        "metric": "cost",
        "thresholdType": "daily",
        "thresholdValue": Decimal("1.25"),
        "percent": 80,
        "actualValue": Decimal("1.100000000001"),
        "period": "2026-11-20",
        "alertSentAt": "2026-11-20T09:30:00.000Z",
        "status": "sent",
        "test": False,
        "createdAt": "2026-11-20T09:30:00.000Z",
    }
    (message,) = shop.topic.messages
    told = {name: v for name, v in alert.items() if name not in {"alertSentAt", "status"}}
    assert message.body["status"] == "pending"
    assert {n: message.body[n] for n in told} == told | {
        "thresholdValue": 1.25,
        "actualValue": 1.100000000001,
    }


def test_alerts_are_listed_in_pages_and_by_cursor(shop: Shop) -> None:
    shop.set(notifyAtPercent=[100])
    for number in range(5):
        shop.clock.advance(seconds=1)
        shop.use(100, user=f"user-{number}")
        shop.run()
    expected = [f"{account(f'user-{n}')} 100" for n in (4, 3, 2, 1, 0)]

    first = shop.admin.get("/api/alerts", limit="2").body

    assert (first["total"], first["page"], first["limit"]) == (5, 1, 2)
    assert shop.listed(limit="2") == expected[:2]
    assert shop.listed(limit="2", page="2") == expected[2:4]
    assert shop.listed(limit="2", page="3") == expected[4:]
    assert shop.listed(limit="2", page="4") == []
    assert shop.listed(order="asc", limit="2") == expected[:2:-1]
    found, cursor = expected[:2], first["nextCursor"]
    while cursor:
        page = shop.admin.get("/api/alerts", limit="2", cursor=cursor).body
        found += [f"{a['userId']} {a['percent']}" for a in page["alerts"]]
        assert page["total"] == 5
        cursor = page.get("nextCursor")
    assert found == expected
    assert shop.listed(limit="2", page="2", cursor=first["nextCursor"]) == expected[2:4]
    assert "nextCursor" not in shop.admin.get("/api/alerts", limit="5").body


def test_pages_end_with_the_total_and_a_cursor_goes_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 1)
    monkeypatch.setattr(store, "MAX_COUNTED", 2)
    shop.set(notifyAtPercent=[10, 20, 30])
    shop.use(30)
    shop.run()

    page = shop.admin.get("/api/alerts", limit="2").body

    assert page["total"] == 2
    assert shop.listed(limit="2", page="2") == []
    assert len(shop.listed(cursor=page["nextCursor"])) == 1


def test_alerts_are_listed_by_status(shop: Shop) -> None:
    shop.set()
    shop.topic.answers = ["refused"]
    shop.use(100)
    shop.run()
    (sent,) = shop.admin.get("/api/alerts", status="sent").body["alerts"]
    shop.admin.post(f"/api/alerts/{sent['id']}/acknowledge", {})

    totals = {
        status: shop.admin.get("/api/alerts", status=status).body["total"]
        for status in ("pending", "sent", "failed", "acknowledged")
    }

    assert totals == {"pending": 1, "sent": 0, "failed": 0, "acknowledged": 1}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"status": "lost"}, "?status"),
        ({"limit": "101"}, "?limit"),
        ({"page": "0"}, "?page"),
        ({"cursor": "bm8"}, "?cursor"),
        ({"userId": "a b"}, "?userId"),
        ({"startDate": "2026-11-20"}, "?startDate"),
    ],
)
def test_a_list_refuses_what_it_does_not_know(
    shop: Shop, query: dict[str, str], pointer: str
) -> None:
    answer = shop.admin.get("/api/alerts", **query)

    assert (answer.status, answer.pointers) == (422, [pointer])


def test_acknowledging_is_answered_the_same_however_often(shop: Shop) -> None:
    shop.set(notifyAtPercent=[80])
    shop.use(80)
    shop.run()
    (alert,) = shop.alerts()
    path = f"/api/alerts/{alert.alert_id}/acknowledge"

    answers = [
        shop.admin.post(path, None),
        shop.admin.post(path, {}),
        shop.admin.post(path, {}, key="k"),
        shop.admin.post(path, None, key="k"),
    ]

    assert [answer.status for answer in answers] == [200] * 4
    assert [answer.replayed for answer in answers] == [False, False, False, True]
    assert all(answer.body == answers[0].body for answer in answers)
    assert answers[0].body["alert"]["status"] == "acknowledged"
    assert shop.listed(status="acknowledged") == [f"{ACCOUNT} 80"]
    assert shop.admin.post(path, {"note": "seen"}).pointers == ["/note"]
    assert shop.admin.post(path.replace("al_", "al_x"), {}).status == 404
    assert shop.admin.post(f"/api/alerts/{'0' * 23}/acknowledge", {}).status == 404


def test_another_workspace_reaches_nothing(shop: Shop) -> None:
    shop.workspaces.create(type(shop.workspace)("globex", "Globex", b"x" * 32, shop.clock.now_ms()))
    threshold = shop.set(notifyAtPercent=[80])
    shop.use(80)
    shop.run()
    (alert,) = shop.alerts()
    stranger = shop.caller("admin eve globex")

    path = f"{PATH}/{threshold['id']}"
    assert stranger.get(path).status == 404
    assert stranger.put(path, LIMIT).status == 404
    assert stranger.delete(path).status == 404
    assert stranger.post(f"/api/alerts/{alert.alert_id}/acknowledge", {}).status == 404
    assert stranger.get(PATH).body == {"thresholds": []}
    assert shop.listed(stranger) == []
    assert stranger.get("/api/alerts", workspaceId="acme").status == 404
