"""WSGI middleware: time, size and outcome of requests, streams to their end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sized
from types import TracebackType
from typing import Any

from tally._context import context
from tally._quiet import quiet
from tally._usage import Sink
from tally.middleware._meter import CLIENT_GONE, Meter, Request, Visit, meter_for

Environ = dict[str, Any]
ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
Write = Callable[[bytes], Any]
StartResponse = Callable[..., Write]
App = Callable[[Environ, StartResponse], Iterable[bytes]]


class WSGIMiddleware:
    """Records the requests that one of the meters takes, the first that does.

        app.wsgi_app = WSGIMiddleware(app.wsgi_app, Meter("api", user_from_header("x-user-id")))

    The answer is passed on piece by piece as the service makes it; recording happens when the server has
    taken the last one, or closes it early.
    """

    def __init__(self, app: App, *meters: Meter, recorder: Sink | None = None) -> None:
        self.app = app
        self.meters = meters
        self.recorder = recorder

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (the server calls this)."""
        visit = self._visit(environ)
        if visit is None:
            return self.app(environ, start_response)
        if visit.meter.reads_bodies and "wsgi.input" in environ:
            environ["wsgi.input"] = _Input(environ["wsgi.input"], visit)
        try:
            with context(user_id=visit.user):
                answer = self.app(environ, _starting(visit, start_response))
        except BaseException as error:
            visit.ended(error)
            raise
        return _SizedAnswer(visit, answer) if isinstance(answer, Sized) else _Answer(visit, answer)

    def _visit(self, environ: Environ) -> Visit | None:
        with quiet("look at a request"):
            request = _request(environ)
            meter = meter_for(self.meters, request)
            return None if meter is None else Visit(meter, request, self.recorder)
        return None


def _starting(visit: Visit, start_response: StartResponse) -> StartResponse:
    def start(status: str, headers: list[tuple[str, str]], *exc_info: ExcInfo) -> Write:
        write = start_response(status, headers, *exc_info)
        with quiet("look at an answer"):
            visit.began(int(status[:3]), {name.lower(): value for name, value in headers})

        def written(part: bytes) -> Any:
            visit.sent(part)
            return write(part)

        return written

    return start


class _Answer:
    """The service's answer, with somebody looking on."""

    def __init__(self, visit: Visit, answer: Iterable[bytes]) -> None:
        self._visit = visit
        self._answer = answer
        self._parts: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            # Made here, not before: a service may do its work when it is first asked for a part.
            if self._parts is None:
                self._parts = iter(self._answer)
            with context(user_id=self._visit.user):
                part = next(self._parts)
        except StopIteration:
            self._visit.ended()
            raise
        except BaseException as error:
            self._visit.ended(error)
            raise
        self._visit.sent(part)
        return part

    def close(self) -> None:
        """The server is done with it, at its end or before."""
        try:
            close = getattr(self._answer, "close", None)
            if close is not None:
                close()
        finally:
            self._visit.ended(sys.exc_info()[1], CLIENT_GONE)


class _SizedAnswer(_Answer):
    """An answer of so many parts: of a single one, servers make the `Content-Length`."""

    def __len__(self) -> int:
        return len(self._answer) if isinstance(self._answer, Sized) else 0


class _Input:
    """The request's body, with somebody looking on."""

    def __init__(self, source: Any, visit: Visit) -> None:
        self._source = source
        self._visit = visit

    def read(self, *size: int) -> bytes:
        return self._seen(self._source.read(*size))

    def readline(self, *size: int) -> bytes:
        return self._seen(self._source.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        return [self._seen(line) for line in self._source.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        return (self._seen(line) for line in self._source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def _seen(self, part: bytes) -> bytes:
        self._visit.received(part)
        return part


def _request(environ: Environ) -> Request:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return Request(environ["REQUEST_METHOD"], path or "/", headers, environ)
