"""Rate limits and the audit trail on the deployed stack (SEC-2, SEC-4)."""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any, Final

from shared.domain.audit import AuditEntry
from shared.domain.ids import uuid7
from tests.client import Answer
from tests.e2e.platform import Caller, Platform, Shop, eventually

WORKERS: Final = 8
LIMIT: Final = 60
WINDOW_SECONDS: Final = 60
LISTED_WITHIN_SECONDS: Final = 5

# Of three functions, so that there are several instances whatever the cloud makes of workers.
READS: Final = ("/api/usage-logs/user/alice", "/api/admin/accounts/alice", "/api/exports")


def limited_key(shop: Shop, per_minute: int) -> Caller:
    body = {"name": "limited", "ratePerMinute": per_minute}
    made = shop.admin.post("/api/admin/api-keys", body)
    assert made.status == 201, made
    return shop.platform.with_credential(made.body["secret"])


def entries(shop: Shop, **query: Any) -> list[dict[str, Any]]:
    answer = shop.admin.get("/api/admin/audit", limit=100, **query)
    assert answer.status == 200, answer
    listed: list[dict[str, Any]] = answer.body["entries"]
    return listed


def test_eight_workers_together_get_what_their_key_may_and_no_more(platform: Platform) -> None:
    """SEC-4: at most 5 % over, across all instances; and all of it."""
    caller = limited_key(platform.shop(), LIMIT)
    rounds = LIMIT * 4 // WORKERS
    let_through: list[float] = []
    refused: list[Answer] = []

    def work(worker: int) -> None:
        for turn in range(rounds):
            answer = caller.get(READS[(worker + turn) % len(READS)])
            if answer.status == 429:
                refused.append(answer)
            else:
                let_through.append(time.monotonic())

    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(work, range(WORKERS)))

    # Counted by when the answer came; what was let through earlier is older still.
    most = max(
        sum(start <= at < start + WINDOW_SECONDS for at in let_through) for start in let_through
    )
    assert len(let_through) >= LIMIT
    assert most <= LIMIT * 1.05
    assert refused
    for answer in refused:
        assert answer.body["code"] == "rate_limited"
        assert answer.headers["ratelimit-limit"] == str(LIMIT)
        assert answer.headers["ratelimit-remaining"] == "0"
        assert 1 <= int(answer.headers["retry-after"]) <= WINDOW_SECONDS + 3


def test_every_access_is_listed_within_seconds_refused_and_unknown_ones_included(
    platform: Platform,
) -> None:
    """SEC-2: who, what, when, from where, outcome."""
    shop = platform.shop()
    name = f"alice-{shop.workspace_id}"
    shop.buy(name, 10)
    alice, mallory = shop.user(name), shop.user(f"mallory-{shop.workspace_id}")
    assert alice.get("/api/accounts/me").status == 200
    assert mallory.get("/api/thresholds").status == 403
    assert mallory.get(f"/api/usage-logs/user/{name}").status == 404
    assert shop.admin.get("/api/transactions/none").status == 404
    limited = limited_key(shop, 1)
    assert [limited.get("/api/exports").status for _ in range(2)] == [200, 429]

    wanted = {
        ("user", f"user:{name}", "/api/accounts/me", "allowed", 200),
        ("user", f"user:mallory-{shop.workspace_id}", "/api/thresholds", "denied", 403),
        (
            "user",
            f"user:mallory-{shop.workspace_id}",
            f"/api/usage-logs/user/{name}",
            "not_found",
            404,
        ),
        (
            "admin",
            f"user:admin-of-{shop.workspace_id}",
            "/api/transactions/none",
            "not_found",
            404,
        ),
    }
    listed = eventually(
        lambda: entries(shop),
        lambda seen: wanted <= {told(entry) for entry in seen},
        "every access in the audit trail",
        seconds=LISTED_WITHIN_SECONDS,
    )
    by_key = [told(entry)[2:] for entry in listed if entry["resource"] == "/api/exports"]
    assert by_key == [("/api/exports", "denied", 429), ("/api/exports", "allowed", 200)]
    assert all(entry["ip"] and entry["requestId"] and entry["at"] for entry in listed)
    mallorys = entries(shop, actor=f"user:mallory-{shop.workspace_id}")
    assert [entry["status"] for entry in mallorys] == [404, 403]


def told(entry: dict[str, Any]) -> tuple[str, str, str, str, int]:
    return (
        entry["role"],
        entry["actor"],
        entry["resource"],
        entry["outcome"],
        int(entry["status"]),
    )


def test_an_entry_that_waits_in_the_queue_comes_home_to_the_list(platform: Platform) -> None:
    """SEC-2: what the table did not take at first."""
    shop = platform.shop()
    (url,) = (
        url
        for url in platform.cloud.sqs.list_queues()["QueueUrls"]
        if "AuditBacklog" in url.rpartition("/")[2]
    )
    entry = AuditEntry(
        workspace_id=shop.workspace_id,
        entry_id=uuid7(time.time_ns() // 10**6, os.urandom),
        actor="key:k1",
        role="service",
        action="POST /api/usage-logs",
        resource="/api/usage-logs",
        status=201,
        ip="203.0.113.7",
        request_id="req-that-waited",
    )
    platform.cloud.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(asdict(entry)))
    eventually(
        lambda: [found["requestId"] for found in entries(shop, actor="key:k1")],
        lambda seen: seen == ["req-that-waited"],
        "the entry that waited",
    )
