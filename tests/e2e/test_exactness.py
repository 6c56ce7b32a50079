"""Exactly once, never overdrawn, each row its own answer: over HTTP, against the deployed stack."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.client import Answer
from tests.e2e.platform import Platform, Shop, eventually


def spend(shop: Shop, log_id: str, credits: int, user: str = "alice") -> Answer:
    body = {"id": log_id, "userId": user, "service": "chat", "credits": credits}
    return shop.backend.post("/api/usage-logs", body)


def whole_journal(shop: Shop, user: str) -> list[dict[str, Any]]:
    """Every transaction of a user, oldest first, page after page by cursor."""
    rows: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 100, "order": "asc"}
    while True:
        page = shop.admin.get(f"/api/admin/transactions/{user}", **query).body
        rows += page["transactions"]
        if "nextCursor" not in page:
            assert page["total"] == len(rows)
            return rows
        query["cursor"] = page["nextCursor"]


def assert_verified(shop: Shop, user: str, balance: int) -> None:
    proof = shop.admin.get(f"/api/admin/accounts/{user}/verify").body
    assert proof["verified"] is True, proof
    assert proof["balance"] == proof["recomputedBalance"] == balance


def test_fifty_posts_of_one_log_at_once_leave_one_log_and_one_deduction(
    platform: Platform,
) -> None:
    """REC-4."""
    shop = platform.shop()
    shop.buy("alice", 100)
    with ThreadPoolExecutor(25) as pool:
        answers = list(pool.map(lambda _: spend(shop, "the-one", 7), range(50)))
    assert sorted(answer.status for answer in answers) == [200] * 49 + [201]
    assert sum(answer.replayed for answer in answers) == 49
    assert {answer.body["transaction"]["id"] for answer in answers} == {
        answers[0].body["transaction"]["id"]
    }
    assert [row["amount"] for row in whole_journal(shop, "alice")] == [100, 7]
    assert shop.backend.get("/api/usage-logs/user/alice").body["total"] == 1
    assert_verified(shop, "alice", 93)


def test_forty_racing_for_sixty_credits_are_exactly_twenty_of_three(platform: Platform) -> None:
    """LED-4, LED-2."""
    shop = platform.shop()
    shop.buy("alice", 60)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: spend(shop, f"race-{n}", 3), range(40)))
    assert sorted(answer.status for answer in answers) == [201] * 20 + [402] * 20
    refused = [answer.body for answer in answers if answer.status == 402]
    assert {body["code"] for body in refused} == {"insufficient_credits"}
    assert [row["seq"] for row in whole_journal(shop, "alice")] == list(range(1, 22))
    account = shop.backend.get("/api/admin/accounts/alice").body["account"]
    assert account["balance"] == 0
    assert_verified(shop, "alice", 0)


def test_a_log_that_spent_the_last_credits_is_replayed_when_its_answer_was_lost(
    platform: Platform,
) -> None:
    shop = platform.shop()
    shop.buy("alice", 5)
    assert spend(shop, "last", 5).status == 201
    again = spend(shop, "last", 5)
    assert (again.status, again.replayed) == (200, True)
    assert spend(shop, "next", 1).status == 402


def test_a_batch_of_500_answers_each_row_rightly_and_loses_no_good_one(
    platform: Platform,
) -> None:
    """REC-3: duplicates within and before, conflicts, bad rows, rows beyond the balance."""
    shop = platform.shop()
    shop.buy("alice", 400)
    shop.buy("bob", 1000)
    assert spend(shop, "known", 1).status == 201
    rows: list[Any] = []
    expected: list[str] = []

    def add(status: str, row: Any) -> None:
        rows.append(row)
        expected.append(status)

    for n in range(100):
        user = "alice" if n % 2 else "bob"
        row = {"userId": user, "service": "chat", "id": f"row-{n}", "credits": 2}
        add("created", row)
        add("replayed", row)
        add("conflict", {**row, "credits": 1})
        add("rejected", {**row, "id": f"bad-{n}", "credits": "2"})
        if n % 2:
            add("replayed", {"id": "known", "userId": "alice", "service": "chat", "credits": 1})
        else:
            add("rejected", {"userId": "bob", "service": "chat", "credits": 5000})
    answer = shop.backend.post("/api/usage-logs/batch", {"usageLogs": rows})
    assert answer.status == 200
    results = answer.body["results"]
    assert [result["index"] for result in results] == list(range(500))
    assert [result["status"] for result in results] == expected
    account = shop.backend.get("/api/admin/accounts/alice").body["account"]
    assert account["balance"] == 400 - 1 - 50 * 2
    assert_verified(shop, "alice", 299)
    assert_verified(shop, "bob", 900)
    shop.await_requests(101)


def test_98_logs_spread_over_89_days_land_in_their_cells_exactly(platform: Platform) -> None:
    shop = platform.shop(enforceCredits=False)
    # The first commit of an account and a workspace carries more than logs; here all 98 are to fit.
    assert spend(shop, "first", 0).status == 201
    now = datetime.now(UTC)
    rows = []
    for n in range(98):
        at = now - timedelta(days=n % 89, hours=1)
        rows.append(
            {
                "userId": "alice",
                "service": f"service-{n % 7}",
                "model": f"model-{n % 11}",
                "country": "DE",
                "platform": "web",
                "tokens": {"input": n, "output": 2 * n},
                "credits": n,
                "occurredAt": at.isoformat(timespec="milliseconds"),
            }
        )
    answer = shop.backend.post("/api/usage-logs/batch", {"usageLogs": rows})
    assert answer.body["summary"]["created"] == 98
    assert len({r["usageLog"]["transactionId"] for r in answer.body["results"]}) == 1
    span = {
        "startDate": (now - timedelta(days=95)).date().isoformat(),
        "endDate": now.date().isoformat(),
    }
    eventually(
        lambda: shop.requests_counted(**span), lambda seen: seen == 99, "99 requests in the cells"
    )
    statistics = shop.backend.get("/api/usage-logs/stats", **span).body["statistics"]
    assert statistics["credits"] == sum(range(98))
    assert statistics["tokens"]["total"] == 3 * sum(range(98))
    by_day = {row["date"]: row["requests"] for row in statistics["byDay"]}
    wanted = {now.date().isoformat(): 1}
    for row in rows:
        day = str(row["occurredAt"])[:10]
        wanted[day] = wanted.get(day, 0) + 1
    assert {day: n for day, n in by_day.items() if n} == wanted
