"""Spans of the conventions for generative AI, recorded by an exporter of OpenTelemetry's SDK (INT-2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.trace import Status, StatusCode, Tracer
from tests.sinks import BrokenSink, ListSink

import tally
from tally._context import context
from tally._ids import id_of
from tally.otel import UsageSpanExporter, UserProcessor

BEGAN = 1_790_000_000_000_000_000
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "gcp.gemini",
    "gen_ai.request.model": "gemini-2.5-flash",
    "gen_ai.response.model": "gemini-2.5-flash-001",
    "gen_ai.response.id": "resp-1",
    "gen_ai.usage.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 300,
    "gen_ai.usage.cache_read.input_tokens": 1000,
    "gen_ai.usage.cache_creation.input_tokens": 64,
    "gen_ai.usage.reasoning.output_tokens": 120,
    "user.id": "alice",
}


@pytest.fixture
def provider(sink: ListSink) -> Iterator[TracerProvider]:
    made = TracerProvider(resource=Resource({}))
    made.add_span_processor(UserProcessor())
    made.add_span_processor(SimpleSpanProcessor(UsageSpanExporter(recorder=sink)))
    yield made
    made.shutdown()


@pytest.fixture
def tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("tests")


def told(tracer: Tracer, attributes: dict[str, Any], status: Status | None = None) -> Any:
    """A span of a second and a half."""
    span = tracer.start_span("chat", attributes=attributes, start_time=BEGAN)
    if status is not None:
        span.set_status(status)
    span.end(BEGAN + 1_500_000_000)
    return span.get_span_context()


def test_a_call_of_a_model_is_recorded_whole(tracer: Tracer, sink: ListSink) -> None:
    span = told(tracer, CALL)
    ids = (f"{span.trace_id:032x}", f"{span.span_id:016x}")
    assert sink.only == {
        "id": id_of(BEGAN // 1_000_000 + 1500, "otel", *ids),
        "user_id": "alice",
        "service": "google",
        "provider": "google",
        "model": "gemini-2.5-flash",
        "metadata": {"model_version": "gemini-2.5-flash-001"},
        "tokens": tally.Tokens(1200, 300, 1000, 64, 120),
        "response_time_ms": 1500,
        "occurred_at": datetime(2026, 9, 21, 14, 13, 21, 500_000, tzinfo=timezone.utc),
        "request_id": "resp-1",
    }


def test_an_error_is_recorded_as_one(tracer: Tracer, sink: ListSink) -> None:
    without = {name: value for name, value in CALL.items() if ".usage." not in name}
    told(tracer, {**without, "error.type": "rate_limited"}, Status(StatusCode.ERROR))
    told(tracer, without, Status(StatusCode.ERROR, "broken"))
    assert [(row["status"], row.get("error_code")) for row in sink.rows] == [
        ("error", "rate_limited"),
        ("error", None),
    ]
    assert all("tokens" not in row for row in sink.rows)


def test_spans_around_calls_and_other_spans_are_not_recorded(
    tracer: Tracer, sink: ListSink
) -> None:
    for operation in ("invoke_agent", "execute_tool", "create_agent"):
        told(tracer, {**CALL, "gen_ai.operation.name": operation})
    told(tracer, {"http.request.method": "GET", "user.id": "alice"})
    assert sink.rows == []


def test_every_operation_that_calls_a_model_is_recorded(tracer: Tracer, sink: ListSink) -> None:
    for operation in ("chat", "generate_content", "text_completion", "embeddings"):
        told(tracer, {**CALL, "gen_ai.operation.name": operation})
    assert len(sink.rows) == 4


def test_names_from_before_are_read_where_the_present_ones_are_missing(
    tracer: Tracer, sink: ListSink
) -> None:
    told(
        tracer,
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.system": "openai",
            "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.prompt_tokens": 12,
            "gen_ai.usage.completion_tokens": 3,
            "enduser.id": "bob",
        },
    )
    row = sink.only
    assert (row["user_id"], row["provider"], row["model"]) == ("bob", "openai", "gpt-4o-mini")
    assert row["tokens"] == tally.Tokens(input=12, output=3)


def test_parts_that_were_counted_beside_their_whole_are_added_to_it(
    tracer: Tracer, sink: ListSink
) -> None:
    told(tracer, {**CALL, "gen_ai.usage.input_tokens": 136, "gen_ai.usage.output_tokens": 100})
    assert sink.only["tokens"] == tally.Tokens(1200, 220, 1000, 64, 120)


def test_the_user_of_the_context_is_written_on_the_spans_that_begin_in_it(
    tracer: Tracer, sink: ListSink
) -> None:
    nobody = {name: value for name, value in CALL.items() if name != "user.id"}
    with context(user_id="carol"):
        told(tracer, nobody)
        told(tracer, CALL)
    told(tracer, nobody)
    assert [row["user_id"] for row in sink.rows] == ["carol", "alice"]


def test_the_user_may_be_the_resource_s_or_found_otherwise(sink: ListSink) -> None:
    nobody = {name: value for name, value in CALL.items() if name != "user.id"}
    provider = TracerProvider(resource=Resource({"user.id": "bot"}))
    provider.add_span_processor(SimpleSpanProcessor(UsageSpanExporter(recorder=sink)))
    other = UsageSpanExporter(user=lambda span: span.name, service="agents", recorder=sink)
    provider.add_span_processor(SimpleSpanProcessor(other))
    told(provider.get_tracer("tests"), nobody)
    provider.shutdown()
    assert [(row["user_id"], row["service"]) for row in sink.rows] == [
        ("bot", "google"),
        ("chat", "agents"),
    ]


def test_a_span_that_is_exported_twice_has_one_id(sink: ListSink) -> None:
    provider = TracerProvider(resource=Resource({}))
    for _ in range(2):
        provider.add_span_processor(BatchSpanProcessor(UsageSpanExporter(recorder=sink)))
    told(provider.get_tracer("tests"), CALL)
    told(provider.get_tracer("tests"), CALL)
    assert provider.force_flush()
    provider.shutdown()
    assert len(sink.rows) == 4
    assert len({row["id"] for row in sink.rows}) == 2


def test_a_recorder_that_fails_changes_nothing() -> None:
    provider = TracerProvider(resource=Resource({}))
    provider.add_span_processor(SimpleSpanProcessor(UsageSpanExporter(recorder=BrokenSink())))
    told(provider.get_tracer("tests"), CALL)
    provider.shutdown()
