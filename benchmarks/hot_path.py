"""What recording usage takes of the processor, beside the bare transactions it cannot do without.

The handler answers in this process, from the gateway's event to its answer, against the local cloud's
table: reads, rules, commit, audit trail, log and all. The baseline hands finished items to boto3. Only
this process's own processor time counts, so it does not matter how slow the table is.
"""

from __future__ import annotations

import copy
import gc
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final
from unittest.mock import patch

from benchmarks.deployed import Call, handler_of
from benchmarks.invoking import Caller, a_log
from benchmarks.results import Result
from benchmarks.shop import Shop
from local.cloud import Cloud
from shared.store.wire import SignedWire

ONE: Final = "/api/usage-logs"
BATCH: Final = "/api/usage-logs/batch"
BATCHED: Final = 100

ROUNDS: Final = 7
SINGLES: Final = 40
BATCHES: Final = 4
"""Calls a round. The sides take turns by the round, and the quickest round of each counts: nothing but
trouble makes one slower. The first round of all is for warming up."""

GOAL_ONE: Final = 1.2
GOAL_BATCH: Final = 0.9

Member = dict[str, Any]


def run(cloud: Cloud) -> list[Result]:
    """Measure one log and a batch."""
    shop = Shop(cloud, "bench-hot-path")
    with handler_of(cloud, "record_usage") as handler:
        caller = Caller(handler, shop.backend_key)
        one, batch = partial(log_of, caller), partial(batch_of, caller)
        one()()
        with transactions() as sent:
            one()()
        (writes,) = sent
        bare = Bare(cloud, writes)
        # What else this process has loaded (the CDK) is no garbage to be looked through by either side.
        gc.freeze()
        return [
            _compared("processor time of one log", one, bare.one, SINGLES, GOAL_ONE),
            _compared(
                f"processor time of {BATCHED} logs of one user",
                batch,
                bare.batch,
                BATCHES,
                GOAL_BATCH,
            ),
        ]


def log_of(caller: Caller) -> Call:
    """Report a log."""
    return caller.post(ONE, a_log(), '"transaction":')


def batch_of(caller: Caller, users: int = 1) -> Call:
    """Report many, of so many users."""
    logs = [a_log(f"user-{at % users}") for at in range(BATCHED)]
    return caller.post(BATCH, {"usageLogs": logs}, f'"created":{BATCHED},')


@contextmanager
def transactions() -> Iterator[list[list[Member]]]:
    """The writes of each transaction that is sent meanwhile."""
    sent: list[list[Member]] = []
    call = SignedWire.call

    def noted(wire: SignedWire, operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "TransactWriteItems":
            sent.append(members["TransactItems"])
        return call(wire, operation, members)

    with patch.object(SignedWire, "call", noted):
        yield sent


class Bare:
    """The same items under keys of their own, each on the condition that it is new, put by boto3."""

    def __init__(self, cloud: Cloud, writes: Sequence[Member]) -> None:
        self._client = cloud.dynamodb
        self._writes = writes
        self._log = writes[0]

    def one(self) -> Call:
        """A transaction with the items of one log."""
        return self._transaction(self._writes)

    def batch(self) -> Call:
        """A transaction with as many logs as one takes."""
        return self._transaction([self._log] * BATCHED)

    def _transaction(self, writes: Sequence[Member]) -> Call:
        token = secrets.token_hex(16)
        puts = [self._anew(write["Put"], token, at) for at, write in enumerate(writes)]
        return partial(
            self._client.transact_write_items,
            TransactItems=[{"Put": put} for put in puts],
            ClientRequestToken=token,
        )

    def _anew(self, put: Member, token: str, at: int) -> Any:
        item = copy.deepcopy(put["Item"])
        item["pk"] = {"S": f"bench#{token}#{at}"}
        condition = ("ConditionExpression", "ExpressionAttributeNames")
        return {
            "TableName": put["TableName"],
            "Item": item,
            **{name: self._log["Put"][name] for name in condition},
        }


def _compared(
    name: str, product: Callable[[], Call], bare: Callable[[], Call], calls: int, goal: float
) -> Result:
    _milliseconds(product, calls), _milliseconds(bare, calls)
    rounds = [(_milliseconds(product, calls), _milliseconds(bare, calls)) for _ in range(ROUNDS)]
    ours, theirs = (min(side) for side in zip(*rounds, strict=True))
    return Result(name, ours, "ms", theirs, goal)


def _milliseconds(make: Callable[[], Call], count: int) -> float:
    """Processor time of a call, in the mean of some that are made ready before."""
    calls = [make() for _ in range(count)]
    begun = time.process_time()
    for call in calls:
        call()
    return 1000 * (time.process_time() - begun) / count
