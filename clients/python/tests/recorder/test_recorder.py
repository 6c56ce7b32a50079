"""The recorder takes usage at once and sends it as often as it needs, each event once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.service import Reply, Seen, Service, problem, refusal

import tally
from tally import ConfigurationError, InvalidUsageError, Recorder, Refusal, Runtime, Tally

AT_ONCE = Runtime(random=lambda: 0.0)
"""Retries without a pause."""

Make = Callable[..., Recorder]


@pytest.fixture
def make(service: Service) -> Iterator[Make]:
    """Recorders of a service, closed in the end."""
    made: list[Recorder] = []

    def build(**settings: Any) -> Recorder:
        client = Tally("key-1", service.url, runtime=AT_ONCE)
        made.append(Recorder(client, **settings))
        return made[-1]

    yield build
    for recorder in made:
        recorder.close(0)


def balanced(recorder: Recorder) -> bool:
    """Whether every event is accounted for."""
    stats = recorder.stats
    settled = stats.sent + stats.replayed + stats.dropped + stats.refused
    return stats.recorded + stats.adopted == stats.queued + settled


def test_events_go_in_batches_and_each_arrives_once(service: Service, make: Make) -> None:
    recorder = make(max_wait=60)
    ids = [recorder.record(user_id="alice", service="chat", credits=n) for n in range(250)]
    assert recorder.flush(30)
    assert set(service.logs) == set(ids)
    sizes = [len(seen.body["usageLogs"]) for seen in service.seen]
    assert sum(sizes) == 250
    assert len(sizes) <= 4
    assert recorder.stats.sent == 250
    assert balanced(recorder)


def test_a_full_batch_goes_at_once(service: Service, make: Make) -> None:
    arrived = threading.Event()

    def note(seen: Seen) -> Reply:
        arrived.set()
        return service.record_many(seen)

    service.script.append(note)
    recorder = make(max_batch=5, max_wait=600)
    for _ in range(5):
        recorder.record(user_id="alice", service="chat")
    assert arrived.wait(30)


def test_a_lonely_event_waits_for_company_only_so_long(service: Service, make: Make) -> None:
    arrived = threading.Event()

    def note(seen: Seen) -> Reply:
        arrived.set()
        return service.record_many(seen)

    service.script.append(note)
    make(max_wait=0.01).record(user_id="alice", service="chat")
    assert arrived.wait(30)


def test_the_event_happened_when_it_was_recorded(service: Service, make: Make) -> None:
    service.down()
    recorder = make()
    recorder.record(user_id="alice", service="chat", id="log-1")
    assert not recorder.flush(0.01)
    service.up()
    assert recorder.flush(30)
    assert service.logs["log-1"]["occurredAt"].endswith("Z")


def test_a_lost_answer_is_a_replay_and_counts_once(service: Service, make: Make) -> None:
    def lost(seen: Seen) -> Reply:
        service.record_many(seen)
        return Reply(cut=True)

    service.script.append(lost)
    recorder = make()
    for _ in range(10):
        recorder.record(user_id="alice", service="chat")
    assert recorder.flush(30)
    stats = recorder.stats
    assert (stats.replayed, stats.sent, stats.retrying) == (10, 0, 0)
    assert len(service.logs) == 10


@pytest.mark.parametrize(
    "trouble",
    [
        Reply(cut=True),
        refusal(503, "conflict_retry"),
        refusal(500, "internal_error"),
        Reply(429, problem(429, "rate_limited"), {"retry-after": "0"}),
        refusal(401, "unauthorized"),
        refusal(403, "forbidden"),
        Reply(404, b"<html>"),
        Reply(200, b"<html>"),
        Reply(200, {"results": []}),
    ],
)
def test_whatever_may_be_mended_is_waited_for(service: Service, make: Make, trouble: Reply) -> None:
    service.script.extend([trouble, trouble])
    recorder = make()
    recorder.record(user_id="alice", service="chat")
    assert recorder.flush(30)
    assert len(service.logs) == 1
    assert recorder.stats.refused == recorder.stats.dropped == 0


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (402, "insufficient_credits"),
        (422, "validation_failed"),
        (422, "customer_not_registered"),
        (422, "event_too_old"),
        (429, "limit_exceeded"),
    ],
)
def test_a_final_refusal_is_told_and_blocks_nothing(
    service: Service, make: Make, status: int, code: str
) -> None:
    service.refused["bob"] = (status, code)
    refused: list[Refusal] = []
    recorder = make(on_refused=refused.append)
    recorder.record(user_id="bob", service="chat", id="log-bob", credits=7)
    recorder.record(user_id="alice", service="chat")
    assert recorder.flush(30)
    assert len(service.seen) == 1
    assert [each.id for each in refused] == ["log-bob"]
    assert refused[0].usage["credits"] == 7
    assert refused[0].error.code == code  # type: ignore[attr-defined]
    assert (recorder.stats.refused, recorder.stats.sent) == (1, 1)
    assert balanced(recorder)


def test_the_same_id_with_another_body_is_a_refusal(service: Service, make: Make) -> None:
    recorder = make()
    recorder.record(user_id="alice", service="chat", id="log-1", credits=1)
    recorder.record(user_id="alice", service="chat", id="log-1", credits=2)
    assert recorder.flush(30)
    assert (recorder.stats.sent, recorder.stats.refused) == (1, 1)


def test_a_row_that_may_succeed_later_does_not_hold_up_the_others(
    service: Service, make: Make
) -> None:
    def contended(seen: Seen) -> Reply:
        body = service.record_many(seen).body
        row = body["results"][0]
        del service.logs[row["usageLog"]["id"]]
        error = problem(503, "conflict_retry")
        body["results"][0] = {"index": 0, "status": "rejected", "error": error}
        return Reply(200, body)

    service.script.append(contended)
    recorder = make()
    ids = [recorder.record(user_id="alice", service="chat") for _ in range(3)]
    assert recorder.flush(30)
    assert set(service.logs) == set(ids)
    assert [len(seen.body["usageLogs"]) for seen in service.seen] == [3, 1]
    assert balanced(recorder)


def test_a_request_refused_for_one_row_is_halved_until_it_is_found(
    service: Service, make: Make
) -> None:
    def spoiled(seen: Seen) -> Reply:
        if any(row["userId"] == "bad" for row in seen.body["usageLogs"]):
            return refusal(413, "payload_too_large")
        return service.record_many(seen)

    service.routes["POST", "/api/usage-logs/batch"] = spoiled
    recorder = make(max_wait=60)
    for n in range(50):
        recorder.record(user_id="bad" if n == 17 else "alice", service="chat")
    assert recorder.flush(30)
    assert len(service.logs) == 49
    assert recorder.stats.refused == 1


def test_what_is_no_usage_is_counted_and_told_and_never_raised(
    service: Service, make: Make
) -> None:
    refused: list[Refusal] = []
    recorder = make(on_refused=refused.append)
    assert recorder.record(user_id="alice") != ""  # type: ignore[call-arg]
    assert recorder.record(user_id="alice", service="chat", id="mine", cost="much") == "mine"
    bad: Any = {"user_id": Exploding(), "service": "chat", "metadata": {"a": Exploding()}}
    recorder.record(**bad)
    assert recorder.stats.refused == len(refused) == 3
    assert all(isinstance(each.error, InvalidUsageError) for each in refused)
    assert recorder.flush(30)
    assert service.seen == []


class Exploding(str):
    """A value that has a surprise."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("surprise")


