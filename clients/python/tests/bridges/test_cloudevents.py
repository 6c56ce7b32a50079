"""Usage as CloudEvents, read back by the official SDK (INT-2)."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

import tally
from tally._measure import measure
from tally.cloudevents import EventSink, batched, binary, structured, usage_event

AT = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)
USAGE: Any = {
    "id": "call-1",
    "user_id": "alice",
    "service": "chat",
    "tokens": tally.Tokens(input=3, output=4, reasoning=1),
    "cost": "0.0050",
    "occurred_at": AT,
    "metadata": {"größe": "klein"},
}


@pytest.mark.parametrize("mode", [structured, binary])
def test_the_official_sdk_reads_what_is_sent(mode: Any) -> None:
    headers, body = mode(usage_event("shop/chat ü", **USAGE))
    event = from_http_event(HTTPMessage(headers, body))

    assert (event.get_specversion(), event.get_type()) == ("1.0", "tally.usage.v1")
    assert (event.get_source(), event.get_id(), event.get_subject()) == (
        "shop/chat ü",
        "call-1",
        "alice",
    )
    assert event.get_time() == AT
    assert event.get_data() == {
        "service": "chat",
        "tokens": {"input": 3, "output": 4, "reasoning": 1},
        "cost": 0.005,
        "metadata": {"größe": "klein"},
    }


def test_money_keeps_its_digits() -> None:
    event = usage_event("shop", **{**USAGE, "cost": Decimal("0.000000000001")})
    assert b'"cost":0.000000000001' in structured(event)[1]


def test_a_batch_is_a_list_of_events_that_the_official_sdk_reads() -> None:
    headers, body = batched([usage_event("shop", **{**USAGE, "id": f"call-{n}"}) for n in (1, 2)])
    assert headers["content-type"] == "application/cloudevents-batch+json"
    read = [JSONFormat().read(None, json.dumps(each).encode()) for each in json.loads(body)]
    assert [event.get_id() for event in read] == ["call-1", "call-2"]


def test_an_event_of_its_own_has_a_new_id_and_the_time_of_now() -> None:
    one, other = (usage_event("shop", user_id="alice", service="chat") for _ in range(2))
    assert one["id"] != other["id"]
    CloudEvent({name: value for name, value in one.items() if name not in ("data", "time")})


def test_what_is_no_usage_is_refused() -> None:
    with pytest.raises(tally.InvalidUsageError):
        usage_event("shop", user_id="alice", service="chat", tokns=3)  # type: ignore[call-arg]


def test_everything_that_records_can_send_events_instead() -> None:
    sent: list[dict[str, Any]] = []
    with measure("search", user_id="alice", recorder=EventSink("shop", sent.append)) as use:
        pass
    (event,) = sent
    assert (event["source"], event["subject"], event["id"]) == ("shop", "alice", use.id)
    assert event["data"]["service"] == "search"
