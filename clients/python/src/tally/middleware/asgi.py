"""ASGI middleware: time, size and outcome of requests, streams to their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tally._context import context
from tally._quiet import quiet
from tally._usage import Sink
from tally.middleware._meter import CLIENT_GONE, INCOMPLETE, Meter, Request, Visit, meter_for

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class ASGIMiddleware:
    """Records the requests that one of the meters takes, the first that does.

        app.add_middleware(ASGIMiddleware, Meter("api", user_from_header("x-user-id")))

    Everything is passed on as it is and when it comes; recording happens after the last byte of the
    answer, before what runs in the background. Websockets and lifespans are not recorded.
    """

    def __init__(self, app: App, *meters: Meter, recorder: Sink | None = None) -> None:
        self.app = app
        self.meters = meters
        self.recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (the server calls this)."""
        visit = self._visit(scope)
        if visit is None:
            await self.app(scope, receive, send)
            return
        watched = _Watched(visit, receive, send)
        try:
            with context(user_id=visit.user):
                await self.app(scope, watched.receive, watched.send)
        except BaseException as error:
            gone = watched.break_off == CLIENT_GONE
            visit.ended(None if gone else error, watched.break_off)
            raise
        visit.ended(error_code=watched.break_off)

    def _visit(self, scope: Scope) -> Visit | None:
        with quiet("look at a request"):
            if scope["type"] == "http":
                request = _request(scope)
                meter = meter_for(self.meters, request)
                return None if meter is None else Visit(meter, request, self.recorder)
        return None


class _Watched:
    """The two ends of a connection, with somebody looking on."""

    def __init__(self, visit: Visit, receive: Receive, send: Send) -> None:
        self._visit = visit
        self._receive = receive
        self._send = send
        self.break_off: str | None = INCOMPLETE
        """What to call it if the service returns now."""

    async def receive(self) -> Message:
        message = await self._receive()
        with quiet("look at a request"):
            if message["type"] == "http.request":
                self._visit.received(message.get("body", b""))
            elif message["type"] == "http.disconnect" and self.break_off is not None:
                self.break_off = CLIENT_GONE
        return message

    async def send(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError:  # what ASGI servers raise when there is nobody to send to
            self.break_off = CLIENT_GONE
            raise
        with quiet("look at an answer"):
            self._look_at(message)

    def _look_at(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._visit.began(message["status"], _headers(message.get("headers", ())))
        elif message["type"] == "http.response.body":
            self._visit.sent(message.get("body", b""))
            if not message.get("more_body", False):
                self.break_off = None
                self._visit.ended()


def _request(scope: Scope) -> Request:
    return Request(scope["method"], scope["path"], _headers(scope.get("headers", ())), scope)


def _headers(pairs: Any) -> dict[str, str]:
    return {
        bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1")
        for name, value in pairs
    }
