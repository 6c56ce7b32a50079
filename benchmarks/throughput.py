"""Ten thousand transactions and many single logs, posted one by one by several workers (OPS-1, LED-7).

Workers are processes that call the functions' handlers, as instances of Lambda would, against the local
cloud's table. The baseline has the same workers put finished items with the bare client: how fast this one
emulator is, in one process, with all of them on the same machine. So it is the ratio that says something
about AWS, beside what a single call takes: its processor time and the calls it waits for, at the latencies
that are stated here.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.deployed import Call, handler_of
from benchmarks.hot_path import ONE, Bare, transactions
from benchmarks.invoking import Caller, a_log
from benchmarks.metered import metered
from benchmarks.results import Result
from benchmarks.shop import Shop
from local.cloud import Cloud
from local.state import State

MOVEMENTS: Final = "/api/admin/transactions"
STATS: Final = "/api/usage-logs/stats"
WORKERS: Final = 4
TRANSACTIONS: Final = 10_000
LOGS: Final = 2_000
ACCOUNTS: Final = 1_000
BARE: Final = 2_000

GOAL_COMMITS: Final = 10_000 / 60
GOAL_LOGS: Final = 100.0

LATENCY_MS: Final[Mapping[str, float]] = {
    "GetItem": 5,
    "BatchGetItem": 6,
    "Query": 6,
    "PutItem": 6,
    "UpdateItem": 6,
    "TransactWriteItems": 15,
}
"""What calls take from inside the region: AWS says single-digit milliseconds, and about twice for
transactions, which ask all their items twice."""

SAMPLES: Final = 200
GOAL_RECORDING_MS: Final = 100.0
GOAL_READING_MS: Final = 200.0


@dataclass(frozen=True, slots=True)
class Work:
    """What one worker posts: `count` calls of a function, from number `first` on."""

    state: Path
    function: str
    key: str
    first: int
    count: int


def run(cloud: Cloud, state: State) -> list[Result]:
    """Measure both, what bare transactions reach, and how long one call takes."""
    shop = Shop(cloud, "bench-throughput")
    posted = _rate(state, shop, "transactions", TRANSACTIONS)
    logged = _rate(state, shop, "record_usage", LOGS)
    bare = _rate(state, shop, "", BARE)
    return [
        Result("transactions one by one", posted, "commits/s", None, GOAL_COMMITS, at_least=True),
        Result("transactions to bare ones", posted, "commits/s", bare, 0.4, at_least=True),
        Result("logs one by one", logged, "logs/s", None, GOAL_LOGS, at_least=True),
        Result(
            "recording a log, p95", _p95_of_recording(cloud, shop), "ms", None, GOAL_RECORDING_MS
        ),
        Result(
            "reading statistics, p95", _p95_of_reading(cloud, shop), "ms", None, GOAL_READING_MS
        ),
    ]


def _rate(state: State, shop: Shop, function: str, count: int) -> float:
    """Calls a second of all workers together, from the first one's start to the last one's end."""
    each = count // WORKERS
    # Workers go round all accounts, each begins elsewhere: what racing costs is measured elsewhere.
    works = [
        Work(state.folder, function, shop.backend_key, at * ACCOUNTS // WORKERS, each)
        for at in range(WORKERS)
    ]
    with multiprocessing.get_context("spawn").Pool(WORKERS) as pool:
        spans = pool.map(_work, works, chunksize=1)
    return count / (max(end for _, end in spans) - min(begun for begun, _ in spans))


def _work(work: Work) -> tuple[float, float]:
    cloud = Cloud.load(State(work.state))
    if not work.function:
        return _work_bare(cloud, work)
    with handler_of(cloud, work.function) as handler:
        caller = Caller(handler, work.key)
        make = (
            partial(_purchase, caller) if work.function == "transactions" else partial(_log, caller)
        )
        make(work.first)()
        calls = [make(work.first + at) for at in range(work.count)]
        begun = time.time()
        for call in calls:
            call()
        return begun, time.time()


def _work_bare(cloud: Cloud, work: Work) -> tuple[float, float]:
    with handler_of(cloud, "record_usage") as handler:
        caller = Caller(handler, work.key)
        _log(caller, work.first)()
        with transactions() as sent:
            _log(caller, work.first)()
        bare = Bare(cloud, sent[0])
        calls = [bare.one() for _ in range(work.count)]
    begun = time.time()
    for call in calls:
        call()
    return begun, time.time()


def _purchase(caller: Caller, at: int) -> Call:
    body = {
        "userId": f"user-{at % ACCOUNTS}",
        "type": "credit",
        "reason": "purchase",
        "amount": 1 + at % 50,
    }
    return caller.post(MOVEMENTS, body, '"transaction":', key=f"{time.time_ns()}-{at}")


def _log(caller: Caller, at: int) -> Call:
    return caller.post(ONE, a_log(f"user-{at % ACCOUNTS}"), '"transaction":')


def _p95_of_recording(cloud: Cloud, shop: Shop) -> float:
    with handler_of(cloud, "record_usage") as handler:
        caller = Caller(handler, shop.backend_key)
        return _p95([_log(caller, at) for at in range(SAMPLES)])


def _p95_of_reading(cloud: Cloud, shop: Shop) -> float:
    with handler_of(cloud, "query_stats") as handler:
        caller = Caller(handler, shop.backend_key)
        # Each user's figures are others: none is told again from memory.
        return _p95(
            [caller.get(STATS, {"userId": f"user-{at}"}, '"statistics":') for at in range(SAMPLES)]
        )


def _p95(calls: list[Call]) -> float:
    calls[0]()
    found = []
    for call in calls:
        with metered() as meter:
            begun = time.process_time()
            call()
            took = 1000 * (time.process_time() - begun)
        waited = sum(LATENCY_MS[name] * count for name, count in meter.calls.items())
        found.append(took + waited)
    return sorted(found)[len(found) * 95 // 100]
