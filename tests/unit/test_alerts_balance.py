"""A low balance: it fires at the debit that takes it under, however the stream delivers (ALR-1, ALR-2)."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alerts.message import mail_text, subject
from shared.domain.alerts import Alert
from shared.domain.ledger import Movement
from shared.domain.thresholds import Rules
from tests.alerting import Alerting, account
from tests.factories import ACCOUNT, WORKSPACE, a_purchase
from tests.threshold_shop import PATH, Shop

BALANCE = {"scope": "user", "metric": "balance", "below": 100}


def floor(below: int = 100, **changes: Any) -> Rules:
    return Rules("user", changes.pop("account_id", None), "balance", None, None, below=below)


def buy(shop: Alerting, amount: int, user: str = "alice") -> None:
    shop.ledger.move(WORKSPACE, user, a_purchase(amount), None)


def take(shop: Alerting, amount: int, user: str = "alice") -> None:
    movement = Movement("debit", "adjustment", amount, note="why")
    shop.ledger.move(WORKSPACE, user, movement, None)


def told(shop: Alerting) -> list[int]:
    """Deliver what is new; the balances told, in order."""
    before = len(shop.topic.messages)
    shop.deliver(shop.fresh_records())
    return [message.body["actualValue"] for message in shop.topic.messages[before:]]


@pytest.fixture
def shop() -> Alerting:
    shop = Alerting()
    shop.watch(floor())
    return shop


def test_it_fires_when_a_debit_takes_the_balance_under_and_again_only_after_it_was_back(
    shop: Alerting,
) -> None:
    buy(shop, 150)
    shop.use(50)
    assert told(shop) == [], "at the floor is not under it"
    shop.use(1)
    assert told(shop) == [99]
    shop.use(20)
    take(shop, 5)
    assert told(shop) == []

    buy(shop, 25)
    take(shop, 1)
    assert told(shop) == [], "not yet back"
    buy(shop, 2)
    take(shop, 1)
    assert told(shop) == [99]
    assert shop.statuses() == ["sent", "sent"]


def test_several_falls_in_one_batch_of_the_stream_are_all_told(shop: Alerting) -> None:
    buy(shop, 100)
    for amount in (1, 3, 7):
        take(shop, amount)
        buy(shop, amount)

    assert sorted(told(shop)) == [93, 97, 99]


def test_a_credit_under_the_floor_and_a_first_debit_from_nothing_are_no_falls(
    shop: Alerting,
) -> None:
    shop.use(10)
    buy(shop, 50)

    assert told(shop) == []


def test_it_counts_from_its_answer_on() -> None:
    shop = Alerting()
    buy(shop, 100)
    take(shop, 1)
    shop.clock.advance(ms=1)
    shop.watch(floor())
    take(shop, 1)
    assert told(shop) == [], "it was under before"

    buy(shop, 2)
    take(shop, 1)
    assert told(shop) == [99]


def test_a_changed_floor_fires_at_the_next_fall_under_it(shop: Alerting) -> None:
    threshold = shop.watch(floor(50))
    buy(shop, 150)
    shop.use(51)
    assert told(shop) == [99]

    shop.clock.advance(ms=1)
    shop.change(threshold, floor(90))
    shop.use(10)
    assert told(shop) == [89]


def test_a_named_user_is_watched_alone() -> None:
    shop = Alerting()
    shop.watch(floor(account_id=account("bob")))
    for user in ("alice", "bob"):
        buy(shop, 100, user)
        take(shop, 1, user)

    shop.deliver(shop.fresh_records())

    assert [message.body["userId"] for message in shop.topic.messages] == [account("bob")]


MOVES = st.lists(
    st.tuples(st.sampled_from(("alice", "bob")), st.integers(-40, 40).filter(bool)),
    min_size=1,
    max_size=25,
)


@given(MOVES, st.integers(1, 60), st.randoms(use_true_random=False))
def test_whatever_the_order_and_however_often_each_fall_is_told_once(
    moves: list[tuple[str, int]], below: int, random: Random
) -> None:
    """Re-deliveries, batches cut anywhere and out of order, two consumers: the falls of the journal."""
    shop = Alerting()
    shop.watch(floor(below))
    balances: dict[str, list[int]] = {"alice": [0], "bob": [0]}
    for user, amount in moves:
        (buy if amount > 0 else take)(shop, abs(amount), user)
        balances[user].append(balances[user][-1] + amount)
    falls = [
        (account(user), after)
        for user, held in balances.items()
        for before, after in pairwise(held)
        if before >= below > after
    ]

    records = shop.fresh_records()
    delivered = records + random.choices(records, k=len(records))
    random.shuffle(delivered)
    other = shop.consumer()
    for start in range(0, len(delivered), 5):
        handler = random.choice((shop.handler, other))
        shop.deliver(delivered[start : start + 5], handler)

    alerts = [(alert.line.account_id, alert.line.value) for alert in shop.alerts()]
    assert sorted(alerts, key=str) == sorted(falls, key=str)
    assert len(shop.topic.ids) == len(set(shop.topic.ids)) == len(falls)


def test_the_alert_is_shown_as_the_contract_has_it() -> None:
    shop = Shop()
    threshold = shop.admin.post(PATH, BALANCE | {"userId": "alice"}).body["threshold"]
    assert threshold == {
        "id": threshold["id"],
        "scope": "user",
        "userId": ACCOUNT,
        "metric": "balance",
        "below": 100,
        "block": False,
        "alertEnabled": True,
        "createdAt": "2026-11-20T09:30:00.000Z",
        "updatedAt": "2026-11-20T09:30:00.000Z",
    }
    assert shop.admin.get(f"{PATH}/{threshold['id']}").body["threshold"] == threshold
    buy(shop, 120)
    shop.use(50)
    shop.deliver(shop.fresh_records())

    (alert,) = shop.admin.get("/api/alerts").body["alerts"]
    assert alert == shop.topic.messages[0].body | {
        "alertSentAt": "2026-11-20T09:30:00.000Z",
        "status": "sent",
    }
    assert alert == {
        "id": alert["id"],
        "thresholdId": threshold["id"],
        "userId": ACCOUNT,
        "scope": "user",
        "metric": "balance",
        "thresholdType": "balance",
        "thresholdValue": 100,
        "actualValue": 70,
        "period": "2026-11-20",
        "alertSentAt": "2026-11-20T09:30:00.000Z",
        "status": "sent",
        "test": False,
        "createdAt": "2026-11-20T09:30:00.000Z",
    }
    (own,) = shop.caller("user alice acme").get("/api/alerts").body["alerts"]
    assert own == alert | {"userId": "alice"}


def test_a_floor_put_in_the_place_of_limits_and_back_is_armed_anew() -> None:
    """PUT with another metric."""
    shop = Shop()
    path = f"{PATH}/{shop.set(userId='alice')['id']}"
    buy(shop, 150)
    answer = shop.admin.put(path, BALANCE)
    assert answer.body["threshold"]["below"] == 100
    assert {"dailyLimit", "userId", "notifyAtPercent"}.isdisjoint(answer.body["threshold"])
    shop.use(100)
    assert told(shop) == [50]

    limits = {"scope": "user", "metric": "credits", "monthlyLimit": 100, "notifyAtPercent": [100]}
    assert "below" not in shop.admin.put(path, limits).body["threshold"]
    shop.use(0)
    assert told(shop) == [100]


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"below": None}, ["/below"]),
        ({"below": 0}, ["/below"]),
        ({"below": -1}, ["/below"]),
        ({"below": 1.5}, ["/below"]),
        ({"below": "100"}, ["/below"]),
        ({"below": 10**18 + 1}, ["/below"]),
        ({"scope": "workspace"}, ["/scope"]),
        ({"dailyLimit": 5, "monthlyLimit": 7}, ["/dailyLimit", "/monthlyLimit"]),
        ({"notifyAtPercent": [80]}, ["/notifyAtPercent"]),
        ({"block": True}, ["/block"]),
    ],
)
def test_a_floor_that_cannot_be_is_refused_by_name(
    change: dict[str, object], pointers: list[str]
) -> None:
    answer = Shop().admin.post(PATH, BALANCE | change)

    assert (answer.status, answer.body["code"]) == (422, "validation_failed")
    assert answer.pointers == pointers


def test_the_mail_says_whose_balance_and_how_little_is_left(shop: Alerting) -> None:
    buy(shop, 1500)
    shop.use(2000)
    shop.deliver(shop.fresh_records())
    (alert,) = shop.alerts()

    assert shop.topic.messages[0].mail == (
        f"User {ACCOUNT} has fewer than 100 credits left.\n"
        "\n"
        "Workspace:  Acme (acme)\n"
        f"Who:        {ACCOUNT}\n"
        "Warn below: 100 credits\n"
        "Balance:    -500 credits\n"
        "Day:        2026-11-20 in UTC\n"
        "\n"
        "Where to look: https://tally.example.com (Alerts)\n"
        "What you can do: post more credits, or talk to who is using them.\n"
        "\n"
        f"Alert {alert.alert_id} of threshold {alert.line.threshold_id}"
    )
    assert subject(alert) == "Tally: a balance below 100 credits in acme"
    assert mail_text(Alert(alert.line, 0), shop.workspace, "alice", "").startswith("User alice ")
