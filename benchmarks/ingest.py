"""A minute of batches through the deployed API: events a second, errors, drift once folded; and freshness.

The whole way: gateway, function, table, stream, fold. The local cloud is one process that does all of it,
so the rate says how fast that is; that nothing is lost and nothing counted twice says something about Tally.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks.invoking import a_log
from benchmarks.results import Result
from benchmarks.shop import Shop
from local.cloud import Cloud
from local.seed.api import SeedError

SECONDS: Final = 60.0
SENDERS: Final = 4
BATCHED: Final = 100
USERS: Final = 200
SAMPLES: Final = 60
POLL_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 300.0
GOAL_RATE: Final = 100.0
GOAL_FRESH_SECONDS: Final = 2.0

BATCH: Final = "/api/usage-logs/batch"
STATS: Final = "/api/usage-logs/stats"


def run(cloud: Cloud) -> list[Result]:
    """Send for a minute, wait until the figures stand still, and then see how long one log takes to show."""
    shop = Shop(cloud, f"bench-ingest-{secrets.token_hex(4)}")
    begun = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        sent = list(pool.map(lambda _: _send(shop, begun + SECONDS), range(SENDERS)))
    took = time.perf_counter() - begun
    events, errors = (sum(counts) for counts in zip(*sent, strict=True))
    drift = abs(events - _settled(shop, events))
    drift += sum(not _verified(shop, f"user-{user}") for user in range(0, USERS, USERS // 10))
    fresh = sorted(_fresh_seconds(shop, at) for at in range(SAMPLES))
    return [
        Result(
            "sustained ingest in batches", events / took, "events/s", None, GOAL_RATE, at_least=True
        ),
        Result("refused or unanswered meanwhile", errors, "events", None, 0),
        Result("drift after catching up", drift, "events", None, 0),
        Result(
            "from answer to statistics, p50", fresh[SAMPLES // 2], "s", None, GOAL_FRESH_SECONDS
        ),
        Result("from answer to statistics, p99", fresh[-1], "s", None, GOAL_FRESH_SECONDS),
    ]


def _send(shop: Shop, until: float) -> tuple[int, int]:
    """Batches until then: logs created, and logs that were not."""
    created = failed = at = 0
    while time.perf_counter() < until:
        logs = [a_log(f"user-{(at + row) % USERS}") for row in range(BATCHED)]
        at += BATCHED
        try:
            answer = shop.backend.post(BATCH, {"usageLogs": logs})
        except SeedError:
            failed += BATCHED
            continue
        statuses = [result["status"] for result in answer["results"]]
        # A batch that was repeated after a lost answer is replayed: its logs count, once.
        good = sum(status in {"created", "replayed"} for status in statuses)
        created, failed = created + good, failed + BATCHED - good
    return created, failed


def _requests(shop: Shop, **query: str) -> int:
    return int(shop.admin.get(STATS, **query)["statistics"]["requests"])


def _settled(shop: Shop, expected: int) -> int:
    """The requests counted, once they are as many as expected or patience ends."""
    _until(lambda: _requests(shop) >= expected, PATIENCE_SECONDS)
    return _requests(shop)


def _verified(shop: Shop, user: str) -> bool:
    return bool(shop.admin.get(f"/api/admin/accounts/{user}/verify")["verified"])


def _fresh_seconds(shop: Shop, at: int) -> float:
    """From the answer of a POST to workspace figures that have it."""
    before = _requests(shop)
    shop.backend.post("/api/usage-logs", a_log(f"user-{at}"))
    begun = time.perf_counter()
    _until(lambda: _requests(shop) > before, PATIENCE_SECONDS)
    return time.perf_counter() - begun


def _until(met: Callable[[], bool], seconds: float) -> None:
    begun = time.perf_counter()
    while not met() and time.perf_counter() - begun < seconds:
        time.sleep(POLL_SECONDS)