def test_who_asks_for_it_gets_the_error(make: Make) -> None:
    with pytest.raises(InvalidUsageError):
        make(strict=True).record(user_id="alice", service="chat", credits=1.5)  # type: ignore[arg-type]


def test_a_callback_that_raises_harms_nobody(service: Service, make: Make) -> None:
    def fail(refusal: Refusal) -> None:
        raise RuntimeError("a bug of the callback")

    service.refused["bob"] = (402, "insufficient_credits")
    recorder = make(on_refused=fail)
    recorder.record(user_id="bob", service="chat")
    recorder.record(user_id="alice", service="chat")
    assert recorder.flush(30)
    assert (recorder.stats.refused, recorder.stats.sent) == (1, 1)


def test_a_callback_may_flush_and_record(service: Service, make: Make) -> None:
    flushed: list[bool] = []

    def again(refusal: Refusal) -> None:
        recorder.record(user_id="alice", service="apology")
        flushed.append(recorder.flush())

    service.refused["bob"] = (402, "insufficient_credits")
    recorder = make(on_refused=again)
    recorder.record(user_id="bob", service="chat")
    assert recorder.flush(30)
    assert recorder.flush(30)
    assert flushed == [False]
    assert [row["service"] for row in service.logs.values()] == ["apology"]


def test_closing_does_not_wait_for_a_service_that_hangs(
    service: Service, make: Make, tmp_path: Path
) -> None:
    arrived, release = threading.Event(), threading.Event()

    def hang(seen: Seen) -> Reply:
        arrived.set()
        release.wait(30)
        return Reply(cut=True)

    service.script.append(hang)
    recorder = make(journal=tmp_path, max_wait=0)
    recorder.record(user_id="alice", service="chat", id="log-1")
    assert arrived.wait(30)
    assert not recorder.close(0)
    release.set()
    heir = make(journal=tmp_path)
    assert heir.flush(30)
    assert set(service.logs) == {"log-1"}


