"""Wrapped clients: the same answers as ever, and their usage recorded (INT-2)."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
from tests.sinks import BrokenSink, ListSink
from tests.vendors.server import USED, Vendors
from tests.wrap.ways import CHAT_STREAMS, STREAMS, TEXT, WAYS, Way, client_of, run

import tally
from tally.wrapping import wrap

VERSIONS = {
    "openai": "gpt-4o-mini-2026-07-18",
    "anthropic": "claude-haiku-4-5-20260718",
    "google": "gemini-2.5-flash-001",
}
REFUSALS = {
    "openai": "insufficient_quota",
    "anthropic": "RateLimitError",
    "google": "RESOURCE_EXHAUSTED",
}


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_every_way_to_call_a_model_is_recorded_once_with_all_its_tokens(
    way: Way, server: Vendors, sink: ListSink
) -> None:
    client = wrap(client_of(way, server.url), user_id="alice", service="chat", recorder=sink)

    assert run(way, client) == TEXT

    used = USED if way.provider != "google" else tally.Tokens(1200, 300, 1000, None, 120)
    row = sink.only
    assert row.pop("response_time_ms") >= 0
    assert row.pop("request_id", "req-of-vendor") in ("req-of-vendor", "resp-of-gemini")
    assert row == {
        "service": "chat",
        "user_id": "alice",
        "provider": way.provider,
        "model": way.model,
        "tokens": used,
        "metadata": {"model_version": VERSIONS[way.provider]},
    }


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_refused_call_raises_what_it_always_did_and_is_recorded_as_an_error(
    way: Way, server: Vendors, sink: ListSink
) -> None:
    def refusal(client: Any) -> BaseException:
        with pytest.raises(Exception, match=r"(?i)quota|slow down") as raised:
            run(way, client, "model-that-fails")
        return raised.value

    bare = refusal(client_of(way, server.url))
    metered = refusal(wrap(client_of(way, server.url), user_id="alice", recorder=sink))

    assert (type(metered), str(metered)) == (type(bare), str(bare))
    assert sink.only["status"] == "error"
    assert sink.only["error_code"] == REFUSALS[way.provider]
    assert sink.only["model"] == "model-that-fails"
    assert "tokens" not in sink.only


@pytest.mark.parametrize("way", STREAMS, ids=str)
def test_a_stream_that_breaks_raises_what_it_always_did_and_is_recorded_as_an_error(
    way: Way, server: Vendors, sink: ListSink
) -> None:
    def broken(client: Any) -> tuple[type, str] | str:
        try:
            return run(way, client, "model-that-breaks")
        except Exception as error:  # noqa: BLE001 - whichever the SDK raises
            return type(error), str(error)

    bare = broken(client_of(way, server.url))
    metered = broken(wrap(client_of(way, server.url), user_id="alice", recorder=sink))

    assert metered == bare
    assert sink.only["status"] == "error"
    assert sink.only["error_code"]


@pytest.mark.parametrize("way", [way for way in WAYS if way.provider != "google"], ids=str)
def test_a_call_that_the_sdk_tries_again_is_one_call(
    way: Way, server: Vendors, sink: ListSink
) -> None:
    client = wrap(client_of(way, server.url), user_id="alice", recorder=sink)

    assert run(way, client, f"model-that-stumbles-{way}") == TEXT

    assert sink.only["tokens"] == USED
    assert "status" not in sink.only


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_recorder_that_fails_changes_nothing(way: Way, server: Vendors) -> None:
    client = wrap(client_of(way, server.url), user_id="alice", recorder=BrokenSink())
    assert run(way, client) == TEXT


@pytest.mark.parametrize("way", CHAT_STREAMS, ids=str)
def test_usage_is_asked_for_where_the_caller_did_not(
    way: Way, server: Vendors, sink: ListSink
) -> None:
    del server.asked[:]
    run(way, wrap(client_of(way, server.url), user_id="alice", recorder=sink))
    run(way, wrap(client_of(way, server.url), user_id="alice", recorder=sink, include_usage=False))

    asked, not_asked = (body.get("stream_options") for _, body in server.asked)
    assert (asked, not_asked) == ({"include_usage": True}, None)
    assert [row.get("tokens") for row in sink.rows] == [USED, None]


@pytest.mark.parametrize("way", WAYS[:1] + WAYS[5:6] + WAYS[-1:], ids=str)
def test_a_wrapped_client_is_let_go_when_nobody_needs_it(
    way: Way, server: Vendors, sink: ListSink
) -> None:
    client = wrap(client_of(way, server.url), user_id="alice", recorder=sink)
    run(way, client)
    watched = weakref.ref(client)
    del client
    gc.collect()
    assert watched() is None


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_wrapping_does_not_hold_a_client_until_the_garbage_is_collected(provider: str) -> None:
    way = next(way for way in WAYS if way.provider == provider)
    gc.disable()
    try:
        client = wrap(client_of(way, "http://127.0.0.1:9"), user_id="alice")
        watched = weakref.ref(client)
        del client
        assert watched() is None
    finally:
        gc.enable()


def test_what_is_no_client_of_a_model_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot read usage out of a dict"):
        wrap({})
