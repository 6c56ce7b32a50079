"""On whom and on what a wrapped client's calls are booked."""

from __future__ import annotations

from typing import Any

import anthropic
import openai
import pytest
from google import genai
from tests.sinks import ListSink
from tests.vendors.server import Vendors
from tests.wrap.ways import HELLO

import tally
from tally._context import context
from tally.wrapping import wrap

GPT, CLAUDE = "gpt-4o-mini", "claude-haiku-4-5"


@pytest.fixture
def gpt(server: Vendors) -> Any:
    with openai.OpenAI(api_key="k", base_url=f"{server.url}/openai/v1") as client:
        yield client


@pytest.fixture
def claude(server: Vendors) -> Any:
    with anthropic.Anthropic(api_key="k", base_url=f"{server.url}/anthropic") as client:
        yield client


def test_the_context_says_for_whom_and_for_what(gpt: Any, sink: ListSink) -> None:
    client = wrap(gpt, recorder=sink)
    with context(user_id="alice", service="chat", metadata={"team": "blue"}):
        client.responses.create(model=GPT, input="x")
    assert {name: sink.only[name] for name in ("user_id", "service", "provider", "metadata")} == {
        "user_id": "alice",
        "service": "chat",
        "provider": "openai",
        "metadata": {"team": "blue", "model_version": f"{GPT}-2026-07-18"},
    }


def test_what_the_wrapping_says_counts_before_the_context(gpt: Any, sink: ListSink) -> None:
    client = wrap(gpt, recorder=sink, service="summaries", user_id="bot", provider="openrouter")
    with context(user_id="alice", service="chat"):
        client.responses.create(model=GPT, input="x")
    row = sink.only
    assert (row["user_id"], row["service"], row["provider"]) == ("bot", "summaries", "openrouter")


def test_the_context_counts_in_which_a_stream_began(gpt: Any, sink: ListSink) -> None:
    client = wrap(gpt, recorder=sink)
    with context(user_id="alice"):
        stream = client.responses.create(model=GPT, input="x", stream=True)
    with context(user_id="bob"):
        list(stream)
    assert sink.only["user_id"] == "alice"


def test_the_user_named_in_the_request_counts_last(gpt: Any, claude: Any, sink: ListSink) -> None:
    wrap(gpt, recorder=sink)
    wrap(claude, recorder=sink)
    gpt.chat.completions.create(model=GPT, messages=HELLO, user="carol")
    gpt.responses.create(model=GPT, input="x", safety_identifier="dave")
    claude.messages.create(model=CLAUDE, max_tokens=9, messages=HELLO, metadata={"user_id": "erin"})
    with context(user_id="alice"):
        gpt.chat.completions.create(model=GPT, messages=HELLO, user="carol")
    assert [row["user_id"] for row in sink.rows] == ["carol", "dave", "erin", "alice"]


def test_calls_without_any_user_are_answered_and_not_recorded(gpt: Any, sink: ListSink) -> None:
    assert wrap(gpt, recorder=sink).responses.create(model=GPT, input="x").output_text
    assert sink.rows == []


def test_wrapping_again_replaces_what_was_said_and_records_once(gpt: Any, sink: ListSink) -> None:
    other = ListSink()
    wrap(wrap(gpt, user_id="alice", recorder=other), user_id="bob", recorder=sink)
    gpt.responses.create(model=GPT, input="x")
    assert (sink.only["user_id"], other.rows) == ("bob", [])


def test_copies_of_a_wrapped_client_are_wrapped(gpt: Any, claude: Any, sink: ListSink) -> None:
    wrap(gpt, user_id="alice", recorder=sink).with_options(timeout=9).responses.create(
        model=GPT, input="x"
    )
    wrap(claude, user_id="alice", recorder=sink).copy(timeout=9).messages.create(
        model=CLAUDE, max_tokens=9, messages=HELLO
    )
    assert [row["provider"] for row in sink.rows] == ["openai", "anthropic"]


def test_a_wrapped_client_is_still_the_same_object(gpt: Any) -> None:
    assert wrap(gpt) is gpt


def test_embeddings_are_input_alone(gpt: Any, sink: ListSink) -> None:
    wrap(gpt, user_id="alice", recorder=sink).embeddings.create(
        model="text-embedding-3-small", input="words"
    )
    assert sink.only["tokens"] == tally.Tokens(input=7, output=0)


def test_counting_tokens_is_no_call_of_a_model(
    claude: Any, server: Vendors, sink: ListSink
) -> None:
    wrap(claude, user_id="alice", recorder=sink)
    assert claude.messages.count_tokens(model=CLAUDE, messages=HELLO).input_tokens == 1200
    url = f"{server.url}/google"
    with genai.Client(api_key="k", http_options={"base_url": url}) as gemini:
        wrap(gemini, user_id="alice", recorder=sink)
        gemini.models.count_tokens(model="gemini-2.5-flash", contents="x")
    assert sink.rows == []


def test_every_round_of_automatic_function_calling_is_a_call(
    server: Vendors, sink: ListSink
) -> None:
    def look_up(word: str) -> str:
        """What a word means."""
        return f"{word} is you"

    url = f"{server.url}/google"
    with genai.Client(api_key="k", http_options={"base_url": url}) as gemini:
        chat = wrap(gemini, user_id="alice", recorder=sink).chats.create(
            model="gemini-that-calls", config={"tools": [look_up]}
        )
        assert chat.send_message("Who am I?").text == "Hello you!"
    assert len(sink.rows) == 2


def test_clients_of_clouds_say_who_serves_the_model_and_which_it_was(
    server: Vendors, sink: ListSink
) -> None:
    with openai.AzureOpenAI(
        api_key="k", api_version="2026-01-01", azure_endpoint=f"{server.url}/openai/v1"
    ) as azure:
        wrap(azure, user_id="alice", recorder=sink)
        azure.with_options(base_url=f"{server.url}/openai/v1").responses.create(
            model=GPT, input="x"
        )
    assert sink.only["provider"] == "azure"
    assert sink.only["model"] == f"{GPT}-2026-07-18"
