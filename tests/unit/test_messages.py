"""Requests as endpoints see them, whatever way the gateway passes them on."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from shared.domain.errors import (
    PayloadTooLargeError,
    TallyError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from shared.http.messages import MAX_BODY_BYTES, Identity, Request, Response
from tests.factories import http_event

PATH = "/api/usage-logs"


def request(body: object = None, **more: Any) -> Request:
    return Request.of(http_event("POST", PATH, body=body, **more), "req-1")


def test_a_request_has_its_route_path_query_and_caller() -> None:
    event = http_event("GET", "/api/usage-logs/user/a%40b.c", query={"limit": "5"})
    found = Request.of(event, "req-9")
    assert found.route_key == "GET /api/usage-logs/user/{userId}"
    assert (found.path, found.query) == ({"userId": "a@b.c"}, {"limit": "5"})
    assert (found.request_id, found.source_ip) == ("req-9", "203.0.113.7")


def test_headers_are_found_whatever_their_case() -> None:
    event = http_event("POST", PATH)
    event["headers"] = {"Idempotency-Key": "k", "X-API-KEY": "secret"}
    found = Request.of(event, "r")
    assert (found.idempotency_key, found.headers["x-api-key"]) == ("k", "secret")
    assert request().idempotency_key is None


@pytest.mark.parametrize("encoded", [False, True])
def test_a_body_is_decoded_once(encoded: bool) -> None:
    assert request({"a": "ü"}, base64_encoded=encoded).json_object() == {"a": "ü"}


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "Application/JSON; charset=utf-8", "application/cloudevents+json", ""],
)
def test_json_media_types_are_taken(media_type: str) -> None:
    assert request({}, headers={"content-type": media_type}).json_object() == {}


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "json", "a/b"]
)
def test_other_media_types_are_refused(media_type: str) -> None:
    with pytest.raises(UnsupportedMediaTypeError):
        request({}, headers={"content-type": media_type}).json_object()


@pytest.mark.parametrize("body", ["", "[]", "5", "null", '"text"', "{", "true"])
def test_what_is_no_json_object_is_refused(body: str) -> None:
    with pytest.raises(ValidationFailedError) as error:
        request(body).json_object()
    assert [found.pointer for found in error.value.errors] == [""]


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize(("extra", "error"), [(0, None), (1, PayloadTooLargeError)])
@pytest.mark.parametrize("letter", ["x", "é"])
def test_a_body_has_at_most_four_megabytes(
    letter: str, extra: int, error: type[TallyError] | None, encoded: bool
) -> None:
    """SEC-4: counted in bytes."""
    text = letter * (MAX_BODY_BYTES // len(letter.encode())) + "x" * extra
    found = request(text, base64_encoded=encoded)
    if error is None:
        assert len(found.body_bytes()) == MAX_BODY_BYTES
        return
    with pytest.raises(error):
        found.body_bytes()


@pytest.mark.parametrize("body", ["a", "====", "é"])
def test_a_body_that_is_not_the_base64_it_claims_is_refused(body: str) -> None:
    event = http_event("POST", PATH) | {"body": body, "isBase64Encoded": True}
    with pytest.raises(ValidationFailedError):
        Request.of(event, "r").json_object()


def test_a_body_of_half_a_character_is_refused() -> None:
    event = http_event("POST", PATH) | {"body": '{"a":"\ud800"}'}
    with pytest.raises(ValidationFailedError):
        Request.of(event, "r").json_object()
    broken = base64.b64encode(b'{"a":"\xff"}').decode()
    with pytest.raises(ValidationFailedError):
        Request.of(event | {"body": broken, "isBase64Encoded": True}, "r").json_object()


def test_an_actor_is_a_user_or_a_key() -> None:
    assert Identity("acme", "service", "key-1").actor == "key:key-1"
    assert Identity("acme", "admin", "alice").actor == "user:alice"


def test_a_replay_says_so() -> None:
    assert Response.replayed({}) == Response(200, {}, {"idempotent-replayed": "true"})
