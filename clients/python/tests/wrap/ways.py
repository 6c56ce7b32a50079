"""The ways to call a model with the vendors' SDKs: each takes a client and a model, returns the text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from anthropic import Anthropic, AsyncAnthropic
from google import genai
from openai import AsyncOpenAI, OpenAI
from pydantic import BaseModel

HELLO: Any = [{"role": "user", "content": "Say hello"}]
TEXT = "Hello you!"


@dataclass(frozen=True)
class Way:
    """A way to call a model. `provider` is what its usage is recorded under."""

    name: str
    provider: str
    model: str
    call: Callable[[Any, str], Any]

    def __str__(self) -> str:
        return self.name


def client_of(way: Way, url: str) -> Any:
    """The SDK's client, talking to the stand-in; one try again, no more."""
    if way.provider == "google":
        return genai.Client(api_key="key", http_options={"base_url": f"{url}/google"})
    asynchronous = way.name.startswith("async")
    options: Any = {"api_key": "key", "max_retries": 1}
    if way.provider == "anthropic":
        kind = AsyncAnthropic if asynchronous else Anthropic
        return kind(base_url=f"{url}/anthropic", **options)
    return (AsyncOpenAI if asynchronous else OpenAI)(base_url=f"{url}/openai/v1", **options)


class Greeting(BaseModel):
    """What structured answers are parsed into."""


def chat(client: OpenAI, model: str) -> str:
    done = client.chat.completions.create(model=model, messages=HELLO)
    return done.choices[0].message.content or ""


def chat_stream(client: OpenAI, model: str) -> str:
    with client.chat.completions.create(model=model, messages=HELLO, stream=True) as stream:
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def chat_stream_helper(client: OpenAI, model: str) -> str:
    with client.chat.completions.stream(model=model, messages=HELLO) as stream:
        return stream.get_final_completion().choices[0].message.content or ""


def chat_parse(client: OpenAI, model: str) -> str:
    done = client.chat.completions.parse(model=model, messages=HELLO)
    return done.choices[0].message.content or ""


def chat_raw(client: OpenAI, model: str) -> str:
    raw = client.chat.completions.with_raw_response.create(model=model, messages=HELLO)
    return raw.parse().choices[0].message.content or ""


def chat_streamed_response(client: OpenAI, model: str) -> str:
    completions = client.chat.completions.with_streaming_response
    with completions.create(model=model, messages=HELLO) as response:
        return response.parse().choices[0].message.content or ""


def responses(client: OpenAI, model: str) -> str:
    return client.responses.create(model=model, input="Say hello").output_text


def responses_stream(client: OpenAI, model: str) -> str:
    events = client.responses.create(model=model, input="Say hello", stream=True)
    return "".join(each.delta for each in events if each.type == "response.output_text.delta")


def responses_stream_helper(client: OpenAI, model: str) -> str:
    with client.responses.stream(model=model, input="Say hello") as stream:
        return stream.get_final_response().output_text


async def async_chat(client: AsyncOpenAI, model: str) -> str:
    done = await client.chat.completions.create(model=model, messages=HELLO)
    return done.choices[0].message.content or ""


async def async_chat_stream(client: AsyncOpenAI, model: str) -> str:
    stream = await client.chat.completions.create(model=model, messages=HELLO, stream=True)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def async_chat_raw(client: AsyncOpenAI, model: str) -> str:
    raw = await client.chat.completions.with_raw_response.create(model=model, messages=HELLO)
    return raw.parse().choices[0].message.content or ""


async def async_chat_streamed_response(client: AsyncOpenAI, model: str) -> str:
    completions = client.chat.completions.with_streaming_response
    async with completions.create(model=model, messages=HELLO) as response:
        return (await response.parse()).choices[0].message.content or ""


async def async_responses(client: AsyncOpenAI, model: str) -> str:
    return (await client.responses.create(model=model, input="Say hello")).output_text


