"""What only the deployed stack can prove of the API: its grants, queues and streams, together in one story.

Money moves, budgets hold, alerts leave, files are written and read again, and what is cached gives way.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import pytest

from shared.domain.ids import uuid7
from shared.domain.repricing import Repricing, Selection
from shared.store.dynamo import encode_item
from shared.store.repricings import repricing_item
from tests.client import Answer
from tests.e2e.platform import Platform, Shop, eventually
from tests.e2e.test_echo import assert_manifest_fits, csv_rows, download
from tests.exports import parquet_rows

EVENTS: Final = "/api/events"
LOGS: Final = "/api/usage-logs"
ODD: Final = {"service": "odd", "model": "omega", "tokens": {"input": 1000, "output": 500}}
FRESH_SECONDS: Final = 2
REVOKED_SECONDS: Final = 60


@pytest.fixture(scope="module")
def shop(platform: Platform) -> Shop:
    """A workspace that charges tokens, with users who have credits."""
    made = platform.shop(pricing={"mode": "tokens"}, userPrivacy="visible")
    for user in ("ada", "bob", "dora", "fred"):
        made.buy(user, 1_000)
    return made


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def statistics(shop: Shop, **query: str) -> dict[str, Any]:
    answer = shop.admin.get(f"{LOGS}/stats", **query)
    assert answer.status == 200, answer
    return dict(answer.body["statistics"])


def balance(shop: Shop, user: str) -> int:
    return int(shop.admin.get(f"/api/admin/accounts/{user}").body["account"]["balance"])


def record(shop: Shop, user: str, **members: object) -> Answer:
    return shop.backend.post(LOGS, {"userId": user, "service": "chat", "credits": 1} | members)


def priced(shop: Shop, rate: int) -> None:
    """A price for what had none, or another one, in dollars for a million tokens."""
    price = {
        "service": "odd",
        "model": "omega",
        "effectiveFrom": f"{today()}T00:00:00Z",
        "perMillion": {"input": rate, "output": 2 * rate},
    }
    assert shop.admin.send("PUT", "/api/admin/prices", price).status == 200


def repriced(shop: Shop, *, dry: bool) -> dict[str, Any]:
    body = {"startDate": today(), "endDate": today(), "service": "odd", "dryRun": dry}
    answer = shop.admin.post("/api/admin/repricings", body)
    assert answer.status in {200, 202}, answer
    return ended(shop, answer.body["repricing"]["id"])


def ended(shop: Shop, repricing_id: str) -> dict[str, Any]:
    seen = eventually(
        lambda: shop.admin.get(f"/api/admin/repricings/{repricing_id}"),
        lambda answer: answer.body["repricing"]["status"] != "running",
        "the end of the repricing",
    )
    return dict(seen.body["repricing"])


def queued(shop: Shop) -> str:
    """A repricing whose request broke off right after it was written down: a job has to do it all."""
    cloud, now_ms = shop.platform.cloud, time.time_ns() // 10**6
    selection = Selection(now_ms - 3_600_000, now_ms + 60_000, "odd")
    repricing_id = uuid7(now_ms, os.urandom)
    run = Repricing(
        shop.workspace_id, repricing_id, selection, dry=False, created_ms=now_ms, updated_ms=now_ms
    )
    cloud.dynamodb.put_item(
        TableName=cloud.settings["tableName"],
        Item=encode_item(repricing_item(run)),
    )
    (url,) = (
        url
        for url in cloud.sqs.list_queues()["QueueUrls"]
        if "RepricingJobs" in url.rpartition("/")[2]
    )
    message = {"workspaceId": shop.workspace_id, "repricingId": repricing_id, "attempt": 0}
    cloud.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(message))
    return repricing_id


def test_a_price_that_comes_later_is_charged_at_once_or_by_a_job_and_the_figures_follow(
    shop: Shop,
) -> None:
    """PRI-4, STA-5."""
    for user, log_id in (("ada", "odd-1"), ("ada", "odd-2"), ("bob", "odd-3")):
        made = shop.backend.post(LOGS, ODD | {"userId": user, "id": log_id})
        assert made.body["usageLog"]["unpriced"] is True
    priced(shop, 10)
    expected = {"logs": 3, "accounts": 2, "unpaid": 0, "costDifference": Decimal("0.06")}

    trial = repriced(shop, dry=True)
    assert trial.items() >= expected.items()
    assert balance(shop, "ada") == 1_000
    assert repriced(shop, dry=False).items() >= expected.items()
    assert (balance(shop, "ada"), balance(shop, "bob")) == (960, 980)
    assert repriced(shop, dry=False)["logs"] == 0

    priced(shop, 20)
    assert ended(shop, queued(shop)).items() >= expected.items()

    assert (balance(shop, "ada"), balance(shop, "bob")) == (920, 960)
    eventually(
        lambda: statistics(shop, service="odd"),
        lambda seen: (seen["requests"], seen["credits"], seen["cost"]) == (3, 120, Decimal("0.12")),
        "the statistics after the repricings",
    )
    log = shop.admin.get(f"{LOGS}/odd-1").body["usageLog"]
    assert (log["credits"], log["repriced"]["credits"]) == (0, 40)
    assert shop.admin.get("/api/admin/accounts/ada/verify").body["verified"] is True


def test_a_workspaces_budget_blocks(platform: Platform) -> None:
    """ALR-4."""
    shop = platform.shop(enforceCredits=False)
    budget = {"scope": "workspace", "metric": "credits", "dailyLimit": 10, "block": True}
    assert shop.admin.post("/api/thresholds", budget).status == 201
    assert record(shop, "ada", credits=9).status == 201

    refused = eventually(
        lambda: record(shop, "bob", credits=9),
        lambda answer: answer.status == 429,
        "the refusal of what would exceed the budget",
    )

    assert refused.body["code"] == "limit_exceeded"
    assert refused.body["resetsAt"].endswith("T00:00:00.000Z")
    assert int(refused.headers["retry-after"]) > 0
    seen = shop.admin.get("/api/thresholds").body["thresholds"][0]["current"]["daily"]
    assert seen["value"] <= 10


def test_a_low_balance_and_a_trial_firing_leave_as_mail(platform: Platform, shop: Shop) -> None:
    """ALR-1, ALR-3, ALR-5."""
    low = {"scope": "user", "userId": "carol", "metric": "balance", "below": 5}
    threshold = shop.admin.post("/api/thresholds", low).body["threshold"]["id"]
    shop.buy("carol", 6)
    assert record(shop, "carol", credits=2).status == 201
    tested = shop.admin.post(f"/api/thresholds/{threshold}/test", None, key="test-1")
    assert tested.status == 202, tested
    assert shop.admin.post(f"/api/thresholds/{threshold}/test", None, key="test-1").replayed

    gathered: list[dict[str, Any]] = []
    eventually(
        lambda: platform.gather_alerts(shop.workspace_id, gathered),
        lambda seen: len(seen) >= 2,
        "both alerts on the queue",
    )

    fired = next(alert for alert in gathered if not alert["test"])
    assert (fired["thresholdType"], fired["actualValue"], fired["userId"]) == (
        "balance",
        4,
        "carol",
    )
    assert [alert["id"] for alert in gathered if alert["test"]] == [tested.body["alert"]["id"]]
    assert len(gathered) == 2


def test_files_of_rows_and_of_sums_are_complete(shop: Shop) -> None:
    """EXP-1, EXP-3: a summary by user reads other places than the rows do."""
    made = record(shop, "dora", credits=3, cost=0.25, metadata={"note": "=1+1"})
    assert made.status == 201
    eventually(
        lambda: statistics(shop, userId="dora")["requests"], lambda seen: seen == 1, "the figures"
    )
    content, manifest = download(shop.backend, f"{LOGS}/export", format="parquet", userId="dora")
    assert_manifest_fits(content, manifest, 1)
    (row,) = parquet_rows(content)
    assert (row["userId"], row["credits"], row["cost"]) == ("dora", 3, Decimal("0.25"))
    for group_by, key in (("user", "dora"), ("service", "chat")):
        content, manifest = download(
            shop.admin, "/api/analytics/export", kind="summary", groupBy=group_by
        )
        assert_manifest_fits(content, manifest, len(csv_rows(content)))
        assert (manifest["kind"], manifest["filters"]["groupBy"]) == ("summary", group_by)
        assert key in {row["key"] for row in csv_rows(content)}


def test_what_did_not_change_is_not_sent_again_and_what_did_is_within_two_seconds(
    shop: Shop,
) -> None:
    """STA-4, STA-7."""
    path = f"{LOGS}/stats"
    assert record(shop, "fred").status == 201

    def told_twice() -> tuple[str, Answer]:
        first = shop.admin.get(path, userId="fred")
        assert first.body["statistics"]["requests"] == 1
        etag = first.headers["etag"]
        return etag, shop.admin.send("GET", path, etag=etag, userId="fred")

    # A user's figures are exact before they are folded; folding them is a change like any other.
    etag, unchanged = eventually(told_twice, lambda seen: seen[1].status == 304, "no change")
    assert unchanged.body is None

    assert record(shop, "fred").status == 201

    changed = eventually(
        lambda: shop.admin.send("GET", path, etag=etag, userId="fred"),
        lambda seen: seen.status == 200,
        "an answer with the new figures",
        seconds=FRESH_SECONDS,
    )
    assert changed.body["statistics"]["requests"] == 2


def test_cloud_events_come_singly_and_in_batches(shop: Shop) -> None:
    """INT-2."""
    event = {
        "specversion": "1.0",
        "type": "tally.usage.v1",
        "source": "gateway",
        "id": "e-1",
        "subject": "eve",
        "time": datetime.now(UTC).isoformat(),
        "data": {"service": "chat", "credits": 0},
    }
    one, many = "application/cloudevents+json", "application/cloudevents-batch+json"

    made = shop.backend.send("POST", EVENTS, event, media_type=one)
    again = shop.backend.send("POST", EVENTS, event, media_type=one)
    batch = [event, event | {"id": "e-2"}, event | {"id": "e-3", "type": "other"}]
    several = shop.backend.send("POST", EVENTS, batch, media_type=many)

    assert (made.status, made.body["usageLog"]["id"]) == (202, "gateway:e-1")
    assert (again.status, again.replayed, again.body) == (200, True, made.body)
    statuses = [result["status"] for result in several.body["results"]]
    assert (several.status, statuses) == (200, ["replayed", "created", "rejected"])


def test_a_key_is_replaced_without_a_gap_and_every_step_is_on_record(shop: Shop) -> None:
    """SEC-1, SEC-2."""
    old = shop.platform.api_key(shop.workspace_id)
    backend = shop.platform.with_credential(old["secret"])
    assert backend.get("/api/exports").status == 200
    new = shop.platform.api_key(shop.workspace_id)
    assert shop.platform.with_credential(new["secret"]).get("/api/exports").status == 200
    old_id = old["apiKey"]["id"]
    assert shop.admin.send("DELETE", f"/api/admin/api-keys/{old_id}").status == 204

    eventually(
        lambda: backend.get("/api/exports").status,
        lambda status: status == 401,
        "the end of the old key",
        seconds=REVOKED_SECONDS,
    )

    assert shop.platform.with_credential(new["secret"]).get("/api/exports").status == 200
    seen = eventually(
        lambda: shop.admin.get("/api/admin/audit", limit=100).body["entries"],
        lambda entries: any(e["action"] == "DELETE /api/admin/api-keys/{id}" for e in entries),
        "the revocation in the audit trail",
    )
    used = {(e["actor"], e["outcome"]) for e in seen if e["resource"] == "/api/exports"}
    assert {(f"key:{old_id}", "allowed"), (f"key:{new['apiKey']['id']}", "allowed")} <= used
