"""What folding takes of the processor, beside a loop that decodes the same records and adds them up.

The function folds a full batch into a table of the local cloud: order, cursors, private and shared cells,
seals, metrics and all. The loop reads each image with boto3's own decoder and sums a dictionary. Only this
process's own processor time counts.
"""

from __future__ import annotations

import gc
import time
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer

from benchmarks.folding import Folder, Record
from benchmarks.results import Result
from local.cloud import Cloud
from shared.domain.digests import decode_digest

ENTRIES: Final = 1_000
ROUNDS: Final = 3
GOALS: Final = {20: 0.25, 200: 0.05}
"""Accounts in a batch, and how many records a second there are to be for each of the loop's. Of many
accounts signed calls are most of it: three cells of its own for each, however few its entries."""


def run(cloud: Cloud) -> list[Result]:
    """Measure batches of few accounts and of many."""
    return [_measured(cloud, accounts, goal) for accounts, goal in GOALS.items()]


def _measured(cloud: Cloud, accounts: int, goal: float) -> Result:
    folder = Folder(cloud, accounts)
    batches = [folder.record(ENTRIES) for _ in range(ROUNDS)]
    gc.collect()
    gc.freeze()
    with folder.handler() as handler:
        ours = min(_seconds(handler, {"Records": batch}, folder.context) for batch in batches)
    theirs = min(_seconds(_decoded_sums, batch) for batch in batches)
    return Result(
        f"folding {ENTRIES:,} entries of {accounts} accounts",
        ENTRIES / ours,
        "records/s",
        ENTRIES / theirs,
        goal,
        at_least=True,
    )


def _seconds(call: Any, *arguments: object) -> float:
    begun = time.process_time()
    call(*arguments)
    return time.process_time() - begun


def _decoded_sums(records: list[Record]) -> dict[tuple[str, str], list[int]]:
    """Requests, tokens and cost of each account and day."""
    deserialize = TypeDeserializer().deserialize
    sums: dict[tuple[str, str], list[int]] = {}
    for record in records:
        image = record["dynamodb"]["NewImage"]
        item = {name: deserialize(value) for name, value in image.items() if "B" not in value}
        for row in decode_digest(item["dg"]):
            found = sums.setdefault((item["pk"], row.dimensions.day), [0, 0, 0])
            found[0] += row.sums.requests
            found[1] += row.sums.total
            found[2] += row.sums.cost
    return sums