async def async_responses_stream(client: AsyncOpenAI, model: str) -> str:
    async with client.responses.stream(model=model, input="Say hello") as stream:
        return (await stream.get_final_response()).output_text


def _text(content: Any) -> str:
    return "".join(block.text for block in content)


def messages(client: Anthropic, model: str) -> str:
    return _text(client.messages.create(model=model, max_tokens=9, messages=HELLO).content)


def messages_stream(client: Anthropic, model: str) -> str:
    events = client.messages.create(model=model, max_tokens=9, messages=HELLO, stream=True)
    deltas = (each.delta for each in events if each.type == "content_block_delta")
    return "".join(delta.text for delta in deltas if delta.type == "text_delta")


def messages_stream_helper(client: Anthropic, model: str) -> str:
    with client.messages.stream(model=model, max_tokens=9, messages=HELLO) as stream:
        return "".join(stream.text_stream)


def beta_messages(client: Anthropic, model: str) -> str:
    return _text(client.beta.messages.create(model=model, max_tokens=9, messages=HELLO).content)


async def async_messages(client: AsyncAnthropic, model: str) -> str:
    done = await client.messages.create(model=model, max_tokens=9, messages=HELLO)
    return _text(done.content)


async def async_messages_stream(client: AsyncAnthropic, model: str) -> str:
    async with client.messages.stream(model=model, max_tokens=9, messages=HELLO) as stream:
        return await stream.get_final_text()


def gemini(client: genai.Client, model: str) -> str:
    return client.models.generate_content(model=model, contents="Say hello").text or ""


def gemini_stream(client: genai.Client, model: str) -> str:
    parts = client.models.generate_content_stream(model=model, contents="Say hello")
    return "".join(part.text or "" for part in parts)


def gemini_chat(client: genai.Client, model: str) -> str:
    return client.chats.create(model=model).send_message("Say hello").text or ""


async def async_gemini(client: genai.Client, model: str) -> str:
    return (await client.aio.models.generate_content(model=model, contents="Hello")).text or ""


async def async_gemini_stream(client: genai.Client, model: str) -> str:
    parts = await client.aio.models.generate_content_stream(model=model, contents="Hello")
    return "".join([part.text or "" async for part in parts])


def _ways(provider: str, model: str, *calls: Callable[[Any, str], Any]) -> list[Way]:
    return [Way(call.__name__, provider, model, call) for call in calls]


CHAT_STREAMS = _ways("openai", "gpt-4o-mini", chat_stream, chat_stream_helper, async_chat_stream)
STREAMS = [
    *CHAT_STREAMS,
    *_ways("openai", "gpt-4o-mini", responses_stream, async_responses_stream),
    *_ways("anthropic", "claude-haiku-4-5", messages_stream, messages_stream_helper),
    *_ways("anthropic", "claude-haiku-4-5", async_messages_stream),
    *_ways("google", "gemini-2.5-flash", gemini_stream, async_gemini_stream),
]
WAYS = [
    *STREAMS,
    *_ways("openai", "gpt-4o-mini", chat, chat_parse, chat_raw, chat_streamed_response),
    *_ways("openai", "gpt-4o-mini", responses, responses_stream_helper),
    *_ways("openai", "gpt-4o-mini", async_chat, async_chat_raw, async_chat_streamed_response),
    *_ways("openai", "gpt-4o-mini", async_responses),
    *_ways("anthropic", "claude-haiku-4-5", messages, beta_messages, async_messages),
    *_ways("google", "gemini-2.5-flash", gemini, gemini_chat, async_gemini),
]


def run(way: Way, client: Any, model: str | None = None) -> str:
    """Call a model; returns the text."""

    async def wait() -> str:
        try:
            return str(await way.call(client, model or way.model))
        finally:
            if way.provider == "google":
                await client.aio.aclose()
            else:
                await client.close()

    if way.name.startswith("async"):
        return asyncio.run(wait())
    with client:
        return str(way.call(client, model or way.model))
