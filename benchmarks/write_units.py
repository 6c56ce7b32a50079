"""What recording and folding take of the table, in write units an event, and what all of it costs (OPS-1).

The local cloud tells the units with each answer, by DynamoDB's rules. Folding is measured in a table beside
the deployed one, whose entries no deployed function folds at the same time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.deployed import Call, handler_of
from benchmarks.folding import Folder
from benchmarks.hot_path import BATCHED, batch_of, log_of
from benchmarks.invoking import Caller
from benchmarks.metered import Meter, metered
from benchmarks.results import Result
from benchmarks.shop import Shop
from local.cloud import Cloud

WRITE_DOLLARS: Final = 0.625
READ_DOLLARS: Final = 0.125
GATEWAY_DOLLARS: Final = 1.0
INVOCATION_DOLLARS: Final = 0.2
"""A million of each, at AWS's list prices of November 2026 in us-east-1."""

GIGABYTE_SECOND_DOLLARS: Final = 0.0000133334
MEMORY_GIGABYTES: Final = 0.5
ONE_SECONDS: Final = 0.025
BATCH_SECONDS: Final = 0.15
PUT_SECONDS: Final = 0.010
"""How long functions are billed for: waiting for the table is most of it."""

FOLDED_TOGETHER: Final = 1_000
ACCOUNTS: Final = 200
GOAL_FOLD: Final = 2.0
EACH_ACCOUNT: Final = {1: 8.0, 5: 2.0, 50: 0.6}
"""Entries of each account in a full batch, and how many units an entry may take then."""

GOAL_DOLLARS_ONE: Final = 5.0
GOAL_DOLLARS_BATCH: Final = 2.0
"""What a million events may cost, all in, in multiples of the floor."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to report usage: how it is called, how many logs a call has, units a log may take, seconds."""

    name: str
    call: Callable[[Caller], Call]
    logs: int
    goal: float
    seconds: float


WAYS: Final = (
    Way("one log", log_of, 1, 8.0, ONE_SECONDS),
    Way(
        f"{BATCHED} logs of 20 accounts",
        lambda caller: batch_of(caller, 20),
        BATCHED,
        4.5,
        BATCH_SECONDS,
    ),
    Way(f"{BATCHED} logs of one account", batch_of, BATCHED, 3.5, BATCH_SECONDS),
)


def run(cloud: Cloud) -> list[Result]:
    """Measure each way of recording, folding, and what they cost together."""
    shop = Shop(cloud, "bench-write-units")
    meters: list[Meter] = []
    with handler_of(cloud, "record_usage") as handler:
        caller = Caller(handler, shop.backend_key)
        for way in WAYS:
            # Accounts are there before, and what an instance remembers is remembered.
            way.call(caller)()
            call = way.call(caller)
            with metered() as meter:
                call()
            meters.append(meter)
    results = [
        Result(
            f"commit of {way.name}, a log", meter.commits / way.logs, "write units", None, way.goal
        )
        for way, meter in zip(WAYS, meters, strict=True)
    ]
    folds = {each: _fold_units(cloud, FOLDED_TOGETHER // each) for each in EACH_ACCOUNT}
    fold = folds[FOLDED_TOGETHER // ACCOUNTS]
    results += [
        Result(
            f"folding {FOLDED_TOGETHER:,} entries of {ACCOUNTS} accounts, an entry",
            fold,
            "write units",
            None,
            GOAL_FOLD,
        ),
        *(
            Result(
                f"folding {FOLDED_TOGETHER:,} entries, {each} an account, an entry",
                folds[each],
                "write units",
                None,
                goal,
            )
            for each, goal in EACH_ACCOUNT.items()
        ),
    ]
    floor = GATEWAY_DOLLARS + _invocations(PUT_SECONDS) + WRITE_DOLLARS
    for way, meter, goal in zip(
        (WAYS[0], WAYS[1]),
        (meters[0], meters[1]),
        (GOAL_DOLLARS_ONE, GOAL_DOLLARS_BATCH),
        strict=True,
    ):
        name = f"a million events all in, {way.name}, to bare puts"
        results.append(Result(name, _dollars(way, meter, fold), "$", floor, goal))
    return results


def _dollars(way: Way, meter: Meter, fold: float) -> float:
    """A million events: gateway and function by the call, all it writes and reads, its entries folded."""
    entries = meter.calls["TransactWriteItems"]
    call = GATEWAY_DOLLARS + _invocations(way.seconds)
    call += meter.writes * WRITE_DOLLARS + meter.reads * READ_DOLLARS
    return (call + entries * fold * WRITE_DOLLARS) / way.logs


def _invocations(seconds: float) -> float:
    return INVOCATION_DOLLARS + 1e6 * seconds * MEMORY_GIGABYTES * GIGABYTE_SECOND_DOLLARS


def _fold_units(cloud: Cloud, accounts: int) -> float:
    folder = Folder(cloud, accounts)
    records = folder.record(FOLDED_TOGETHER)
    with folder.handler() as handler, metered() as meter:
        handler({"Records": records}, folder.context)
    return meter.writes / FOLDED_TOGETHER
