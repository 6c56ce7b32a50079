"""Posts the plan: credits first, then the usage, side by side; then waits until statistics show it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from threading import Event
from typing import Any, Final, TypeVar

from local.seed.api import Api, SeedError
from local.seed.plan import ZONE, Credits, Plan, pack_for
from local.seed.progress import Progress
from local.seed.usage import Row
from shared.domain.calendar import local_day

T = TypeVar("T")
R = TypeVar("R")

WORKERS: Final = 3
"""The emulator runs on two cores with the functions in it; a fourth only makes the others wait."""

MAX_BATCH: Final = 500
"""What the API takes at once."""

RESENDS: Final = 6
RESEND_SECONDS: Final = 0.5
NO_CREDITS: Final = "insufficient_credits"
MENDABLE: Final = frozenset({"conflict_retry", "unavailable", NO_CREDITS})
"""Refusals of a row that goes through when it is sent again, the last after more was bought."""

SHOWN_REASONS: Final = 3

STALLED_SECONDS: Final = 60.0
"""Many times what the emulator takes between two batches of the stream, also on a busy machine."""

POLL_SECONDS: Final = 2.0
"""Seldom enough that asking does not slow down what is waited for."""


@dataclass(frozen=True, slots=True)
class Posted:
    """How many rows were new, how many were there already, and how many packs had to be added."""

    created: int = 0
    replayed: int = 0
    packs: int = 0

    def plus(self, other: Posted) -> Posted:
        """Both together."""
        return Posted(
            self.created + other.created,
            self.replayed + other.replayed,
            self.packs + other.packs,
        )


def post_credits(api: Api, credits: Sequence[Credits], progress: Progress) -> None:
    """Post promos and purchases, each under its own key; one account's in their order."""

    def post(one: Credits) -> None:
        api.post("/api/admin/transactions", one.body, one.key)
        progress.step()

    by_user: dict[object, list[Credits]] = {}
    for one in credits:
        by_user.setdefault(one.body["userId"], []).append(one)
    _side_by_side(post, by_user.values())


def post_usage(api: Api, rows: Sequence[Row], progress: Progress) -> Posted:
    """Post the rows; a user's go through one worker in order of time, so no two race for an account.

    Raises:
        SeedError: some were refused; the message says which and why.
    """

    def post(batch: list[Row]) -> Posted:
        posted = _post_batch(api, batch)
        progress.step(len(batch))
        return posted

    total = Posted()
    for posted in _side_by_side(post, map(batches, shares(rows, WORKERS))):
        total = total.plus(posted)
    return total


def shares(rows: Sequence[Row], workers: int) -> list[list[Row]]:
    """The rows dealt out so that each user is in one share and the shares are about even."""
    by_user: dict[str, list[Row]] = {}
    for row in rows:
        by_user.setdefault(row.person.user_id, []).append(row)
    dealt: list[list[Row]] = [[] for _ in range(workers)]
    for own in sorted(by_user.values(), key=len, reverse=True):
        min(dealt, key=len).extend(own)
    return [sorted(share, key=lambda row: row.at_ms) for share in dealt if share]


def batches(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows in order, in batches of whole days where they fit.

    A user's day in one commit is folded once; cut in two, it would be folded twice.
    """
    batch: list[Row] = []
    for _, of_day in groupby(rows, lambda row: local_day(row.at_ms, ZONE)):
        day = list(of_day)
        if batch and len(batch) + len(day) > MAX_BATCH:
            yield batch
            batch = []
        batch += day
        while len(batch) > MAX_BATCH:
            yield batch[:MAX_BATCH]
            batch = batch[MAX_BATCH:]
    if batch:
        yield batch


def _post_batch(api: Api, rows: list[Row]) -> Posted:
    """Post a batch until every row of it is there."""
    posted, waiting = Posted(), rows
    for attempt in range(RESENDS):
        if attempt:
            time.sleep(RESEND_SECONDS * attempt)
        body = {"usageLogs": [row.body() for row in waiting]}
        results = api.post("/api/usage-logs/batch", body)["results"]
        statuses = Counter(result["status"] for result in results)
        posted = posted.plus(Posted(statuses["created"], statuses["replayed"]))
        refused = [result for result in results if "error" in result]
        final = [result for result in refused if result["error"]["code"] not in MENDABLE]
        if final:
            raise _refused(final, waiting)
        poor = [result for result in refused if result["error"]["code"] == NO_CREDITS]
        posted = posted.plus(Posted(packs=_buy_packs(api, [waiting[r["index"]] for r in poor])))
        waiting = [waiting[result["index"]] for result in refused]
        if not waiting:
            return posted
    raise SeedError(f"{len(waiting)} rows were put off {RESENDS} times: {refused[0]['error']}")


def _buy_packs(api: Api, poor: Sequence[Row]) -> int:
    """A pack for each user of rows that could not be afforded: the plan does not know who else spends."""
    first = {row.person.user_id: row for row in reversed(poor)}
    for row in first.values():
        pack = pack_for(row)
        api.post("/api/admin/transactions", pack.body, pack.key)
    return len(first)


def _refused(results: list[dict[str, Any]], rows: Sequence[Row]) -> SeedError:
    shown = "".join(
        f"\n  {rows[result['index']].log_id} {result['status']}: {result['error']}"
        for result in results[:SHOWN_REASONS]
    )
    hint = "If the demo was seeded by another version of it, `make reset` starts over."
    return SeedError(f"{len(results)} rows were not taken:{shown}\n{hint}")


def wait_for_statistics(
    api: Api,
    plan: Plan,
    requests: int,
    progress: Progress,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Wait until the statistics of the plan's days count at least so many requests; their totals, then.

    Raises:
        SeedError: they stood still for too long on the way.
    """
    seen, deadline = 0, clock() + STALLED_SECONDS
    while True:
        totals = totals_of(api, plan)
        found = int(totals["requests"])
        progress.step(min(found, requests) - min(seen, requests))
        if found >= requests:
            return totals
        if found > seen:
            seen, deadline = found, clock() + STALLED_SECONDS
        elif clock() > deadline:
            raise SeedError(
                f"The statistics stopped at {found:,} of {requests:,} requests for"
                f" {STALLED_SECONDS:.0f} s: what folds them fails or stands still. Its log is"
                " cloud.log in the cloud's folder; `make demo` again goes on from here."
            )
        sleep(POLL_SECONDS)


def totals_of(api: Api, plan: Plan) -> dict[str, Any]:
    """The sums of the plan's days. By month, for that is the cheapest to ask."""
    path, days = "/api/usage-logs/summary", {"startDate": plan.first_day, "endDate": plan.today}
    totals = api.get(path, groupBy="month", **days)["totals"]
    assert isinstance(totals, dict)
    return totals


def _side_by_side(step: Callable[[T], R], lanes: Iterable[Iterable[T]]) -> list[R]:
    """Walk the lanes, some at the same time, each in its order. The first failure stops them all."""
    halted = Event()

    def walk(lane: Iterable[T]) -> list[R]:
        done = []
        try:
            for item in lane:
                if halted.is_set():
                    break
                done.append(step(item))
        except BaseException:
            halted.set()
            raise
        return done

    with ThreadPoolExecutor(WORKERS) as pool:
        walking = [pool.submit(walk, lane) for lane in lanes]
        try:
            return [result for walked in walking for result in walked.result()]
        except BaseException:
            halted.set()
            raise