def test_the_oldest_goes_when_too_many_wait(service: Service, make: Make) -> None:
    service.down()
    recorder = make(max_queue=10, max_batch=500, max_wait=600)
    ids = [recorder.record(user_id="alice", service="chat") for _ in range(25)]
    stats = recorder.stats
    assert (stats.queued, stats.dropped, stats.recorded) == (10, 15, 25)
    service.up()
    assert recorder.flush(30)
    assert set(service.logs) == set(ids[15:])
    assert balanced(recorder)


def test_the_caller_waits_for_room_where_it_wants_to(service: Service, make: Make) -> None:
    service.down()
    recorder = make(max_queue=5, policy="block", max_batch=500, max_wait=600)
    done = threading.Event()

    def caller() -> None:
        for _ in range(20):
            recorder.record(user_id="alice", service="chat")
        done.set()

    thread = threading.Thread(target=caller, daemon=True)
    thread.start()
    while recorder.stats.queued < 5:
        done.wait(0.001)
    assert not done.is_set()
    service.up()
    while not done.is_set():
        recorder.flush(30)
    assert recorder.flush(30)
    assert len(service.logs) == 20
    assert recorder.stats.dropped == 0


def test_closing_frees_who_waits_for_room(service: Service, make: Make) -> None:
    service.down()
    recorder = make(max_queue=1, policy="block", max_wait=600)
    recorder.record(user_id="alice", service="chat")
    thread = threading.Thread(
        target=lambda: recorder.record(user_id="alice", service="chat"), daemon=True
    )
    thread.start()
    recorder.close(0)
    thread.join(30)
    assert not thread.is_alive()


def test_after_closing_usage_is_dropped_and_counted(service: Service, make: Make) -> None:
    recorder = make()
    recorder.record(user_id="alice", service="chat")
    assert recorder.close(30)
    recorder.record(user_id="alice", service="chat")
    assert recorder.close()
    assert (recorder.stats.sent, recorder.stats.dropped) == (1, 1)
    assert balanced(recorder)


def test_many_threads_lose_nothing(service: Service, make: Make, tmp_path: Path) -> None:
    recorder = make(journal=tmp_path, max_batch=50)

    def caller() -> None:
        for _ in range(200):
            recorder.record(user_id="alice", service="chat")

    threads = [threading.Thread(target=caller) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.flush(60)
    assert len(service.logs) == 1600
    assert recorder.stats.sent == 1600
    assert recorder.stats.damaged == 0


def test_a_handler_returns_after_its_usage_is_sent(service: Service, make: Make) -> None:
    recorder = make(max_wait=600)

    def handler(event: dict[str, str], context: object) -> str:
        recorder.record(user_id=event["user"], service="chat")
        return "fine"

    assert recorder.flush_after(handler)({"user": "alice"}, None) == "fine"
    assert len(service.logs) == 1

    def failing() -> None:
        recorder.record(user_id="alice", service="chat", status="error")
        raise LookupError

    with pytest.raises(LookupError):
        recorder.flush_after(failing)()
    assert len(service.logs) == 2


def test_a_cancelled_task_has_recorded_or_not_but_never_half(service: Service, make: Make) -> None:
    recorder = make()

    async def work() -> None:
        recorder.record(user_id="alice", service="chat")
        await asyncio.Event().wait()

    async def live() -> None:
        tasks = [asyncio.create_task(work()) for _ in range(10)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert await asyncio.to_thread(recorder.flush, 30)

    asyncio.run(live())
    assert len(service.logs) == 10


@pytest.mark.parametrize(
    "settings",
    [
        {"policy": "spill"},
        {"policy": "explode"},
        {"max_batch": 501},
        {"max_batch": 0},
        {"max_queue": 0},
        {"max_wait": -1},
    ],
)
def test_settings_that_contradict_each_other_are_told_at_once(
    make: Make, settings: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError):
        make(**settings)


def test_the_programs_own_recorder(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Tally("key-1", service.url)
    first = tally.configure(client=client)
    tally.record(user_id="alice", service="chat")
    second = tally.configure(client=client)
    assert first.stats.sent == 1
    tally.record(user_id="alice", service="chat")
    assert tally.flush(30)
    assert second.stats.sent == 1
    second.close()


def test_without_a_key_the_program_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("TALLY_KEY", raising=False)
    monkeypatch.setattr("tally.recorder._default._recorder", None)
    monkeypatch.setattr("tally.recorder._default._told", False)
    assert tally.record(user_id="alice", service="chat", id="log-1") == "log-1"
    tally.record(user_id="alice", service="chat")
    assert [each.message for each in caplog.records] == [
        "usage is not recorded: no API key: pass api_key or set TALLY_KEY"
    ]
