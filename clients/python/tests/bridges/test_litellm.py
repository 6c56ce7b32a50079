"""LiteLLM's calls, recorded by a callback of its own kind (INT-2)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import litellm
import openai
import pytest
from litellm.exceptions import RateLimitError
from tests.sinks import BrokenSink, ListSink
from tests.vendors.server import USED, Vendors

import tally
from tally import reading
from tally._context import context
from tally.litellm import UsageLogger
from tally.wrapping import wrap

HELLO = [{"role": "user", "content": "Say hello"}]
ASKING: Any = {"stream": True, "stream_options": {"include_usage": True}}
WITHOUT_WRITES = tally.Tokens(1200, 300, 1000, None, 120)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    litellm.suppress_debug_info = True
    loop = asyncio.new_event_loop()  # LiteLLM would take one from asyncio, and leave it open
    asyncio.set_event_loop(loop)
    yield
    litellm.logging_callback_manager._reset_all_callbacks()  # type: ignore[no-untyped-call]
    loop.close()


def listening(sink: Any, **options: Any) -> UsageLogger:
    logger = UsageLogger(recorder=sink, **options)
    litellm.callbacks = [logger]
    return logger


def at(server: Vendors, vendor: str) -> dict[str, Any]:
    """Where a vendor's stand-in is, in LiteLLM's words."""
    path = {
        "openai": "/openai/v1",
        "anthropic": "/anthropic",
        "gemini": "/google/v1beta/models/gemini-2.5-flash:generateContent",
    }
    return {"api_base": server.url + path[vendor], "api_key": "key", "num_retries": 0}


MODELS = {
    "openai": "gpt-4o-mini",
    "anthropic": "claude-haiku-4-5",
    "google": "gemini-2.5-flash",
}
Call = Callable[[Vendors], Any]

pytestmark = pytest.mark.filterwarnings("ignore")
"""LiteLLM warns of its own models, fits answers into ones not made for them, and leaves clients open."""

CALLS: dict[str, tuple[Call, str, str, tally.Tokens]] = {
    "chat": (
        lambda server: litellm.completion("openai/gpt-4o-mini", HELLO, **at(server, "openai")),
        "openai",
        "gpt-4o-mini-2026-07-18",
        USED,
    ),
    "chat stream": (
        lambda server: list(
            litellm.completion("openai/gpt-4o-mini", HELLO, **ASKING, **at(server, "openai"))
        ),
        "openai",
        "gpt-4o-mini-2026-07-18",
        USED,
    ),
    "responses": (
        lambda server: litellm.responses(
            input="Say hello", model="openai/gpt-4o-mini", **at(server, "openai")
        ),
        "openai",
        "gpt-4o-mini-2026-07-18",
        USED,
    ),
    "messages": (
        lambda server: litellm.completion(
            "anthropic/claude-haiku-4-5", HELLO, **at(server, "anthropic")
        ),
        "anthropic",
        "claude-haiku-4-5-20260718",
        USED,
    ),
    "messages stream": (
        lambda server: list(
            litellm.completion(
                "anthropic/claude-haiku-4-5", HELLO, stream=True, **at(server, "anthropic")
            )
        ),
        "anthropic",
        "claude-haiku-4-5-20260718",
        USED,
    ),
    "gemini": (
        lambda server: litellm.completion("gemini/gemini-2.5-flash", HELLO, **at(server, "gemini")),
        "google",
        "gemini-2.5-flash-001",
        WITHOUT_WRITES,
    ),
    "embedding": (
        lambda server: litellm.embedding(
            "openai/text-embedding-3-small", ["words"], **at(server, "openai")
        ),
        "openai",
        "text-embedding-3-small",
        tally.Tokens(input=7, output=0),
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_call_is_recorded_with_all_its_tokens(name: str, server: Vendors, sink: ListSink) -> None:
    call, provider, version, tokens = CALLS[name]
    listening(sink, service="chat")
    with context(user_id="alice"):
        call(server)

    row = sink.wait()[0]
    assert row.pop("response_time_ms") >= 0
    assert row.pop("request_id", "req-of-vendor") == "req-of-vendor"
    assert row.pop("metadata", {}).get("model_version", row["model"]) == version
    assert row == {
        "service": "chat",
        "user_id": "alice",
        "provider": provider,
        "model": MODELS[provider] if name != "embedding" else version,
        "tokens": tokens,
    }


def test_asynchronous_calls_are_recorded_once(server: Vendors, sink: ListSink) -> None:
    listening(sink, user=lambda _: "alice")
    there = at(server, "openai")

    async def call() -> None:
        await litellm.acompletion("openai/gpt-4o-mini", HELLO, **there)
        stream: Any = await litellm.acompletion("openai/gpt-4o-mini", HELLO, **ASKING, **there)
        assert [chunk async for chunk in stream]
        await asyncio.to_thread(sink.wait, 2)

    asyncio.run(call())
    assert [row["tokens"] for row in sink.rows] == [USED, USED]


def test_what_litellm_tells_twice_is_recorded_once(server: Vendors, sink: ListSink) -> None:
    logger = listening(sink, user=lambda _: "alice")
    call = {"litellm_call_id": "one", "model": "m", "custom_llm_provider": "openai"}
    logger.log_success_event(call, None, None, None)
    asyncio.run(logger.async_log_success_event(call, None, None, None))
    logger.log_failure_event(call, None, None, None)
    logger.log_success_event({**call, "litellm_call_id": "two"}, None, None, None)
    assert [row.get("status") for row in sink.rows] == [None, "error", None]


def test_a_refused_call_is_recorded_as_an_error(server: Vendors, sink: ListSink) -> None:
    listening(sink, user=lambda _: "alice")
    with pytest.raises(RateLimitError):
        litellm.completion("openai/gpt-that-fails", HELLO, **at(server, "openai"))
    row = sink.wait()[0]
    assert (row["status"], row["error_code"]) == ("error", "RateLimitError")
    assert (row["model"], row["provider"]) == ("gpt-that-fails", "openai")
    assert "tokens" not in row


def test_the_user_is_found_where_callers_of_litellm_name_one(
    server: Vendors, sink: ListSink
) -> None:
    listening(sink)
    there = at(server, "openai")
    litellm.completion("openai/gpt-4o-mini", HELLO, user="carol", **there)
    sink.wait(1)
    litellm.completion("openai/gpt-4o-mini", HELLO, metadata={"user_id": "dave"}, **there)
    sink.wait(2)
    litellm.completion("openai/gpt-4o-mini", HELLO, **there)
    litellm.completion("openai/gpt-4o-mini", HELLO, user="erin", **there)
    sink.wait(3)
    assert [row["user_id"] for row in sink.rows] == ["carol", "dave", "erin"]


def test_a_stream_whose_tokens_nobody_asked_for_is_recorded_without(
    server: Vendors, sink: ListSink
) -> None:
    listening(sink, user=lambda _: "alice")
    stream: Any = litellm.completion(
        "openai/gpt-4o-mini", HELLO, stream=True, **at(server, "openai")
    )
    assert list(stream)
    assert "tokens" not in sink.wait()[0]


def test_an_answer_out_of_the_cache_used_no_tokens(server: Vendors, sink: ListSink) -> None:
    logger = listening(sink, user=lambda _: "alice")
    answer = litellm.completion("openai/gpt-4o-mini", HELLO, **at(server, "openai"))
    sink.wait(1)
    # LiteLLM's own caches need its proxy installed: this is what it says of an answer out of one.
    hit = {"litellm_call_id": "again", "model": "gpt-4o-mini", "cache_hit": True}
    logger.log_success_event(hit | {"custom_llm_provider": "openai"}, answer, None, None)
    assert [row["tokens"] for row in sink.rows] == [USED, tally.Tokens(input=0, output=0)]
    assert sink.rows[1]["metadata"]["cache_hit"] is True


def test_a_recorder_that_fails_changes_nothing(server: Vendors) -> None:
    listening(BrokenSink(), user=lambda _: "alice")
    done: Any = litellm.completion("openai/gpt-4o-mini", HELLO, **at(server, "openai"))
    assert done.choices[0].message.content == "Hello you!"


def test_the_same_stream_has_the_same_tokens_wrapped_called_back_and_by_hand(
    server: Vendors,
) -> None:
    wrapped, called_back = ListSink(), ListSink()
    base = f"{server.url}/openai/v1"
    listening(called_back, user=lambda _: "alice", service="openai")
    litellm_stream: Any = litellm.completion(
        "openai/gpt-4o-mini", HELLO, **ASKING, **at(server, "openai")
    )
    assert list(litellm_stream)
    with openai.OpenAI(api_key="key", base_url=base) as client:
        create: Any = client.chat.completions.create
        usage = [chunk.usage for chunk in create(model="gpt-4o-mini", messages=HELLO, **ASKING)][-1]
        wrap(client, user_id="alice", recorder=wrapped)
        assert list(create(model="gpt-4o-mini", messages=HELLO, stream=True))

    mine, theirs = wrapped.only, called_back.wait()[0]
    for row in (mine, theirs):
        assert row.pop("response_time_ms") >= 0
    assert mine == theirs
    assert mine["tokens"] == reading.openai(usage)
