"""Answers that are none, services that are away, and when a client comes back."""

from __future__ import annotations

import os

import httpx
import pytest
from tests.conftest import Pauses
from tests.service import Reply, Service, problem, refusal

from tally import (
    ApiError,
    ConfigurationError,
    ConnectionFailedError,
    RateLimitedError,
    ServiceError,
    Tally,
    TimedOutError,
    UnexpectedAnswerError,
)


def test_a_service_that_says_when_is_believed(
    service: Service, client: Tally, pauses: Pauses
) -> None:
    limited = Reply(429, problem(429, "rate_limited"), {"retry-after": "7"})
    service.script.append(limited)
    client.record_usage(user_id="alice", service="chat")
    assert 7 <= pauses.waited[0] < 8


def test_who_is_told_to_wait_for_long_decides_alone(
    service: Service, client: Tally, pauses: Pauses
) -> None:
    service.script.append(Reply(429, problem(429, "rate_limited"), {"retry-after": "600"}))
    with pytest.raises(RateLimitedError) as caught:
        client.health()
    assert caught.value.retry_after == 600
    assert pauses.waited == []


def test_a_date_to_come_back_at_is_understood(
    service: Service, client: Tally, pauses: Pauses
) -> None:
    past = {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}
    service.script.append(Reply(503, problem(503, "conflict_retry"), past))
    service.on("GET", "/api/health", {"status": "ok", "version": "1"})
    assert client.health().version == "1"
    assert pauses.waited == [0.0]


def test_retries_end(service: Service, client: Tally, pauses: Pauses) -> None:
    service.script.extend([refusal(503, "unavailable")] * 4)
    with pytest.raises(ServiceError):
        client.health()
    assert len(service.seen) == 4
    assert pauses.waited == [0.5, 1.0, 2.0]


def test_a_service_that_is_away_is_no_answer(service: Service, client: Tally) -> None:
    service.down()
    with pytest.raises(ConnectionFailedError):
        client.health()


def test_a_service_that_keeps_silent_is_out_of_time() -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    client = Tally("key", "http://service", transport=Silent(), max_retries=0)
    with pytest.raises(TimedOutError):
        client.health()


class Silent(httpx.BaseTransport):
    """A line on which nothing comes back."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>"),
        Reply(200, []),
        Reply(200, {"status": 7, "version": "1"}),
        Reply(302, None, {"location": "/elsewhere"}),
    ],
)
def test_an_answer_of_somebody_else_is_told_apart(
    service: Service, client: Tally, reply: Reply
) -> None:
    service.script.append(reply)
    with pytest.raises(UnexpectedAnswerError):
        client.health()


@pytest.mark.parametrize("status", [400, 404, 418, 502])
def test_a_gateway_without_problem_objects_is_understood_by_its_status(
    service: Service, client: Tally, status: int
) -> None:
    service.script.extend([Reply(status, b"<html>")] * 4)
    with pytest.raises(ApiError) as caught:
        client.health()
    assert caught.value.status == status
    assert caught.value.code == f"http_{status}"


@pytest.mark.parametrize(
    ("key", "url"),
    [
        (None, "http://x"),
        ("key", None),
        ("key", "example.com"),
        ("k\ney", "http://x"),
        ("clé", "http://x"),
    ],
)
def test_a_client_that_cannot_work_is_not_made(
    monkeypatch: pytest.MonkeyPatch, key: str | None, url: str | None
) -> None:
    monkeypatch.delenv("TALLY_KEY", raising=False)
    monkeypatch.delenv("TALLY_URL", raising=False)
    with pytest.raises(ConfigurationError):
        Tally(key, url)


def test_the_environment_says_where_and_who(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TALLY_KEY", "key-7")
    monkeypatch.setenv("TALLY_URL", f"{service.url}/api/")
    service.on("GET", "/api/health", {"status": "ok", "version": "1"})
    with Tally() as client:
        client.health()
        assert "key-7" not in repr(client) + repr(client._transport.settings)
    assert service.seen[0].headers["authorization"] == "Bearer key-7"


def test_connections_are_kept(service: Service, client: Tally) -> None:
    service.on("GET", "/api/health", {"status": "ok", "version": "1"})
    for _ in range(5):
        client.health()
    pool = client._transport.client._transport._pool  # type: ignore[attr-defined]
    assert len(pool.connections) == 1


def test_a_forked_child_speaks_on_a_connection_of_its_own(service: Service, client: Tally) -> None:
    service.on("GET", "/api/health", {"status": "ok", "version": "1"})
    client.health()
    before = client._transport.client
    child = os.fork()
    if child == 0:
        try:
            fine = client.health().status == "ok" and client._transport.client is not before
            os._exit(0 if fine else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert client.health().status == "ok"


def test_ids_in_paths_are_encoded(service: Service, client: Tally) -> None:
    with pytest.raises(ApiError):
        client.usage_log("a:b@c/d?e")
    assert service.seen[0].path == "/api/usage-logs/a%3Ab%40c%2Fd%3Fe"


def test_an_operator_names_the_workspace_on_every_route(service: Service) -> None:
    service.on("GET", "/api/thresholds", {"thresholds": []})
    with Tally("token", service.url, workspace_id="acme") as client:
        assert client.thresholds.list() == ()
    assert service.seen[0].query == {"workspaceId": "acme"}
