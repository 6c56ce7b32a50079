"""Thresholds and alerts over HTTP, on a table and a clock in memory (ALR-1, ALR-3, ALR-4, SEC-5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from functions.thresholds.handler import app
from shared.compose import Deps
from shared.domain.errors import UnauthorizedError
from shared.http.messages import Identity, Request
from shared.store import alerts as store
from shared.store.directory import DynamoDirectory
from tests.alerting import Alerting, account
from tests.client import Client
from tests.factories import ACCOUNT

PATH = "/api/thresholds"
LIMIT = {"scope": "user", "metric": "credits", "dailyLimit": 100}


def identify(request: Request) -> Identity:
    """Callers say who they are: `role subject workspace`."""
    words = request.headers.get("authorization", "").split()[1:]
    if not words:
        raise UnauthorizedError("Who are you?")
    role, subject, workspace = words
    return Identity(workspace, role, subject)


class Shop(Alerting):
    """A workspace with both functions."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.directory = DynamoDirectory(self.table)
        deps = Deps(self.table, self.clock, self.workspaces, self.directory, identify)
        self._app = app(deps)
        self.admin = self.caller("admin ada acme")

    def caller(self, words: str) -> Client:
        return Client(self._app, words)

    def set(self, **members: object) -> dict[str, Any]:
        """A threshold, set by an admin."""
        answer = self.admin.post(PATH, LIMIT | members)
        assert answer.status == 201, answer.body
        threshold: dict[str, Any] = answer.body["threshold"]
        return threshold

    def listed(self, caller: Client | None = None, **query: str) -> list[str]:
        """`who percent` of a list of alerts."""
        answer = (caller or self.admin).get("/api/alerts", **query)
        assert answer.status == 200, answer.body
        return [f"{a.get('userId')} {a['percent']}" for a in answer.body["alerts"]]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_threshold_is_answered_with_its_defaults_and_where_it_stands(shop: Shop) -> None:
    shop.use(30)

    threshold = shop.set(userId="alice", monthlyLimit=1000)

    assert threshold.pop("id").startswith("th_")
    assert threshold == {
        "scope": "user",
        "userId": ACCOUNT,
        "metric": "credits",
        "dailyLimit": 100,
        "monthlyLimit": 1000,
        "notifyAtPercent": [80, 100],
        "block": False,
        "alertEnabled": True,
        "createdAt": "2026-11-20T09:30:00.000Z",
        "updatedAt": "2026-11-20T09:30:00.000Z",
        "current": {
            "daily": {"value": 30, "percent": 30, "resetsAt": "2026-11-21T00:00:00.000Z"},
            "monthly": {"value": 30, "percent": 3, "resetsAt": "2026-12-01T00:00:00.000Z"},
        },
    }


def test_a_threshold_on_each_user_has_no_current_figures(shop: Shop) -> None:
    threshold = shop.set(alertEnabled=False, notifyAtPercent=[100, 50])

    assert {"userId", "monthlyLimit", "current"}.isdisjoint(threshold)
    assert threshold["notifyAtPercent"] == [100, 50]
    assert threshold["alertEnabled"] is False


def test_costs_are_exact_decimals(shop: Shop) -> None:
    shop.use(1, cost_picos=1)

    threshold = shop.set(
        metric="cost", dailyLimit=0.000000000003, monthlyLimit=10**9, userId="alice"
    )

    assert threshold["dailyLimit"] == Decimal("0.000000000003")
    assert threshold["monthlyLimit"] == 10**9
    assert threshold["current"]["daily"]["value"] == Decimal("0.000000000001")
    assert threshold["current"]["daily"]["percent"] == Decimal("33.33")


def test_figures_of_the_workspace_come_from_its_totals(shop: Shop) -> None:
    shop.total("2026-11-20", 3)
    shop.total("2026-11-19", 4)

    threshold = shop.set(scope="workspace", metric="requests", dailyLimit=10, monthlyLimit=10)

    assert threshold["current"]["daily"]["value"] == 3
    assert threshold["current"]["monthly"]["value"] == 7
    assert "userId" not in threshold


