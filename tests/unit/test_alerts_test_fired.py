"""Test-fired alerts: made on request, really delivered, once, and told apart (ALR-5, ALR-3)."""

from __future__ import annotations

import pytest

from tests.alerting import metrics_of
from tests.factories import ACCOUNT
from tests.fakes.faults import Fault
from tests.threshold_shop import PATH, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def fire(shop: Shop, threshold_id: str, key: str | None = None) -> dict[str, object]:
    answer = shop.admin.post(f"{PATH}/{threshold_id}/test", None, key)
    assert answer.status == 202, answer.body
    alert: dict[str, object] = answer.body["alert"]
    return alert


def test_a_test_is_answered_delivered_and_listed(shop: Shop) -> None:
    threshold = shop.set(userId="alice", metric="cost", dailyLimit=12.5)
    alert = fire(shop, threshold["id"])

    assert alert == {
        "id": alert["id"],
        "thresholdId": threshold["id"],
        "userId": ACCOUNT,
        "scope": "user",
        "metric": "cost",
        "thresholdType": "daily",
        "thresholdValue": 12.5,
        "percent": 100,
        "actualValue": 12.5,
        "period": "2026-11-20",
        "status": "pending",
        "test": True,
        "createdAt": "2026-11-20T09:30:00.000Z",
    }
    shop.run()
    (message,) = shop.topic.messages
    assert message.body == alert
    assert message.workspace_id == "acme"
    assert message.subject == "Tally test: 100% of the daily cost limit in acme"
    assert message.mail.startswith("This is a test: nobody reached anything.")
    (listed,) = shop.admin.get("/api/alerts").body["alerts"]
    sent = {"status": "sent", "alertSentAt": "2026-11-20T09:30:00.000Z"}
    assert listed == alert | sent


@pytest.mark.parametrize(
    ("members", "kind", "period", "value"),
    [
        (
            {"dailyLimit": None, "monthlyLimit": 30, "notifyAtPercent": [50, 33]},
            "monthly",
            "2026-11",
            15,
        ),
        ({"scope": "workspace", "notifyAtPercent": [33]}, "daily", "2026-11-20", 33),
        ({"metric": "balance", "dailyLimit": None, "below": 7}, "balance", "2026-11-20", 6),
        ({"alertEnabled": False}, "daily", "2026-11-20", 100),
    ],
)
def test_every_threshold_can_be_tested(
    shop: Shop, members: dict[str, object], kind: str, period: str, value: int
) -> None:
    alert = fire(shop, shop.set(**members)["id"])

    assert (alert["thresholdType"], alert["period"]) == (kind, period)
    assert alert["actualValue"] == value
    assert ("percent" in alert) == (kind != "balance")
    assert "userId" not in alert
    shop.run()
    assert shop.topic.ids == [alert["id"]]


def test_each_request_is_a_test_of_its_own_and_its_repeat_is_not(shop: Shop) -> None:
    threshold_id = shop.set()["id"]
    first = fire(shop, threshold_id, key="k")
    other = fire(shop, threshold_id)
    shop.run()

    again = shop.admin.post(f"{PATH}/{threshold_id}/test", {}, "k")

    assert (again.status, again.replayed) == (200, True)
    assert (again.body["alert"]["id"], again.body["alert"]["status"]) == (first["id"], "sent")
    assert shop.run() == []
    assert sorted(shop.topic.ids) == sorted([str(first["id"]), str(other["id"])])


def test_a_key_counts_for_one_threshold(shop: Shop) -> None:
    """`Idempotency-Key` is honoured per path."""
    one, two = (fire(shop, shop.set()["id"], key="k") for _ in range(2))

    assert one["id"] != two["id"]


def test_a_test_is_told_once_however_the_stream_delivers_it(shop: Shop) -> None:
    fire(shop, shop.set()["id"])
    records = shop.fresh_records()

    for handler in (shop.handler, shop.handler, shop.consumer()):
        shop.deliver(records, handler)
    shop.run()
    shop.clock.advance(minutes=1)
    shop.sweep()

    assert len(shop.topic.ids) == 1


def test_a_test_that_the_topic_did_not_take_comes_again(shop: Shop) -> None:
    """Delivery survives: the batch is raised, and a sweep takes up what the stream gives up."""
    fire(shop, shop.set()["id"])
    records = shop.fresh_records()
    shop.topic.answers = ["unavailable", "unavailable"]
    for _ in range(2):
        with pytest.raises(Exception, match="wait to be published"):
            shop.deliver(records)

    shop.clock.advance(minutes=1)
    shop.sweep()

    assert shop.statuses() == ["sent"]


def test_a_test_says_nothing_of_lines_and_lines_nothing_of_tests(shop: Shop) -> None:
    fire(shop, shop.set()["id"])
    shop.use(100)

    assert sorted(shop.run()) == ["daily 100", "daily 100", "daily 80"]
    assert [m.body["test"] for m in shop.topic.messages].count(True) == 1


def test_a_test_that_cannot_be_read_is_counted_and_the_rest_is_done(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    fire(shop, shop.set()["id"])
    (record,) = shop.fresh_records()
    shop.use(100)
    record["dynamodb"]["NewImage"]["kd"] = {"S": "yearly"}

    shop.deliver([record, *shop.fresh_records()])

    assert metrics_of(capsys.readouterr().out)["PoisonRecords"] == 1
    assert len(shop.topic.ids) == 2


def test_a_lost_answer_under_a_key_makes_no_second_test(shop: Shop) -> None:
    threshold_id = shop.set()["id"]
    shop.table.meet("transact", Fault.TIMEOUT_AFTER)
    assert shop.admin.post(f"{PATH}/{threshold_id}/test", None, "k").status == 503

    assert shop.admin.post(f"{PATH}/{threshold_id}/test", None, "k").status == 200
    shop.run()
    assert len(shop.topic.ids) == 1


def test_a_list_goes_on_from_a_test(shop: Shop) -> None:
    fired = {fire(shop, shop.set()["id"])["id"] for _ in range(3)}
    listed, query = set(), {"limit": "1"}
    for _ in fired:
        page = shop.admin.get("/api/alerts", **query).body
        listed |= {alert["id"] for alert in page["alerts"]}
        query["cursor"] = page.get("nextCursor", "")

    assert (listed, query["cursor"]) == (fired, "")


def test_who_may_test_and_what(shop: Shop) -> None:
    path = f"{PATH}/{shop.set()['id']}/test"

    assert shop.admin.post(f"{PATH}/th_00000000000000000000/test", None).status == 404
    assert shop.caller("admin eve globex").post(path, None).status == 404
    assert shop.caller("user alice acme").post(path, None).status == 403
    assert shop.caller("operator olga acme").post(path, None).status == 202
    refused = shop.admin.post(path, {"percent": 80})
    assert (refused.status, refused.pointers) == (422, ["/percent"])
    assert shop.admin.post(path, None, key="").status == 422
    assert shop.admin.post(path, None, force="1").status == 422


def test_a_test_can_be_acknowledged_and_stays_after_its_threshold(shop: Shop) -> None:
    threshold_id = shop.set()["id"]
    alert = fire(shop, threshold_id)
    shop.admin.delete(f"{PATH}/{threshold_id}")
    shop.run()

    answer = shop.admin.post(f"/api/alerts/{alert['id']}/acknowledge", None)

    assert (answer.status, answer.body["alert"]["status"]) == (200, "acknowledged")
    assert [a["id"] for a in shop.admin.get("/api/alerts", status="acknowledged").body["alerts"]]
