"""One event, all the way: statistics, alerts, exports (STA-4, ALR-2, ALR-3, EXP-1 to EXP-3)."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from tests.e2e.platform import Caller, Platform, Shop, eventually


def download(caller: Caller, path: str, **query: str) -> tuple[bytes, dict[str, Any]]:
    """A finished export's file and manifest, whether it came at once or as a job."""
    answer = caller.get(path, **query)
    assert answer.status in {200, 202}, answer
    export_id = answer.body["export"]["id"]
    done = eventually(
        lambda: caller.get(f"/api/exports/{export_id}"),
        lambda seen: seen.body["export"]["status"] != "running",
        "the end of the export",
    ).body
    assert done["export"]["status"] == "done", done
    file = httpx.get(done["downloadUrl"], timeout=60)
    manifest = httpx.get(done["manifestUrl"], timeout=60)
    assert file.status_code == manifest.status_code == 200
    return file.content, json.loads(manifest.text, parse_float=Decimal)


def assert_manifest_fits(content: bytes, manifest: dict[str, Any], rows: int) -> None:
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["bytes"] == len(content)
    assert manifest["rows"] == rows


def csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def seed(shop: Shop, users: int, rounds: int) -> int:
    """Each round one batch of one log a user: so many transactions as logs."""
    now = datetime.now(UTC)
    for turn in range(rounds):
        at = (now - timedelta(days=turn // 10, minutes=5)).isoformat(timespec="milliseconds")
        rows = [
            {
                "userId": f"user-{n}",
                "service": ("chat", "search")[n % 2],
                "model": f"m-{n % 3}",
                "tokens": {"input": 10 + n, "output": turn},
                "cost": 0.0000375,
                "credits": 1 + n % 3,
                "status": "error" if n % 25 == 0 else "success",
                "responseTimeMs": 20 + n,
                "occurredAt": at,
                "metadata": {"note": "=1+1"},
            }
            for n in range(users)
        ]
        answer = shop.backend.post("/api/usage-logs/batch", {"usageLogs": rows})
        assert answer.body["summary"]["created"] == users, answer.body["summary"]
    return users * rounds


def test_crossing_two_lines_in_one_write_sends_exactly_two_alerts(platform: Platform) -> None:
    """ALR-2, ALR-3."""
    shop = platform.shop(enforceCredits=False, userPrivacy="visible")
    threshold = {"scope": "user", "userId": "alice", "metric": "credits", "dailyLimit": 100}
    made = shop.admin.post("/api/thresholds", threshold)
    assert made.status == 201, made
    body = {"userId": "alice", "service": "chat", "credits": 120}
    assert shop.backend.post("/api/usage-logs", body).status == 201
    alerts: list[dict[str, Any]] = []
    eventually(
        lambda: platform.gather_alerts(shop.workspace_id, alerts),
        lambda seen: len(seen) >= 2,
        "two alerts on the queue",
    )
    assert shop.backend.post("/api/usage-logs", {**body, "credits": 1}).status == 201
    workspace_line = {"scope": "workspace", "metric": "requests", "dailyLimit": 1}
    assert shop.admin.post("/api/thresholds", {**workspace_line}).status == 201
    assert shop.backend.post("/api/usage-logs", {**body, "credits": 1}).status == 201
    # The workspace's lines come after anything the user's could still have caused.
    eventually(
        lambda: platform.gather_alerts(shop.workspace_id, alerts),
        lambda seen: len(seen) >= 4,
        "the workspace's alerts",
    )
    mine = [alert for alert in alerts if alert["thresholdId"] == made.body["threshold"]["id"]]
    assert sorted(alert["percent"] for alert in mine) == [80, 100]
    assert {alert["actualValue"] for alert in mine} == {120}
    assert {alert["userId"] for alert in mine} == {"alice"}
    listed = eventually(
        lambda: shop.admin.get("/api/alerts").body["alerts"],
        lambda seen: {alert["status"] for alert in seen} == {"sent"},
        "all alerts marked sent",
    )
    assert len(listed) == len(alerts) == 4


def test_ten_thousand_logs_and_transactions_export_completely_and_equal_the_statistics(
    platform: Platform,
) -> None:
    """EXP-1 to EXP-3, STA-5: rows, sums, hashes; statistics are the fold of the exported rows."""
    shop = platform.shop(enforceCredits=False, userPrivacy="visible")
    total = seed(shop, users=50, rounds=200)
    content, manifest = download(shop.backend, "/api/usage-logs/export", format="csv")
    assert_manifest_fits(content, manifest, total)
    rows = csv_rows(content)
    assert len({row["id"] for row in rows}) == total
    assert manifest["totals"]["credits"] == sum(int(row["credits"]) for row in rows)
    assert manifest["totals"]["cost"] == sum(Decimal(row["cost"]) for row in rows)
    assert "'=" not in rows[0]["metadata"]
    shop.await_requests(total)
    statistics = shop.backend.get("/api/usage-logs/stats").body["statistics"]
    assert statistics["credits"] == sum(int(row["credits"]) for row in rows)
    assert statistics["cost"] == sum(Decimal(row["cost"]) for row in rows)
    assert statistics["errors"] == sum(row["status"] == "error" for row in rows)
    assert statistics["users"] == 50
    for part in ("input", "output", "total"):
        assert statistics["tokens"][part] == sum(int(row[f"tokens.{part}"]) for row in rows)
    by_model = {(m["service"], m["model"]): m["requests"] for m in statistics["byModel"]}
    for (service, model), requests in by_model.items():
        fitting = [r for r in rows if (r["service"], r["model"]) == (service, model)]
        assert requests == len(fitting)

    content, manifest = download(shop.admin, "/api/admin/transactions/export", format="jsonl")
    assert_manifest_fits(content, manifest, total)
    entries = [json.loads(line) for line in content.splitlines()]
    assert manifest["totals"]["debits"] == sum(entry["amount"] for entry in entries)
    assert [e["seq"] for e in entries if e["userId"] == "user-7"] == list(range(1, 201))


def test_an_export_in_json_is_one_array_and_pseudonymous_for_admins(platform: Platform) -> None:
    """SEC-5."""
    shop = platform.shop(enforceCredits=False)
    seed(shop, users=3, rounds=2)
    content, manifest = download(shop.admin, "/api/usage-logs/export", format="json")
    assert_manifest_fits(content, manifest, 6)
    rows = json.loads(content)
    assert all(row["userId"].startswith("acct_") for row in rows)
    assert not any("metadata" in row or "requestId" in row for row in rows)
