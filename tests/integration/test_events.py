"""POST /api/events through the handler, on moto: CloudEvents in all modes (INT-2, REC-3, REC-4, REC-7)."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from functions.record_usage.handler import handler as record
from functions.transactions.handler import handler as transactions
from shared.store.dynamo import DynamoTable
from tests.client import Answer, Client
from tests.integration.backend import Backend

ONE = "application/cloudevents+json"
MANY = "application/cloudevents-batch+json"
EVENT = {
    "specversion": "1.0",
    "type": "tally.usage.v1",
    "source": "gateway",
    "id": "e-1",
    "subject": "alice",
    "data": {"service": "chat", "credits": 3},
}
PLAIN = {name: value for name, value in EVENT.items() if name != "data"}


@pytest.fixture
def shop(moto_table: DynamoTable) -> Backend:
    backend = Backend(moto_table)
    body = {"userId": "alice", "amount": 100, "reason": "purchase"}
    assert backend.call(transactions, "POST", "/api/admin/transactions", body).status == 201
    return backend


def send(backend: Backend, body: object, media_type: str | None = ONE, **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if media_type is not None:
        sent["content-type"] = media_type
    return Client(record, backend.key).send("POST", "/api/events", body, headers=sent)


def binary(backend: Backend, data: object, **attributes: str) -> Answer:
    told = {name: str(value) for name, value in PLAIN.items()} | attributes
    headers = {f"ce_{name}": quote(value) for name, value in told.items() if value}
    return send(backend, data, "application/json", **headers)


def balance(backend: Backend) -> int:
    account = backend.call(transactions, "GET", "/api/admin/accounts/alice").body["account"]
    amount: int = account["balance"]
    return amount


def test_an_event_is_recorded_and_its_repeat_changes_nothing(shop: Backend) -> None:
    """202 `{usageLog}`, a replay 200; its source and id identify it, in whatever mode it comes."""
    first = send(shop, EVENT)
    again = send(shop, EVENT)
    other_mode = binary(shop, EVENT["data"])

    assert (first.status, first.replayed, first.body.keys()) == (202, False, {"usageLog"})
    log = first.body["usageLog"]
    assert (log["id"], log["userId"], log["credits"]) == ("gateway:e-1", "alice", 3)
    for repeat in (again, other_mode):
        assert (repeat.status, repeat.replayed, repeat.body) == (200, True, first.body)
    assert balance(shop) == 97


def test_time_is_when_it_occurred_and_subject_the_user(shop: Backend) -> None:
    now = send(shop, EVENT).body["usageLog"]["createdAt"]
    answer = send(shop, EVENT | {"id": "e-2", "time": now.replace("Z", "+00:00")})

    assert answer.body["usageLog"]["occurredAt"] == now


def test_the_data_may_repeat_what_the_event_says(shop: Backend) -> None:
    time = "2026-11-01T09:30:00.5Z"
    now = send(shop, EVENT).body["usageLog"]["createdAt"]
    for number, own_id in enumerate(("e", "gateway:e")):
        data = {"id": own_id, "userId": "alice", "occurredAt": now, "service": "chat", "credits": 1}
        answer = send(shop, EVENT | {"id": "e", "time": now, "data": data})
        assert answer.status == (202, 200)[number], answer.body
        assert answer.body["usageLog"]["id"] == "gateway:e"
    without = {name: value for name, value in EVENT.items() if name != "subject"}
    data = {"userId": "alice", "service": "chat", "occurredAt": now, "credits": 1}
    assert send(shop, without | {"id": "f", "data": data}).status == 202
    refused = send(
        shop, EVENT | {"id": "g", "time": time, "data": data | {"id": "h", "userId": "bob"}}
    )
    assert refused.status == 422
    assert refused.pointers == ["/data/id", "/data/userId", "/data/occurredAt"]


@pytest.mark.parametrize(
    ("source", "event_id"),
    [
        ("/gateways/eu 1", "81f2"),
        ("https://example.com/a?b=c#d", "é"),
        ("gateway", "x" * 121),
    ],
)
def test_an_id_that_cannot_be_a_logs_is_hashed(shop: Backend, source: str, event_id: str) -> None:
    """`ce-` + 40 hex, the same in every mode; 128 characters still fit."""
    assert send(shop, EVENT | {"id": "x" * 120}).body["usageLog"]["id"] == f"gateway:{'x' * 120}"
    digest = sha256(f"{source}:{event_id}".encode()).hexdigest()[:40]

    answer = send(shop, EVENT | {"source": source, "id": event_id})

    assert (answer.status, answer.body["usageLog"]["id"]) == (202, f"ce-{digest}")
    repeat = binary(shop, EVENT["data"], source=source, id=event_id)
    assert (repeat.status, repeat.replayed) == (200, True)


def test_the_same_event_with_other_data_is_a_conflict_in_the_events_words(shop: Backend) -> None:
    send(shop, EVENT)
    changed = EVENT | {"subject": "bob", "data": {"service": "chat", "credits": 4}}

    structured, plain = send(shop, changed), binary(shop, changed["data"], subject="bob")

    assert (structured.status, structured.body["code"]) == (409, "idempotency_conflict")
    assert structured.pointers == ["/data/credits", "/subject"]
    assert plain.pointers == ["/credits", "ce-subject"]
    assert balance(shop) == 97


def test_a_batch_gives_each_event_its_outcome(shop: Backend) -> None:
    """200 with `results` as in the usage batch."""
    send(shop, EVENT)
    rows: list[Any] = [
        EVENT,
        EVENT | {"id": "e-2"},
        EVENT | {"id": "e-2"},
        EVENT | {"data": {"service": "chat", "credits": 9}},
        EVENT | {"id": "e-3", "data": {"service": "chat", "credits": 95}},
        EVENT | {"id": "e-4", "type": "other.v1"},
        EVENT | {"id": "e-5", "data": {"credits": -1}},
        "event",
    ]

    answer = send(shop, rows, MANY)

    assert (answer.status, answer.replayed) == (200, False)
    results = answer.body["results"]
    assert [result["index"] for result in results] == list(range(8))
    assert [result["status"] for result in results] == [
        "replayed",
        "created",
        "replayed",
        "conflict",
        "rejected",
        "rejected",
        "rejected",
        "rejected",
    ]
    told = [
        (r["error"]["code"], [e["pointer"] for e in r["error"].get("errors", [])])
        for r in results[3:]
    ]
    assert told == [
        ("idempotency_conflict", ["/data/credits"]),
        ("insufficient_credits", []),
        ("validation_failed", ["/type"]),
        ("validation_failed", ["/data/service", "/data/credits"]),
        ("validation_failed", [""]),
    ]
    assert answer.body["summary"] == {"created": 1, "replayed": 2, "conflict": 1, "rejected": 4}
    assert send(shop, rows[:3], MANY).replayed, "every one was there before"
    assert balance(shop) == 94


@pytest.mark.parametrize("rows", [[], {}, {"events": []}, None, [EVENT] * 501])
def test_a_batch_has_one_to_five_hundred_events(shop: Backend, rows: object) -> None:
    answer = send(shop, json.dumps(rows), MANY)

    assert (answer.status, answer.pointers) == (422, [""])


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"specversion": None}, ["/specversion"]),
        ({"specversion": "0.3"}, ["/specversion"]),
        ({"specversion": 1}, ["/specversion"]),
        ({"type": None}, ["/type"]),
        ({"type": "tally.usage.v2"}, ["/type"]),
        ({"source": ""}, ["/source"]),
        ({"source": None, "id": None}, ["/id", "/source"]),
        ({"id": 7}, ["/id"]),
        ({"id": "x" * 1025}, ["/id"]),
        ({"subject": ""}, ["/subject"]),
        ({"subject": "al ice"}, ["/subject"]),
        ({"subject": None}, ["/data/userId"]),
        ({"time": "yesterday"}, ["/time"]),
        ({"time": "2026-11-20T09:30:00"}, ["/time"]),
        ({"time": 5}, ["/time"]),
        ({"datacontenttype": "text/xml"}, ["/datacontenttype"]),
        ({"data": None}, ["/data"]),
        ({"data": [EVENT["data"]]}, ["/data"]),
        ({"data": "e30="}, ["/data"]),
        ({"data_base64": "e30="}, ["/data_base64"]),
        ({"TraceParent": "x"}, ["/TraceParent"]),
        ({"a/b~c": "x"}, ["/a~1b~0c"]),
        ({"trace": {"id": 1}}, ["/trace"]),
        ({"data": {"service": "chat", "surprise": 1}}, ["/data/surprise"]),
        ({"data": {"service": "chat", "tokens": {"input": 1}}}, ["/data/tokens/output"]),
        ({"data": {"service": "chat", "id": ["e-1"]}}, ["/data/id"]),
        ({"data": {"service": "chat", "userId": 7}}, ["/data/userId"]),
        (
            {"time": "2026-11-20T09:30:00Z", "data": {"service": "c", "occurredAt": "x"}},
            ["/data/occurredAt"],
        ),
        ({"time": "2001-01-01T00:00:00Z"}, ["/time"]),
        ({"time": "2101-01-01T00:00:00Z"}, ["/time"]),
        ({"data": {"service": "c", "occurredAt": "2001-01-01T00:00:00Z"}}, ["/data/occurredAt"]),
    ],
)
def test_an_event_that_cannot_be_is_refused_by_name(
    shop: Backend, change: dict[str, object], pointers: list[str]
) -> None:
    answer = send(shop, EVENT | change)

    assert (answer.status, answer.pointers) == (422, pointers)
    assert answer.body["detail"].startswith((pointers[0], "the body"))
    assert (
        send(shop, [EVENT | change], MANY).body["results"][0]["error"]["errors"]
        == (answer.body["errors"])
    )
    assert balance(shop) == 100


def test_extensions_are_passed_over_and_are_no_part_of_the_comparison(shop: Backend) -> None:
    extended = EVENT | {
        "traceparent": "00-ab-cd-01",
        "sequence": 5,
        "sampled": True,
        "partition": None,
    }
    described = {
        "datacontenttype": "application/json; charset=utf-8",
        "dataschema": "https://x.io/s",
    }

    assert send(shop, extended | described).status == 202
    assert send(shop, EVENT, f"{ONE}; charset=utf-8").status == 200


def test_binary_mode_takes_attributes_from_headers_and_the_data_as_the_body(
    shop: Backend,
) -> None:
    """Header values are percent-encoded (HTTP binding)."""
    data = {"service": "chat", "credits": 0}
    answer = binary(shop, data, subject="al@ice", source="a b/ü", traceparent="00-ab")

    log = answer.body["usageLog"]
    digest = sha256("a b/ü:e-1".encode()).hexdigest()[:40]
    assert (answer.status, log["id"], log["userId"]) == (202, f"ce-{digest}", "al@ice")


@pytest.mark.parametrize(
    ("attributes", "data", "pointers"),
    [
        ({"id": ""}, {"service": "chat"}, ["ce-id"]),
        ({"type": "x"}, {"service": "chat"}, ["ce-type"]),
        ({"specversion": ""}, {"service": "chat"}, ["ce-specversion"]),
        ({"time": "now"}, {"service": "chat"}, ["ce-time"]),
        ({"time": "2001-01-01T00:00:00Z"}, {"service": "chat"}, ["ce-time"]),
        ({"subject": ""}, {"service": "chat"}, ["/userId"]),
        ({}, {"credits": 1}, ["/service"]),
        ({}, {"service": "chat", "id": "other"}, ["/id"]),
        ({}, [], [""]),
        ({}, "{", [""]),
    ],
)
def test_binary_mode_refuses_by_the_name_of_the_header_or_member(
    shop: Backend, attributes: dict[str, str], data: object, pointers: list[str]
) -> None:
    answer = binary(shop, data, **attributes)

    assert (answer.status, answer.pointers) == (422, pointers)


@pytest.mark.parametrize(
    ("media_type", "headers"),
    [
        ("application/json", {}),
        ("text/plain", {"ce_id": "e-1"}),
        ("application/avro", {"ce_id": "e-1"}),
        ("application/cloudevents", {}),
        ("application/cloudevents+avro", {}),
    ],
)
def test_what_is_no_event_is_415(shop: Backend, media_type: str, headers: dict[str, str]) -> None:
    answer = send(shop, EVENT, media_type, **headers)

    assert (answer.status, answer.body["code"]) == (415, "unsupported_media_type")


def test_a_key_is_the_events_id_or_refused(shop: Backend) -> None:
    """`Idempotency-Key` and what identifies the event are the same thing."""
    assert send(shop, EVENT, idempotency_key="other").pointers == ["Idempotency-Key"]
    assert send(shop, EVENT, idempotency_key="").pointers == ["Idempotency-Key"]
    assert send(shop, EVENT, idempotency_key="gateway:e-1").status == 202
    assert send(shop, EVENT, idempotency_key="gateway:e-1").status == 200
    assert send(shop, [EVENT], MANY, idempotency_key="any").replayed
    assert send(shop, [EVENT], MANY, idempotency_key="a b").status == 422


def test_credits_registration_and_limits_hold_for_events(moto_table: DynamoTable) -> None:
    """REC-7: the same rules as for every usage log, told as problems."""
    shop = Backend(moto_table, registered_only=True)
    unknown = send(shop, EVENT)
    assert (unknown.status, unknown.body["code"]) == (422, "customer_not_registered")
    assert unknown.pointers == ["/subject"]
    poor = Backend(moto_table, workspace_id="globex")
    answer = send(poor, EVENT)
    assert (answer.status, answer.body["balance"], answer.body["required"]) == (402, 0, 3)


def test_only_services_that_may_write_send_events(shop: Backend) -> None:
    body, headers = json.dumps(EVENT), {"content-type": ONE}
    reader = shop.new_key(("usage:read",))
    assert Client(record).send("POST", "/api/events", body, headers=headers).status == 401
    refused = Client(record, reader).send("POST", "/api/events", body, headers=headers)
    assert refused.status == 403
    assert send(shop, EVENT).status == 202
    assert (
        Client(record, shop.key)
        .send("POST", "/api/events", body, query={"dry": "1"}, headers=headers)
        .status
        == 422
    )
