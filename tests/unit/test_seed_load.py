"""How the seeder sends: patient with "later", loud about "no", one worker for each user."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count, repeat
from typing import Any, Final

import httpx
import pytest

from local.seed import load
from local.seed.api import ATTEMPTS, Api, RefusedError, SeedError
from local.seed.load import (
    MAX_BATCH,
    Posted,
    batches,
    post_credits,
    post_usage,
    shares,
    wait_for_statistics,
)
from local.seed.plan import ZONE, Plan, Span, plan_until
from local.seed.progress import Progress
from shared.domain.calendar import local_day
from shared.http import json

NOW: Final = int(datetime(2026, 11, 20, 14, 30, tzinfo=UTC).timestamp() * 1000)
PLAN: Final[Plan] = plan_until(NOW, Span("2026-11-19", "2026-11-19"))

Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def waits() -> list[float]:
    return []


def api_to(answer: Answer, waits: list[float] | None = None) -> Api:
    """An API that answers as told; waits are noted and take no time."""
    return Api(
        "http://tally",
        "key",
        transport=httpx.MockTransport(answer),
        sleep=(waits if waits is not None else []).append,
    )


def taken(request: httpx.Request, **refused: dict[str, str]) -> httpx.Response:
    """A batch that is taken but for the rows refused: by log id, the error."""
    rows: Any = json.parse(request.content)
    results = []
    for index, row in enumerate(rows["usageLogs"]):
        error = refused.get(row["id"])
        result = {"index": index, "status": "rejected" if error else "created"}
        results.append(result | ({"error": error} if error else {}))
    return httpx.Response(200, content=json.dump({"results": results}))


def quiet() -> Progress:
    return Progress("rows", 1, io.StringIO())


def test_an_answer_that_says_later_is_asked_again_after_the_time_it_names(
    waits: list[float],
) -> None:
    answers = iter(
        [
            httpx.Response(429, headers={"retry-after": "3"}, json={}),
            httpx.Response(503, json={}),
            httpx.Response(200, json={"ok": True}),
        ]
    )
    assert api_to(lambda _: next(answers), waits).get("/x") == {"ok": True}
    assert waits == [3.0, 0.5]


def test_a_connection_that_breaks_is_tried_again(waits: list[float]) -> None:
    attempts = count()

    def answer(request: httpx.Request) -> httpx.Response:
        if next(attempts) == 0:
            raise httpx.ConnectError("refused", request=request)
        return httpx.Response(200, json={})

    assert api_to(answer, waits).post("/x", {}, "key") == {}
    assert len(waits) == 1


def test_patience_ends_and_says_what_the_last_answer_was(waits: list[float]) -> None:
    api = api_to(lambda _: httpx.Response(503, text="not yet"), waits)
    with pytest.raises(SeedError, match="503 not yet"):
        api.get("/x")
    assert len(waits) == ATTEMPTS - 1


def test_a_refusal_is_not_repeated(waits: list[float]) -> None:
    problem = {"code": "validation_failed", "errors": [{"pointer": "/a", "message": "is needed"}]}
    api = api_to(lambda _: httpx.Response(422, json=problem), waits)
    with pytest.raises(RefusedError, match="/a") as refused:
        api.put("/x", {})
    assert (refused.value.status, refused.value.code, waits) == (422, "validation_failed", [])


def test_an_operator_names_the_workspace_with_every_request() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(answer)
    Api("http://tally/$default", "t", workspace_id="demo", transport=transport).get("/x", a="1")
    assert str(seen[0].url) == "http://tally/$default/x?workspaceId=demo&a=1"
    assert seen[0].headers["authorization"] == "Bearer t"


def test_each_user_is_in_one_share_in_order_of_time_and_shares_are_about_even() -> None:
    dealt = shares(PLAN.rows, 3)
    users = [{row.person.user_id for row in share} for share in dealt]
    assert sum(map(len, users)) == len(set[str]().union(*users))
    assert sum(map(len, dealt)) == len(PLAN.rows)
    assert max(map(len, dealt)) < 1.2 * min(map(len, dealt))
    assert all(share == sorted(share, key=lambda row: row.at_ms) for share in dealt)


def test_batches_keep_the_order_and_cut_days_only_when_one_is_too_large() -> None:
    rows = plan_until(NOW, Span("2026-11-10", "2026-11-12")).rows
    cut = list(batches(rows))
    assert [row for batch in cut for row in batch] == rows
    assert all(len(batch) <= MAX_BATCH for batch in cut)
    small = [row for row in rows if row.person.user_id == "alice"]
    ends = [local_day(batch[-1].at_ms, ZONE) for batch in batches(small)]
    starts = [local_day(batch[0].at_ms, ZONE) for batch in batches(small)]
    assert len(starts) > 1
    assert all(end < start for end, start in zip(ends[:-1], starts[1:], strict=True))


def test_every_row_is_sent_once_and_counted() -> None:
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        rows: Any = json.parse(request.content)
        sent.extend(row["id"] for row in rows["usageLogs"])
        return taken(request)

    assert post_usage(api_to(answer), PLAN.rows, quiet()) == Posted(created=len(PLAN.rows))
    assert sorted(sent) == sorted(row.log_id for row in PLAN.rows)


def test_rows_that_are_put_off_are_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "RESEND_SECONDS", 0)
    late = PLAN.rows[3].log_id
    batches = count()

    def answer(request: httpx.Request) -> httpx.Response:
        if next(batches) == 0:
            return taken(request, **{late: {"code": "conflict_retry"}})
        return taken(request)

    assert post_usage(api_to(answer), PLAN.rows[:5], quiet()).created == 5


def test_a_row_that_is_refused_stops_the_seeding_and_is_named() -> None:
    wrong = PLAN.rows[2].log_id

    def answer(request: httpx.Request) -> httpx.Response:
        return taken(request, **{wrong: {"code": "event_too_old"}})

    with pytest.raises(SeedError, match=f"{wrong} rejected.*event_too_old"):
        post_usage(api_to(answer), PLAN.rows[:5], quiet())


def test_a_failure_in_one_lane_stops_the_others() -> None:
    endless = repeat(1)
    with pytest.raises(ZeroDivisionError):
        load._side_by_side(lambda number: 1 // number, [endless, [1, 0], endless])


def test_rows_that_cannot_be_afforded_get_one_pack_a_user_and_are_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(load, "RESEND_SECONDS", 0)
    alice = [row for row in PLAN.rows if row.person.user_id == "alice"][:4]
    poor = {row.log_id: {"code": "insufficient_credits"} for row in alice[1:]}
    bought: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/admin/transactions":
            bought.append(request.headers["idempotency-key"])
            return httpx.Response(201, json={})
        return taken(request) if bought else taken(request, **poor)

    assert post_usage(api_to(answer), alice, quiet()) == Posted(created=4, packs=1)
    assert bought == [f"demo-pack-for-{alice[1].log_id}"]


def test_a_row_that_is_never_taken_is_given_up_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "RESEND_SECONDS", 0)
    late = {PLAN.rows[0].log_id: {"code": "unavailable"}}
    with pytest.raises(SeedError, match="1 rows were put off 6 times"):
        post_usage(api_to(lambda request: taken(request, **late)), PLAN.rows[:1], quiet())


def test_credits_go_under_their_own_keys_one_account_s_in_their_order() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        return httpx.Response(201, json={})

    post_credits(api_to(answer), PLAN.credits, quiet())
    assert sorted(keys) == sorted(credits.key for credits in PLAN.credits)
    own = [key for key in keys if key.endswith("-alice") or "-alice-" in key]
    assert own == [credits.key for credits in PLAN.credits if credits.key in own]


def statistics(requests: int) -> httpx.Response:
    return httpx.Response(200, json={"totals": {"requests": requests}})


def test_statistics_are_waited_for_as_long_as_they_grow() -> None:
    shown = iter([0, 5, 9, 9, 10])
    seconds = count(step=31)
    out = Terminal()
    with Progress("Counted", 10, out) as progress:
        found = wait_for_statistics(
            api_to(lambda _: statistics(next(shown))),
            PLAN,
            10,
            progress,
            clock=lambda: float(next(seconds)),
            sleep=lambda _: None,
        )
    assert found == {"requests": 10}
    assert "Counted: 10 in" in out.getvalue()


def test_statistics_that_stand_still_are_an_error_that_says_how_far_they_came() -> None:
    shown = iter([3, 7, 7, 7])
    seconds = count(step=50)
    with pytest.raises(SeedError, match=r"7 of 10 requests for 60 s"):
        wait_for_statistics(
            api_to(lambda _: statistics(next(shown))),
            PLAN,
            10,
            quiet(),
            clock=lambda: float(next(seconds)),
            sleep=lambda _: None,
        )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_one_line_elsewhere() -> None:
    for out, drawn in ((Terminal(), True), (io.StringIO(), False)):
        with Progress("Rows", 4, out) as progress:
            progress.step(2)
        assert ("2 of 4" in out.getvalue()) is drawn
        assert "Rows: 4 in" in out.getvalue().splitlines()[-1]
