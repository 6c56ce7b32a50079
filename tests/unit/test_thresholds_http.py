"""Thresholds over HTTP, on a table and a clock in memory (ALR-1, ALR-4, SEC-5)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.alerting import account
from tests.factories import ACCOUNT
from tests.threshold_shop import LIMIT, PATH, Shop


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
        ({"metric": "patience"}, ["/metric"]),
        ({"metric": "balance"}, ["/below", "/dailyLimit"]),
        ({"metric": "balance", "below": 5}, ["/dailyLimit"]),
        ({"below": 5}, ["/below"]),
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


def test_a_list_of_all_thresholds_reads_little(shop: Shop) -> None:
    for number in range(50):
        shop.set(userId=f"user-{number}")
    shop.set(scope="workspace")
    shop.table.calls.clear()

    shop.admin.get(PATH)

    assert shop.table.calls == {"get": 1, "query": 1, "get_many": 2}