def test_current_figures_are_those_of_the_local_day() -> None:
    shop = Shop(timezone="Asia/Kathmandu")
    shop.use(30)
    threshold = shop.set(userId="alice", monthlyLimit=1000)
    shop.clock.advance(minutes=8 * 60 + 45)

    now = shop.admin.get(f"{PATH}/{threshold['id']}").body["threshold"]["current"]

    assert threshold["current"]["daily"]["value"] == 30
    assert now["daily"] == {"value": 0, "percent": 0, "resetsAt": "2026-11-21T18:15:00.000Z"}
    assert now["monthly"]["value"] == 30


def test_thresholds_are_listed_in_the_order_they_were_made(shop: Shop) -> None:
    shop.use(5)
    made = []
    for members in ({"userId": "alice"}, {"scope": "workspace"}, {"userId": "bob"}, {}):
        shop.clock.advance(ms=1)
        made.append(shop.set(**members))

    listed = shop.admin.get(PATH).body["thresholds"]

    assert listed == made
    assert [t.get("current", {}).get("daily", {}).get("value") for t in listed] == [5, 0, 0, None]


def test_put_takes_a_whole_threshold(shop: Shop) -> None:
    made = shop.set(userId="alice", monthlyLimit=7, block=True, notifyAtPercent=[50])
    shop.clock.advance(seconds=1)
    path = f"{PATH}/{made['id']}"

    answer = shop.admin.put(path, {"scope": "user", "metric": "tokens", "monthlyLimit": 9})

    changed = answer.body["threshold"]
    assert answer.status == 200
    assert changed == {
        "id": made["id"],
        "scope": "user",
        "metric": "tokens",
        "monthlyLimit": 9,
        "notifyAtPercent": [80, 100],
        "block": False,
        "alertEnabled": True,
        "createdAt": made["createdAt"],
        "updatedAt": "2026-11-20T09:30:01.000Z",
    }
    assert shop.admin.get(path).body["threshold"] == changed


def test_a_deleted_threshold_is_gone(shop: Shop) -> None:
    path = f"{PATH}/{shop.set()['id']}"

    answer = shop.admin.delete(path)

    assert (answer.status, answer.body) == (204, None)
    assert [call(path).status for call in (shop.admin.get, shop.admin.delete)] == [404, 404]
    assert shop.admin.put(path, LIMIT).status == 404
    assert shop.admin.get(PATH).body == {"thresholds": []}


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"metric": "balance"}, ["/metric"]),
        ({"metric": "balance", "below": 5, "dailyLimit": None}, ["/metric", "/below"]),
        ({"scope": "team"}, ["/scope"]),
        ({"scope": None}, ["/scope"]),
        ({"metric": None}, ["/metric"]),
        ({"dailyLimit": None}, ["/dailyLimit"]),
        ({"dailyLimit": 0}, ["/dailyLimit"]),
        ({"dailyLimit": -1, "monthlyLimit": 0}, ["/dailyLimit", "/monthlyLimit"]),
        ({"dailyLimit": "100"}, ["/dailyLimit"]),
        ({"dailyLimit": True}, ["/dailyLimit"]),
        ({"dailyLimit": 1.5}, ["/dailyLimit"]),
        ({"dailyLimit": 10**18 + 1}, ["/dailyLimit"]),
        ({"dailyLimit": 1e300}, ["/dailyLimit"]),
        ({"metric": "cost", "dailyLimit": 0.0000000000001}, ["/dailyLimit"]),
        ({"metric": "cost", "dailyLimit": 1_000_000_001}, ["/dailyLimit"]),
        ({"notifyAtPercent": []}, ["/notifyAtPercent"]),
        ({"notifyAtPercent": list(range(1, 12))}, ["/notifyAtPercent"]),
        ({"notifyAtPercent": [80, 80]}, ["/notifyAtPercent"]),
        ({"notifyAtPercent": [0]}, ["/notifyAtPercent/0"]),
        ({"notifyAtPercent": [80, 101]}, ["/notifyAtPercent/1"]),
        ({"notifyAtPercent": [80.5]}, ["/notifyAtPercent/0"]),
        ({"notifyAtPercent": 80}, ["/notifyAtPercent"]),
        ({"userId": "a b"}, ["/userId"]),
        ({"userId": 7}, ["/userId"]),
        ({"scope": "workspace", "userId": "alice"}, ["/userId"]),
        ({"scope": "workspace", "block": True}, ["/block"]),
        ({"block": "yes"}, ["/block"]),
        ({"alertEnabled": 1}, ["/alertEnabled"]),
        ({"name": "mine"}, ["/name"]),
        ({"userId": "acct_00000000000000000000"}, ["/userId"]),
    ],
)
def test_a_threshold_that_cannot_be_is_refused_by_name(
    shop: Shop, change: dict[str, object], pointers: list[str]
) -> None:
    threshold = shop.set()

    for answer in (
        shop.admin.post(PATH, LIMIT | change),
        shop.admin.put(f"{PATH}/{threshold['id']}", LIMIT | change),
    ):
        assert (answer.status, answer.body["code"]) == (422, "validation_failed")
        assert answer.pointers == pointers
    assert shop.admin.get(PATH).body["thresholds"] == [threshold]


