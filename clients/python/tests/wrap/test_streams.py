"""Streams that are given up, and what the caller sees of a stream (INT-2)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest
from google import genai
from tests.sinks import ListSink
from tests.vendors.server import Vendors
from tests.wrap.ways import HELLO

import tally
from tally.wrapping import wrap

GPT, CLAUDE, GEMINI = "gpt-4o-mini", "claude-haiku-4-5", "gemini-2.5-flash"
VERSIONS = {
    "gpt": f"{GPT}-2026-07-18",
    "claude": f"{CLAUDE}-20260718",
    "gemini": f"{GEMINI}-001",
}
AT_THE_FIRST_WORD = {
    "claude": tally.Tokens(1200, 1, 1000, 64, None),
    "gemini": tally.Tokens(1200, 130, 1000, None, 120),
}
"""What a vendor had said when the reader left. OpenAI says everything at the end."""


def given_up(vendor: str) -> dict[str, Any]:
    """Metadata of a stream that was begun and given up."""
    return {"model_version": VERSIONS[vendor], "abandoned": True}


@contextlib.contextmanager
def openai_stream(server: Vendors, sink: ListSink, **options: Any) -> Iterator[Any]:
    base = f"{server.url}/openai/v1"
    with wrap(openai.OpenAI(api_key="k", base_url=base), user_id="a", recorder=sink) as client:
        yield client.chat.completions.create(model=GPT, messages=HELLO, stream=True, **options)


@contextlib.contextmanager
def anthropic_stream(server: Vendors, sink: ListSink) -> Iterator[Any]:
    bare = anthropic.Anthropic(api_key="k", base_url=f"{server.url}/anthropic")
    with wrap(bare, user_id="a", recorder=sink) as client:
        yield client.messages.create(model=CLAUDE, max_tokens=9, messages=HELLO, stream=True)


@contextlib.contextmanager
def gemini_stream(server: Vendors, sink: ListSink) -> Iterator[Any]:
    bare = genai.Client(api_key="k", http_options={"base_url": f"{server.url}/google"})
    with wrap(bare, user_id="a", recorder=sink) as client:
        yield client.models.generate_content_stream(model=GEMINI, contents="Hello")


STREAMS: dict[str, Any] = {
    "gpt": openai_stream,
    "claude": anthropic_stream,
    "gemini": gemini_stream,
}


@pytest.mark.parametrize("vendor", STREAMS)
def test_a_stream_that_is_dropped_in_the_middle_is_recorded(
    vendor: str, server: Vendors, sink: ListSink
) -> None:
    with STREAMS[vendor](server, sink) as stream:
        next(iter(stream))
        assert sink.rows == []
        del stream
    gc.collect()

    assert sink.only["metadata"] == given_up(vendor)
    assert sink.only.get("tokens") == AT_THE_FIRST_WORD.get(vendor)
    assert "status" not in sink.only


@pytest.mark.parametrize("vendor", STREAMS)
def test_a_stream_that_is_closed_in_the_middle_is_recorded_at_once(
    vendor: str, server: Vendors, sink: ListSink
) -> None:
    with STREAMS[vendor](server, sink) as stream:
        next(iter(stream))
        stream.close()
        assert sink.only["metadata"] == given_up(vendor)


@pytest.mark.parametrize("vendor", ["gpt", "claude"])
def test_a_stream_that_nobody_reads_is_recorded(
    vendor: str, server: Vendors, sink: ListSink
) -> None:
    with STREAMS[vendor](server, sink) as stream, stream:
        pass
    assert sink.only["metadata"] == {"abandoned": True}


@pytest.mark.parametrize("vendor", STREAMS)
def test_a_stream_is_recorded_when_its_reader_is_cancelled(
    vendor: str, server: Vendors, sink: ListSink
) -> None:
    async def events() -> AsyncIterator[Any]:
        if vendor == "gpt":
            gpt = wrap(openai.AsyncOpenAI(api_key="k", base_url=f"{server.url}/openai/v1"), **said)
            async with gpt, await gpt.responses.create(model=GPT, input="x", stream=True) as found:
                async for event in found:
                    yield event
        elif vendor == "claude":
            bare = anthropic.AsyncAnthropic(api_key="k", base_url=f"{server.url}/anthropic")
            claude = wrap(bare, **said)
            async with (
                claude.messages.stream(model=CLAUDE, max_tokens=9, messages=HELLO) as stream,
                claude,
            ):
                async for part in stream:
                    yield part
        else:
            url = f"{server.url}/google"
            gemini = wrap(genai.Client(api_key="k", http_options={"base_url": url}), **said)
            async with gemini.aio as aio:
                parts = await aio.models.generate_content_stream(model=GEMINI, contents="x")
                async with contextlib.aclosing(parts):  # type: ignore[type-var]
                    async for chunk in parts:
                        yield chunk

    async def read(started: asyncio.Event) -> None:
        async with contextlib.aclosing(events()) as stream:  # type: ignore[type-var]
            async for _ in stream:
                started.set()
                await asyncio.Event().wait()

    async def cancel() -> None:
        started = asyncio.Event()
        reader = asyncio.create_task(read(started))
        await started.wait()
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        gc.collect()

    said: Any = {"user_id": "a", "recorder": sink}
    asyncio.run(cancel())
    assert sink.only["metadata"] == given_up(vendor)


def test_a_stream_is_recorded_when_the_program_ends_in_the_middle(server: Vendors) -> None:
    program = f"""
