"""What happens when a threshold is changed or taken away: recovery, re-arming, what stays (ALR-2, ALR-4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.alerting import account
from tests.factories import ACCOUNT
from tests.threshold_shop import LIMIT, PATH, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def statuses(shop: Shop, *credits: int, user: str = "alice") -> list[str]:
    return [outcome.status for outcome in shop.use(*credits, user=user)]


@pytest.mark.parametrize("whom", [{"userId": "alice"}, {}], ids=["one", "each"])
def test_a_raised_limit_takes_writes_at_once_and_warns_again(
    shop: Shop, whom: dict[str, Any]
) -> None:
    threshold = shop.set(block=True, notifyAtPercent=[100], **whom)
    assert statuses(shop, 100, 1) == ["created", "rejected"]
    assert shop.run() == ["daily 100"]

    raised = LIMIT | whom | {"dailyLimit": 150, "block": True, "notifyAtPercent": [100]}
    answer = shop.admin.put(f"{PATH}/{threshold['id']}", raised)

    assert answer.status == 200
    assert statuses(shop, 51, 50, 1) == ["rejected", "created", "rejected"]
    assert shop.run() == ["daily 100"]
    values = [m.body["thresholdValue"] for m in shop.topic.messages]
    assert values == [100, 150]


def test_a_raised_budget_takes_writes_at_once(shop: Shop) -> None:
    budget = LIMIT | {"scope": "workspace", "block": True, "notifyAtPercent": [100]}
    threshold = shop.set(**budget)
    assert statuses(shop, 100) + statuses(shop, 1, user="bob") == ["created", "rejected"]

    path = f"{PATH}/{threshold['id']}"
    raised = shop.admin.put(path, budget | {"dailyLimit": 101}).body["threshold"]

    assert raised["current"]["daily"] == {
        "value": 100,
        "percent": Decimal("99.01"),
        "resetsAt": "2026-11-21T00:00:00.000Z",
    }
    assert statuses(shop, 1, user="bob") + statuses(shop, 1) == ["created", "rejected"]


def test_current_figures_of_the_workspace_are_exact_before_anything_is_folded(shop: Shop) -> None:
    threshold = shop.set(scope="workspace", block=True, monthlyLimit=300)
    shop.use(40)
    shop.use(2, user="bob")

    current = shop.admin.get(f"{PATH}/{threshold['id']}").body["threshold"]["current"]

    assert {name: (c["value"], c["percent"]) for name, c in current.items()} == {
        "daily": (42, 42),
        "monthly": (42, 14),
    }


def test_what_was_blocked_is_free_once_the_threshold_is_for_somebody_else(shop: Shop) -> None:
    """PUT with another user, another scope, another metric: only what it says now is refused."""
    path = f"{PATH}/{shop.set(userId='alice', block=True)['id']}"
    assert statuses(shop, 100, 1) == ["created", "rejected"]

    shop.admin.put(path, LIMIT | {"userId": "bob", "block": True})
    assert statuses(shop, 1) + statuses(shop, 100, 1, user="bob") == [
        "created",
        "created",
        "rejected",
    ]
    shop.fold()
    shop.admin.put(path, LIMIT | {"scope": "workspace", "dailyLimit": 202, "block": True})
    assert statuses(shop, 1, user="bob") + statuses(shop, 1) == ["created", "rejected"]
    shop.admin.put(path, LIMIT | {"metric": "requests", "dailyLimit": 4, "block": True})
    assert statuses(shop, 0, 0, 0) == ["created", "created", "rejected"]


def test_alerts_stay_when_their_threshold_goes(shop: Shop) -> None:
    path = f"{PATH}/{shop.set()['id']}"
    shop.use(100)
    shop.run()

    assert shop.admin.delete(path).status == 204

    alerts = shop.admin.get("/api/alerts").body["alerts"]
    assert len(alerts) == 2
    acknowledged = shop.admin.post(f"/api/alerts/{alerts[0]['id']}/acknowledge", None)
    assert acknowledged.body["alert"]["status"] == "acknowledged"


def test_alerts_of_a_user_are_found_by_id_and_by_account(shop: Shop) -> None:
    """Wherever a userId goes in, an accountId goes too."""
    shop.set(notifyAtPercent=[100])
    shop.use(100, user="alice")
    shop.use(100, user="bob")
    shop.run()

    for user, whose in (("alice", ACCOUNT), (ACCOUNT, ACCOUNT), ("bob", account("bob"))):
        assert shop.listed(userId=user) == [f"{whose} 100"]
    assert shop.listed(userId="nobody") == []
