"""The same stream of OpenAI's on every way to Tally: `python -m tests.live URL KEY`.

Each way books on a user of its own: `{way: user}` is printed when everything was taken.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import datetime, timezone
from typing import Any

import httpx
import openai
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from tests.vendors.server import Vendors, vendors

import tally
from tally import reading
from tally.cloudevents import usage_event
from tally.otel import UsageSpanExporter

MODEL = "gpt-4o-mini"
ASK: Any = {"model": MODEL, "messages": [{"role": "user", "content": "Say hello"}], "stream": True}
ASK_FOR_USAGE: Any = ASK | {"stream_options": {"include_usage": True}}
SERVICE = "openai"


def wrapped(client: openai.OpenAI, recorder: tally.Recorder) -> None:
    wrapping = tally.wrap(client.copy(), recorder=recorder)
    with tally.context(user_id="wrapped"):
        assert list(wrapping.chat.completions.create(**ASK))


class Told:
    """A recorder that says when it was called, from whichever thread."""

    def __init__(self, recorder: tally.Recorder) -> None:
        self.recorder = recorder
        self.called = threading.Event()

    def record(self, **usage: Any) -> str:
        made = self.recorder.record(**usage)
        self.called.set()
        return made


def called_back(server: Vendors, recorder: tally.Recorder) -> None:
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm  # noqa: PLC0415 - it reads the environment when it is imported

    from tally.litellm import UsageLogger  # noqa: PLC0415 - it imports litellm

    told = Told(recorder)
    litellm.callbacks = [UsageLogger(recorder=told)]
    there = {"api_base": f"{server.url}/openai/v1", "api_key": "key"}
    question = ASK_FOR_USAGE | {"model": f"openai/{MODEL}", "user": "called-back"}
    assert list(litellm.completion(**question, **there))
    assert told.called.wait(60)


def traced(usage: Any, recorder: tally.Recorder) -> None:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(UsageSpanExporter(recorder=recorder)))
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": MODEL,
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.prompt_tokens_details.cached_tokens,
        "gen_ai.usage.cache_creation.input_tokens": usage.prompt_tokens_details.cache_write_tokens,
        "gen_ai.usage.reasoning.output_tokens": usage.completion_tokens_details.reasoning_tokens,
        "user.id": "traced",
    }
    provider.get_tracer("tests").start_span("chat", attributes=attributes).end()
    provider.shutdown()


def official(user: str, data: dict[str, Any]) -> CloudEvent:
    """An event made by the official SDK."""
    attributes = {
        "specversion": "1.0",
        "type": "tally.usage.v1",
        "source": "shop",
        "id": f"of-{user}",
        "subject": user,
        "time": datetime.now(timezone.utc),
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes, data)


def events(tokens: tally.Tokens, client: tally.Tally, url: str, key: str) -> None:
    reported: Any = {"service": SERVICE, "model": MODEL, "tokens": tokens}
    data: dict[str, Any] = usage_event("x", user_id="x", **reported)["data"]
    authorized = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=authorized, timeout=60) as http:
        for mode, make in (("structured", to_structured_event), ("binary", to_binary_event)):
            message = make(official(f"event-{mode}", data))
            for expected in (202, 200):
                answer = http.post("/api/events", content=message.body, headers=message.headers)
                assert answer.status_code == expected, answer.text
        batch = [official(f"event-batched-{number}", data) for number in (1, 2)]
        body = b"[" + b",".join(JSONFormat().write(event) for event in batch) + b"]"
        answer = http.post(
            "/api/events",
            content=body,
            headers={"content-type": "application/cloudevents-batch+json"},
        )
        assert [row["status"] for row in answer.json()["results"]] == ["created", "created"]
    client.record_event(usage_event("shop", user_id="event-own", **reported))
    own = [usage_event("shop", user_id=f"event-own-batched-{n}", **reported) for n in (1, 2)]
    assert client.record_events(own).summary.created == 2


def main(url: str, key: str) -> None:
    with vendors() as server, tally.Tally(key, url, timeout=60) as client:
        recorder = tally.Recorder(client, max_wait=0.05)
        base = f"{server.url}/openai/v1"
        with openai.OpenAI(api_key="key", base_url=base) as vendor:
            wrapped(vendor, recorder)
            usage = [chunk.usage for chunk in vendor.chat.completions.create(**ASK_FOR_USAGE)][-1]
        called_back(server, recorder)
        tokens = reading.openai(usage)
        assert tokens is not None
        client.record_usage(user_id="by-hand", service=SERVICE, model=MODEL, tokens=tokens)
        traced(usage, recorder)
        events(tokens, client, url, key)
        assert recorder.flush(120), recorder.stats
        recorder.close()
    ways = ["wrapped", "called-back", "by-hand", "traced", "event-structured", "event-binary"]
    ways += ["event-batched-1", "event-batched-2", "event-own"]
    ways += ["event-own-batched-1", "event-own-batched-2"]
    print(json.dumps(ways))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
