"""A measured block of code (INT-1)."""

from __future__ import annotations

import asyncio
from collections.abc import Generator

import pytest
from tests.sinks import BrokenSink, ListSink

import tally
from tally._context import context
from tally._measure import measure


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


def test_a_block_is_recorded_with_its_time_and_what_was_said_of_it(sink: ListSink) -> None:
    with measure("search", user_id="alice", platform="web", recorder=sink) as use:
        use.tokens = tally.Tokens(input=3, output=4)
        use.metadata["query"] = "short"
        use.size("größer")

    elapsed = sink.only.pop("response_time_ms")
    assert isinstance(elapsed, int)
    assert elapsed >= 0
    assert sink.only == {
        "user_id": "alice",
        "service": "search",
        "platform": "web",
        "tokens": tally.Tokens(input=3, output=4),
        "response_bytes": 8,
        "metadata": {"query": "short"},
    }
    assert use.id == "log-1"


def test_an_exception_is_recorded_as_an_error_and_raised_as_it_was(sink: ListSink) -> None:
    error = LookupError("nothing there")
    with pytest.raises(LookupError) as raised, measure("search", user_id="a", recorder=sink):
        raise error
    assert raised.value is error
    assert (sink.only["status"], sink.only["error_code"]) == ("error", "LookupError")


def test_a_cancelled_task_is_recorded_as_an_error(sink: ListSink) -> None:
    async def work() -> None:
        with measure("search", user_id="a", recorder=sink):
            await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert sink.only["error_code"] == "CancelledError"


def test_an_error_that_is_not_raised_can_be_said(sink: ListSink) -> None:
    with measure("search", user_id="a", recorder=sink) as use:
        use.fail("no_results")
    assert (sink.only["status"], sink.only["error_code"]) == ("error", "no_results")


def test_an_error_may_be_called_something_else_than_its_class(sink: ListSink) -> None:
    use = measure("search", user_id="a", recorder=sink, error_code="disk_full")
    with pytest.raises(LookupError), use:
        raise LookupError
    assert (sink.only["status"], sink.only["error_code"]) == ("error", "disk_full")


def test_nobody_s_use_is_not_recorded(sink: ListSink) -> None:
    with measure("search", recorder=sink) as use:
        pass
    assert (sink.rows, use.id) == ([], None)


def test_what_is_skipped_is_not_recorded(sink: ListSink) -> None:
    with measure("search", user_id="a", recorder=sink) as use:
        use.skip()
    assert (sink.rows, use.id) == ([], None)


def test_the_context_says_what_the_block_does_not(sink: ListSink) -> None:
    with (
        context(user_id="alice", service="chat", country="CH", metadata={"team": "blue", "a": 1}),
        context(country="AT", metadata={"a": 2}),
        measure("search", recorder=sink, metadata={"b": 3}),
    ):
        pass
    row = sink.only
    assert (row["user_id"], row["service"], row["country"]) == ("alice", "search", "AT")
    assert row["metadata"] == {"team": "blue", "a": 2, "b": 3}


def test_the_context_ends_with_its_block(sink: ListSink) -> None:
    with context(user_id="alice"):
        pass
    with measure("search", recorder=sink):
        pass
    assert sink.rows == []


def test_a_generator_that_ends_in_somebody_else_s_context_is_booked_where_it_began(
    sink: ListSink,
) -> None:
    def words() -> Generator[str, None, None]:
        with measure("search", recorder=sink):
            yield "hello"

    with context(user_id="alice"):
        stream = words()
        next(stream)
    with context(user_id="bob"):
        stream.close()
    assert sink.only["user_id"] == "alice"
    assert sink.only["metadata"] == {"abandoned": True}
    assert "status" not in sink.only


def test_a_recorder_that_fails_changes_nothing() -> None:
    with measure("search", user_id="a", recorder=BrokenSink()) as use:
        answer = 42
    assert (answer, use.id) == (42, None)


def test_what_a_program_happens_to_say_is_cut_to_what_the_api_takes(sink: ListSink) -> None:
    with measure("search", user_id="a", recorder=sink, request_id="x" * 500) as use:
        use.fail("two\nlines")
    assert sink.only["error_code"] == "two lines"
    assert len(sink.only["request_id"]) == 128


def test_a_member_that_does_not_exist_is_told_at_once() -> None:
    with pytest.raises(TypeError, match="tokns"):
        measure("search", tokns=3)


def test_the_metadata_given_is_not_the_block_s_own(sink: ListSink) -> None:
    given = {"team": "blue"}
    with measure("search", user_id="a", recorder=sink, metadata=given) as use:
        use.metadata["more"] = True
    assert given == {"team": "blue"}


def test_an_error_that_cannot_even_say_its_code_is_raised_as_it_was(sink: ListSink) -> None:
    class NastyError(Exception):
        @property
        def code(self) -> str:
            raise RuntimeError("never")

    with pytest.raises(NastyError), measure("search", user_id="a", recorder=sink):
        raise NastyError
    assert sink.rows == []
