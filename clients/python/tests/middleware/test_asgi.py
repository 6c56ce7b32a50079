"""ASGI middleware under a real server: answers as ever, requests recorded (INT-1)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    BaseUser,
    SimpleUser,
)
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from tests.serving import serving_asgi
from tests.sinks import BrokenSink, ListSink

from tally._context import current_usage
from tally.middleware import (
    ASGIMiddleware,
    Exchange,
    Meter,
    first_of,
    user_from_header,
    user_from_scope,
    user_from_state,
)

ALICE = {"x-user-id": "alice"}
ONCE = httpx.Limits(max_keepalive_connections=0)
HEADER = Meter("api", user_from_header("X-User-Id"))


async def hello(request: Request) -> Response:
    return PlainTextResponse("hello größe", headers={"x-own": "kept"})


async def missing(request: Request) -> Response:
    return JSONResponse({"detail": "no such thing"}, status_code=404)


async def broken(request: Request) -> Response:
    raise LookupError("nothing there")


async def whose(request: Request) -> Response:
    return JSONResponse(dict(current_usage()))


async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/octet-stream")


ROUTES = [
    Route("/hello", hello),
    Route("/missing", missing),
    Route("/broken", broken),
    Route("/whose", whose),
    Route("/echo", echo, methods=["POST"]),
]


def metered(sink: Any, *meters: Meter, routes: list[Route] | None = None, **options: Any) -> Any:
    app = Starlette(routes=ROUTES if routes is None else routes, **options)
    return ASGIMiddleware(app, *(meters or (HEADER,)), recorder=sink)


def get(app: Any, path: str, **options: Any) -> httpx.Response:
    with serving_asgi(app) as url:
        return httpx.get(url + path, **options)


def test_a_request_is_recorded_with_time_size_user_and_route(sink: ListSink) -> None:
    answer = get(metered(sink), "/hello?secret=1", headers={**ALICE, "x-request-id": "r-1"})

    assert answer.text == "hello größe"
    (row,) = sink.wait()
    assert row.pop("response_time_ms") >= 0
    assert row == {
        "user_id": "alice",
        "service": "api",
        "response_bytes": len("hello größe".encode()),
        "request_id": "r-1",
        "metadata": {"method": "GET", "route": "/hello"},
    }


@pytest.mark.parametrize("recorder", ["list", "broken"])
def test_answers_are_the_same_with_and_without_it(recorder: str) -> None:
    sink: Any = ListSink() if recorder == "list" else BrokenSink()

    def answers(app: Any) -> list[Any]:
        with (
            serving_asgi(app) as url,
            httpx.Client(base_url=url, headers=ALICE, limits=ONCE) as client,
        ):
            asked = [
                client.get("/hello"),
                client.get("/missing"),
                client.get("/broken"),
                client.get("/nowhere"),
                client.head("/hello"),
                client.request("OPTIONS", "/hello"),
                client.post("/echo", content=b"x" * 100_000),
            ]
            return [
                (
                    answer.status_code,
                    answer.content,
                    {name: value for name, value in answer.headers.items() if name != "date"},
                )
                for answer in asked
            ]

    assert answers(metered(sink)) == answers(Starlette(routes=ROUTES))


def test_failures_are_recorded_as_errors(sink: ListSink) -> None:
    with serving_asgi(metered(sink)) as url:
        assert httpx.get(f"{url}/missing", headers=ALICE).status_code == 404
        sink.wait(1)
        assert httpx.get(f"{url}/broken", headers=ALICE).status_code == 500
        sink.wait(2)
    assert [(row["status"], row["error_code"]) for row in sink.rows] == [
        ("error", "404"),
        ("error", "500"),
    ]


def test_anonymous_requests_are_answered_and_not_recorded(sink: ListSink) -> None:
    with serving_asgi(metered(sink)) as url:
        assert httpx.get(f"{url}/hello").status_code == 200
        httpx.get(f"{url}/missing", headers=ALICE)
        sink.wait()
    assert sink.only["error_code"] == "404"


def test_a_stream_is_measured_to_its_end(sink: ListSink) -> None:
    go_on = threading.Event()

    async def words() -> AsyncIterator[bytes]:
        yield b"hello "
        await asyncio.to_thread(go_on.wait, 20)
        yield b"you"

    async def stream(request: Request) -> Response:
        return StreamingResponse(words())

    app = metered(sink, routes=[Route("/stream", stream)])
    with (
        serving_asgi(app) as url,
        httpx.stream("GET", f"{url}/stream", headers=ALICE) as answer,
    ):
        parts = answer.iter_raw()
        assert next(parts) == b"hello "
        assert sink.rows == []
        go_on.set()
        assert b"".join(parts) == b"you"
        sink.wait()
    assert sink.only["response_bytes"] == 9
    assert "status" not in sink.only


def test_a_stream_whose_reader_leaves_is_recorded_with_what_was_sent(sink: ListSink) -> None:
    async def words() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            await asyncio.sleep(0)

    async def stream(request: Request) -> Response:
        return StreamingResponse(words())

    app = metered(sink, routes=[Route("/stream", stream)])
    with serving_asgi(app) as url:
        with httpx.stream("GET", f"{url}/stream", headers=ALICE) as answer:
            next(answer.iter_raw())
        sink.wait()
    assert sink.only["metadata"]["abandoned"] is True
    assert sink.only["response_bytes"] >= 1000
    assert "status" not in sink.only


def test_a_stream_that_breaks_is_recorded_as_an_error(sink: ListSink) -> None:
    async def words() -> AsyncIterator[bytes]:
        yield b"hello"
        raise LookupError("gone")

    async def stream(request: Request) -> Response:
        return StreamingResponse(words())

    app = metered(sink, routes=[Route("/stream", stream)])
    with serving_asgi(app) as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/stream", headers=ALICE)
    assert sink.wait()[0]["error_code"] == "LookupError"


def test_a_request_ends_with_its_answer_not_with_what_runs_in_the_background(
    sink: ListSink,
) -> None:
    done = threading.Event()

    async def work() -> None:
        await asyncio.to_thread(done.wait, 20)

    async def later(request: Request) -> Response:
        return PlainTextResponse("soon", background=BackgroundTask(work))

    with serving_asgi(metered(sink, routes=[Route("/later", later)])) as url:
        assert httpx.get(f"{url}/later", headers=ALICE).text == "soon"
        sink.wait()
        done.set()


def test_what_the_service_measures_inside_is_booked_on_the_same_user(sink: ListSink) -> None:
    assert get(metered(sink), "/whose", headers=ALICE).json() == {"user_id": "alice"}
    assert get(metered(sink), "/whose").json() == {}


class Login(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        name = conn.headers.get("authorization")
        return None if name is None else (AuthCredentials(), SimpleUser(name))


def test_users_are_found_whom_the_service_itself_makes_out(sink: ListSink) -> None:
    async def login(request: Request) -> Response:
        request.state.user_id = "newcomer"
        return PlainTextResponse("welcome")

    app = metered(
        sink,
        Meter("api", first_of(user_from_state(), user_from_scope)),
        routes=[*ROUTES, Route("/login", login)],
        middleware=[Middleware(AuthenticationMiddleware, backend=Login())],
    )
    with serving_asgi(app) as url:
        httpx.get(f"{url}/hello", headers={"authorization": "alice"})
        sink.wait(1)
        httpx.get(f"{url}/hello")
        httpx.get(f"{url}/login")
        sink.wait(2)
    assert [row["user_id"] for row in sink.rows] == ["alice", "newcomer"]


def test_rules_that_fail_do_not_disturb_the_service(sink: ListSink) -> None:
    def nobody(request: Any) -> str:
        raise KeyError("user")

    def nothing(exchange: Exchange) -> dict[str, Any]:
        raise KeyError("more")

    assert get(metered(sink, Meter("api", nobody)), "/hello").status_code == 200
    assert (
        get(metered(sink, Meter("api", lambda _: "a", more=nothing)), "/hello").status_code == 200
    )
    assert sink.rows == []


def test_the_first_meter_that_takes_a_request_records_it(sink: ListSink) -> None:
    someone = user_from_header("x-user-id")
    app = metered(
        sink,
        Meter("hello", someone, ("/hello",), more=lambda _: {"credits": 3}),
        Meter("posts", someone, methods=frozenset({"POST"})),
        Meter("secret", someone, ("/missing",), more=lambda _: None),
    )
    with serving_asgi(app) as url, httpx.Client(base_url=url, headers=ALICE) as client:
        client.get("/hello")
        client.get("/helloo")
        client.get("/missing")
        client.post("/echo", content=b"12")
        sink.wait(2)
    assert [(row["service"], row.get("credits")) for row in sink.rows] == [
        ("hello", 3),
        ("posts", None),
    ]


def test_what_is_no_http_request_passes_through(sink: ListSink) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Any) -> Any: ...

    async def ask() -> None:
        for kind in ("lifespan", "websocket"):
            await ASGIMiddleware(app, HEADER, recorder=sink)({"type": kind}, nothing, nothing)

    asyncio.run(ask())
    assert seen == ["lifespan", "websocket"]


def test_a_service_that_never_answers_is_recorded_as_an_error(sink: ListSink) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    assert get(ASGIMiddleware(app, HEADER, recorder=sink), "/", headers=ALICE).status_code == 500
    assert sink.wait()[0]["error_code"] == "incomplete_response"


def test_messages_that_no_server_should_send_do_not_disturb_the_service(sink: ListSink) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [("a", None)]})
        await send({"type": "http.response.body", "body": None})

    async def receive() -> Any:
        return {"type": "http.request", "body": None}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    async def ask() -> None:
        metered_app = ASGIMiddleware(app, Meter("api", lambda _: "a"), recorder=sink)
        await metered_app({"type": "http", "method": "GET", "path": "/"}, receive, send)
        await metered_app({"type": "http"}, receive, send)

    asyncio.run(ask())
    assert sent == ["http.response.start", "http.response.body"] * 2
