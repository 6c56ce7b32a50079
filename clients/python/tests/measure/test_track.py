"""Tracked functions: every kind behaves as before, every call is recorded (INT-1)."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from tests.sinks import ListSink

from tally._context import context, current_usage
from tally._track import track


@pytest.fixture
def sink() -> ListSink:
    return ListSink()


def test_a_call_is_recorded_for_the_argument_called_user_id(sink: ListSink) -> None:
    @track(service="search", recorder=sink)
    def search(query: str, user_id: str = "guest") -> str:
        return query.upper()

    assert search("words", "alice") == "WORDS"
    assert search("words", user_id="bob") == "WORDS"
    assert search("words") == "WORDS"
    assert [row["user_id"] for row in sink.rows] == ["alice", "bob", "guest"]
    assert sink.rows[0]["response_bytes"] == 5
    assert sink.rows[0]["service"] == "search"


def test_a_keyword_only_user_is_found_behind_any_number_of_arguments(sink: ListSink) -> None:
    @track(service="search", recorder=sink)
    def search(*words: str, user_id: str) -> int:
        return len(words)

    assert search("a", "b", "c", user_id="alice") == 3
    assert sink.only["user_id"] == "alice"


def test_the_user_may_be_found_in_the_arguments_or_said_or_in_the_context(sink: ListSink) -> None:
    @track(service="search", user_id=lambda request: request["user"], recorder=sink)
    def found(request: dict[str, str]) -> None: ...

    @track(service="search", user_id="bot", recorder=sink)
    def said() -> None: ...

    @track(service="search", recorder=sink)
    def surrounded() -> None: ...

    found({"user": "alice"})
    said()
    with context(user_id="carol"):
        surrounded()
    surrounded()
    assert [row["user_id"] for row in sink.rows] == ["alice", "bot", "carol"]


def test_a_user_that_cannot_be_found_does_not_stop_the_call(sink: ListSink) -> None:
    @track(service="search", user_id=lambda request: request["user"], recorder=sink)
    def search(request: dict[str, str]) -> int:
        return 42

    assert search({}) == 42
    assert sink.rows == []


def test_what_is_called_inside_is_booked_on_the_same_user(sink: ListSink) -> None:
    @track(service="outer", recorder=sink)
    def outer(user_id: str) -> Any:
        return inner(), current_usage()["user_id"]

    @track(service="inner", recorder=sink)
    def inner() -> None: ...

    assert outer("alice")[1] == "alice"
    assert [(row["service"], row["user_id"]) for row in sink.rows] == [
        ("inner", "alice"),
        ("outer", "alice"),
    ]
    assert dict(current_usage()) == {}


def test_what_the_function_returns_may_say_more(sink: ListSink) -> None:
    @track(service="search", recorder=sink, read=lambda hits: {"tokens": len(hits), "model": "m"})
    def search(user_id: str) -> list[str]:
        return ["a", "b"]

    @track(service="search", recorder=sink, read=lambda hits: hits["nothing"])
    def broken(user_id: str) -> list[str]:
        return ["a"]

    search("alice")
    assert (sink.only["tokens"], sink.only["model"]) == (2, "m")
    assert broken("alice") == ["a"]
    assert len(sink.rows) == 2


def test_an_exception_is_recorded_and_raised_as_it_was(sink: ListSink) -> None:
    error = ValueError("no")

    @track(service="search", recorder=sink)
    def search(user_id: str) -> None:
        raise error

    with pytest.raises(ValueError, match="no") as raised:
        search("alice")
    assert raised.value is error
    assert sink.only["error_code"] == "ValueError"


def test_a_coroutine_function_is_measured_to_its_end(sink: ListSink) -> None:
    @track(service="search", recorder=sink)
    async def search(user_id: str) -> bytes:
        assert sink.rows == []
        await asyncio.sleep(0)
        return b"1234"

    assert inspect.iscoroutinefunction(search)
    assert asyncio.run(search("alice")) == b"1234"
    assert (sink.only["user_id"], sink.only["response_bytes"]) == ("alice", 4)


def test_a_generator_is_measured_to_its_end_and_keeps_its_ways(sink: ListSink) -> None:
    @track(service="search", recorder=sink)
    def talk(user_id: str) -> Generator[str, str, int]:
        try:
            heard = yield "hello"
        except KeyError:
            heard = yield "caught"
        yield heard.upper()
        return 7

    assert inspect.isgeneratorfunction(talk)
    stream = talk("alice")
    assert next(stream) == "hello"
    assert stream.throw(KeyError("x")) == "caught"
    assert stream.send("bye") == "BYE"
    assert sink.rows == []
    with pytest.raises(StopIteration) as stopped:
        next(stream)
    assert stopped.value.value == 7
    assert sink.only["user_id"] == "alice"
    assert "status" not in sink.only


def test_a_generator_left_in_the_middle_is_recorded_as_abandoned(sink: ListSink) -> None:
    @track(service="search", recorder=sink)
    def talk(user_id: str) -> Generator[int, None, None]:
        yield from range(10)

    for number in talk("alice"):
        if number == 3:
            break
    assert sink.only["metadata"] == {"abandoned": True}


def test_an_asynchronous_generator_is_measured_to_its_end_and_keeps_its_ways(
    sink: ListSink,
) -> None:
    closed = []

    @track(service="search", recorder=sink)
    async def talk(user_id: str) -> AsyncGenerator[str, str]:
        try:
            try:
                heard = yield "hello"
            except KeyError:
                heard = yield "caught"
            yield heard.upper()
        finally:
            closed.append(True)

    async def listen() -> None:
        stream = talk("alice")
        assert await anext(stream) == "hello"
        assert await stream.athrow(KeyError("x")) == "caught"
        assert await stream.asend("bye") == "BYE"
        assert sink.rows == []
        assert [rest async for rest in stream] == []
        assert closed == [True]
        assert "metadata" not in sink.only

        left = talk("bob")
        await anext(left)
        await left.aclose()
        assert closed == [True, True]
        assert sink.rows[1]["metadata"] == {"abandoned": True}

    assert inspect.isasyncgenfunction(talk)
    asyncio.run(listen())


def test_an_error_inside_of_an_asynchronous_generator_is_recorded_and_raised(
    sink: ListSink,
) -> None:
    @track(service="search", recorder=sink)
    async def talk(user_id: str) -> AsyncGenerator[str, None]:
        yield "hello"
        raise LookupError("gone")

    async def listen() -> list[str]:
        return [word async for word in talk("alice")]

    with pytest.raises(LookupError, match="gone"):
        asyncio.run(listen())
    assert sink.only["error_code"] == "LookupError"


def test_wrong_decorations_are_told_where_they_stand(sink: ListSink) -> None:
    with pytest.raises(TypeError, match="tokns"):
        track(service="search", tokns=3)
    with pytest.raises(TypeError, match="generator"):

        @track(service="search", read=lambda result: {})
        def talk() -> Generator[int, None, None]:
            yield 1


def test_a_tracked_function_looks_like_itself() -> None:
    @track(service="search")
    def search(user_id: str) -> None:
        """Find it."""

    assert (search.__name__, search.__doc__) == ("search", "Find it.")
    assert list(inspect.signature(search).parameters) == ["user_id"]
