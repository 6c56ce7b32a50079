"""WSGI middleware under a real server: answers as ever, requests recorded (INT-1)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
from tests.serving import serving_wsgi
from tests.sinks import BrokenSink, ListSink

from tally._context import current_usage
from tally.middleware import Meter, WSGIMiddleware, user_from_environ, user_from_header

ALICE = {"x-user-id": "alice"}
ONCE = httpx.Limits(max_keepalive_connections=0)
HEADER = Meter("api", user_from_header("X-User-Id"))


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/broken":
        raise LookupError("nothing there")
    if path == "/missing":
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"no such thing"]
    if path == "/written":
        start_response("200 OK", [("Content-Type", "text/plain")])(b"written")
        return []
    if path == "/echo":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter([environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))])
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Own", "kept")])
    return [b"hello"]


def metered(sink: Any, service: Any = app, *meters: Meter) -> WSGIMiddleware:
    return WSGIMiddleware(service, *(meters or (HEADER,)), recorder=sink)


def get(service: Any, path: str, **options: Any) -> httpx.Response:
    with serving_wsgi(service) as url:
        return httpx.get(url + path, **options)


def test_a_request_is_recorded_with_time_size_user_and_path(sink: ListSink) -> None:
    answer = get(metered(sink), "/hello?secret=1", headers={**ALICE, "x-request-id": "r-1"})

    assert answer.text == "hello"
    (row,) = sink.wait()
    assert row.pop("response_time_ms") >= 0
    assert row == {
        "user_id": "alice",
        "service": "api",
        "response_bytes": 5,
        "request_id": "r-1",
        "metadata": {"method": "GET", "route": "/hello"},
    }


@pytest.mark.parametrize("recorder", ["list", "broken"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_answers_are_the_same_with_and_without_it(recorder: str, capsys: Any) -> None:
    sink: Any = ListSink() if recorder == "list" else BrokenSink()

    def answers(service: Any) -> list[Any]:
        with (
            serving_wsgi(service) as url,
            httpx.Client(base_url=url, headers=ALICE, limits=ONCE) as client,
        ):
            asked = [
                client.get("/hello"),
                client.get("/missing"),
                client.get("/broken"),
                client.get("/written"),
                client.head("/hello"),
                client.post("/echo", content=b"x" * 10_000),
            ]
            return [
                (
                    answer.status_code,
                    answer.content,
                    {name: value for name, value in answer.headers.items() if name != "date"},
                )
                for answer in asked
            ]

    assert answers(metered(sink)) == answers(app)
    capsys.readouterr()


def test_failures_are_recorded_as_errors(sink: ListSink, capsys: Any) -> None:
    with serving_wsgi(metered(sink)) as url:
        assert httpx.get(f"{url}/missing", headers=ALICE).status_code == 404
        sink.wait(1)
        assert httpx.get(f"{url}/broken", headers=ALICE).status_code == 500
        sink.wait(2)
    capsys.readouterr()
    assert [row["error_code"] for row in sink.rows] == ["404", "LookupError"]


def test_a_stream_is_measured_to_its_end_for_the_user_it_is_for(sink: ListSink) -> None:
    go_on = threading.Event()
    users = []

    def words() -> Iterator[bytes]:
        users.append(dict(current_usage()))
        yield b"hello "
        go_on.wait(20)
        users.append(dict(current_usage()))
        yield b"you"

    def stream(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return words()

    with (
        serving_wsgi(metered(sink, stream)) as url,
        httpx.stream("GET", f"{url}/stream", headers=ALICE) as answer,
    ):
        parts = answer.iter_raw()
        assert next(parts) == b"hello "
        assert sink.rows == []
        go_on.set()
        assert b"".join(parts) == b"you"
        sink.wait()
    assert sink.only["response_bytes"] == 9
    assert users == [{"user_id": "alice"}, {"user_id": "alice"}]


def test_a_stream_that_is_closed_early_is_recorded_and_closed(sink: ListSink) -> None:
    closed = []

    def words() -> Iterator[bytes]:
        try:
            yield b"hello"
            yield b"never"
        finally:
            closed.append(True)

    def stream(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return words()

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_X_USER_ID": "alice"}
    answer: Any = metered(sink, stream)(environ, lambda *_: lambda _part: None)
    assert next(answer) == b"hello"
    answer.close()
    answer.close()
    assert closed == [True]
    assert sink.only["metadata"]["abandoned"] is True
    assert sink.only["response_bytes"] == 5


def test_a_user_may_be_named_by_the_service_itself(sink: ListSink) -> None:
    def login(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["tally.user"] = "newcomer"
        return app(environ, start_response)

    named = Meter("api", user_from_environ("tally.user"))
    assert get(metered(sink, login, named), "/hello").status_code == 200
    assert sink.wait()[0]["user_id"] == "newcomer"


def test_anonymous_requests_and_others_paths_are_not_recorded(sink: ListSink) -> None:
    mine = Meter("api", user_from_header("x-user-id"), ("/hello",))
    assert get(metered(sink, app, mine), "/hello").status_code == 200
    assert get(metered(sink, app, mine), "/missing", headers=ALICE).status_code == 404
    assert sink.rows == []