def test_a_repeated_post_makes_one_threshold(shop: Shop) -> None:
    first = shop.admin.post(PATH, LIMIT | {"userId": "alice"}, key="k")
    again = shop.admin.post(PATH, {"userId": "alice", "block": None} | LIMIT, key="k")
    other = shop.admin.post(PATH, LIMIT | {"userId": "bob"}, key="k")

    assert (first.status, first.replayed, again.status, again.replayed) == (201, False, 200, True)
    assert again.body == first.body
    assert (other.status, other.body["code"]) == (409, "idempotency_conflict")
    assert other.pointers == ["/userId"]
    assert len(shop.admin.get(PATH).body["thresholds"]) == 1
    assert shop.admin.post(PATH, LIMIT, key="").status == 422


def test_a_replay_of_a_threshold_that_is_gone_says_so(shop: Shop) -> None:
    made = shop.admin.post(PATH, LIMIT, key="k").body["threshold"]
    shop.admin.delete(f"{PATH}/{made['id']}")

    assert shop.admin.post(PATH, LIMIT, key="k").status == 404


def test_a_user_who_has_no_account_yet_can_be_named_and_is_watched_later() -> None:
    shop = Shop(user_privacy="visible")

    threshold = shop.set(userId="newcomer")

    assert threshold["userId"] == "newcomer"
    assert threshold["current"]["daily"]["value"] == 0
    shop.use(100, user="newcomer")
    shop.run()
    assert sorted(shop.listed()) == ["newcomer 100", "newcomer 80"]


def test_a_users_id_stands_in_the_directory_alone(shop: Shop) -> None:
    shop.set(userId="newcomer", block=True)
    shop.admin.post(PATH, LIMIT | {"userId": "newcomer"}, key="k")
    shop.use(100, user="newcomer")
    shop.run()

    holding = [item for item in shop.table.items() if "newcomer" in str(item)]

    assert [item["sk"] for item in holding] == [account("newcomer")]
    assert "#DIR#" in str(holding[0]["pk"])


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


def test_a_list_of_all_thresholds_reads_little(shop: Shop) -> None:
    for number in range(50):
        shop.set(userId=f"user-{number}")
    shop.set(scope="workspace")
    shop.table.calls.clear()

    shop.admin.get(PATH)

    assert shop.table.calls == {"get": 1, "query": 3, "get_many": 1}