import openai
from tally.wrapping import wrap

class Out:
    def record(self, **usage):
        print(usage["model"], usage["metadata"])
        return "id"

client = wrap(openai.OpenAI(api_key="k", base_url="{server.url}/openai/v1"), user_id="a", recorder=Out())
stream = client.responses.create(model="{GPT}", input="x", stream=True)
next(iter(stream))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root / "src",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"{GPT} {given_up('gpt')}"


def seen(server: Vendors, *, metered: bool, **options: Any) -> list[dict[str, Any]]:
    base = f"{server.url}/openai/v1"
    with openai.OpenAI(api_key="k", base_url=base) as client:
        if metered:
            wrap(client, user_id="a", recorder=ListSink())
        create: Any = client.chat.completions.create
        with create(model=GPT, messages=HELLO, stream=True, **options) as stream:
            assert isinstance(stream, openai.Stream)
            return [chunk.to_dict() for chunk in stream]


@pytest.mark.parametrize("asked", [None, False, True])
def test_the_caller_sees_the_chunks_that_they_would_see_unmetered(
    asked: bool | None, server: Vendors
) -> None:
    options: Any = {} if asked is None else {"stream_options": {"include_usage": asked}}
    bare = seen(server, metered=False, **options)

    assert seen(server, metered=True, **options) == bare
    assert bool(bare[-1].get("usage")) is bool(asked)


def test_what_else_the_caller_asks_of_the_stream_is_asked_too(server: Vendors) -> None:
    del server.asked[:]
    seen(server, metered=True, stream_options={"include_obfuscation": False})
    ((_, body),) = server.asked
    assert body["stream_options"] == {"include_obfuscation": False, "include_usage": True}


def test_a_raw_stream_is_not_asked_for_usage_and_recorded_when_it_was_read(
    server: Vendors, sink: ListSink
) -> None:
    del server.asked[:]
    base = f"{server.url}/openai/v1"
    with wrap(openai.OpenAI(api_key="k", base_url=base), user_id="a", recorder=sink) as client:
        raw = client.chat.completions.with_raw_response
        response = raw.create(model=GPT, messages=HELLO, stream=True)
        assert sink.rows == []
        assert len(list(response.parse())) == 5
    assert "stream_options" not in server.asked[0][1]
    assert "tokens" not in sink.only


def test_a_raw_stream_that_nobody_parses_is_recorded(server: Vendors, sink: ListSink) -> None:
    base = f"{server.url}/openai/v1"
    with wrap(openai.OpenAI(api_key="k", base_url=base), user_id="a", recorder=sink) as client:
        chat = client.chat.completions.with_streaming_response
        with chat.create(model=GPT, messages=HELLO, stream=True) as response:
            assert b"Hello" in response.read()
        del response, chat
    gc.collect()
    assert sink.only["metadata"] == {"abandoned": True}
