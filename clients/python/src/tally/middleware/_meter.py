"""What of a web service is recorded, and how: rules that ASGI and WSGI share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any, Final

from tally._context import current_usage
from tally._measure import NS_PER_MS
from tally._outcome import ABANDONED, outcome_of
from tally._quiet import quiet
from tally._sink import deliver, printable
from tally._usage import Sink

FIRST_ERROR: Final = 400
"""From this HTTP status on, a request failed."""

MAX_ROUTE: Final = 200
"""Characters of a path in the metadata of a log, whose 4,096 bytes are for the service's own, too."""

MAX_BODY: Final = 1 << 20
"""Bytes of a body that are kept for a meter that reads bodies; of a longer one it gets nothing."""

CLIENT_GONE: Final = "client_disconnected"
INCOMPLETE: Final = "incomplete_response"


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came. `headers` have names in lower case; `raw` is the ASGI scope or WSGI environ."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: Mapping[str, Any]


@dataclass(slots=True)
class Exchange:
    """A request and what became of it.

    `status` is None where no answer began, `response_bytes` counts the body as it was sent,
    `response_time_ms` goes to its last byte. The bodies are there for meters with `reads_bodies` that
    they are not too long for. `outcome` is what is recorded of how it ended: `{status, error_code}` of a
    failure, `{metadata}` of an answer whose reader left in the middle, else nothing.
    """

    request: Request
    status: int | None = None
    response_headers: Mapping[str, str] = field(default_factory=dict)
    response_bytes: int = 0
    response_time_ms: float = 0.0
    outcome: Mapping[str, Any] = field(default_factory=dict)
    request_body: bytes | None = None
    response_body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Meter:
    """What is recorded of which requests.

    `user` finds the user of a request; None is anonymous, and not recorded. It is asked before the
    service runs, so that what the service calls is booked on the same user, and again after it if nobody
    was found, for middleware further in may know by then. `paths` are beginnings of paths, whole segments:
    `/api` takes `/api` and `/api/x`, not `/apis`. `methods` are those recorded (default: all but OPTIONS).
    `more` says more of the usage (`credits`, `model`, `metadata` …) from what happened; None: do not
    record this one.
    """

    service: str
    user: Callable[[Request], str | None]
    paths: tuple[str, ...] = ("/",)
    methods: frozenset[str] | None = None
    more: Callable[[Exchange], Mapping[str, Any] | None] | None = None
    reads_bodies: bool = False

    def takes(self, request: Request) -> bool:
        """Whether a request is one of its own."""
        everything = self.methods is None and request.method != "OPTIONS"
        wanted = everything or request.method in (self.methods or ())
        return wanted and any(_under(request.path, path) for path in self.paths)

    def user_of(self, request: Request) -> str | None:
        """The user of a request, if `user` finds one."""
        with quiet("find the user of a request"):
            return self.user(request)
        return None


def _under(path: str, beginning: str) -> bool:
    stem = beginning.rstrip("/")
    return path == stem or path.startswith(stem + "/")


def meter_for(meters: tuple[Meter, ...], request: Request) -> Meter | None:
    """The first meter that takes a request."""
    return next((meter for meter in meters if meter.takes(request)), None)


class Visit:
    """One request on its way through the service: sees what is sent, records it once, at its end."""

    def __init__(self, meter: Meter, request: Request, recorder: Sink | None) -> None:
        self.meter = meter
        self.exchange = Exchange(request)
        self.user = meter.user_of(request)
        self._recorder = recorder
        self._context = current_usage()
        self._sent = _Kept(meter.reads_bodies)
        self._received = _Kept(meter.reads_bodies)
        self._started_ns = perf_counter_ns()
        self._ended = False

    def received(self, body: bytes) -> None:
        """A part of the request's body was read."""
        self._received.add(body)

    def began(self, status: int, headers: Mapping[str, str]) -> None:
        """The answer began."""
        self.exchange.status, self.exchange.response_headers = status, headers

    def sent(self, body: bytes) -> None:
        """A part of the answer's body was sent."""
        self.exchange.response_bytes += len(body)
        self._sent.add(body)

    def ended(self, error: BaseException | None = None, error_code: str | None = None) -> None:
        """It is over; only the first time counts. `error` or `error_code` says what broke it off."""
        if self._ended:
            return
        self._ended = True
        self.exchange.response_time_ms = (perf_counter_ns() - self._started_ns) / NS_PER_MS
        with quiet("record a request"):
            self._record(error, error_code)

    def _record(self, error: BaseException | None, error_code: str | None) -> None:
        exchange, meter = self.exchange, self.meter
        user = self.user or meter.user_of(exchange.request)
        if not user:
            return
        exchange.outcome = _outcome(exchange.status, error, error_code)
        exchange.request_body, exchange.response_body = self._received.whole, self._sent.whole
        more = meter.more(exchange) if meter.more is not None else {}
        if more is None:
            return
        seen = {
            "user_id": user,
            "service": meter.service,
            "response_time_ms": exchange.response_time_ms,
            "response_bytes": exchange.response_bytes,
            "request_id": exchange.request.headers.get("x-request-id"),
            "metadata": {"method": exchange.request.method, "route": _route(exchange.request)},
        }
        deliver(self._recorder, self._context, seen, exchange.outcome, more)


class _Kept:
    """A body as far as it is wanted."""

    def __init__(self, wanted: bool) -> None:
        self._parts: bytearray | None = bytearray() if wanted else None

    def add(self, part: bytes) -> None:
        if self._parts is not None:
            self._parts += part
            if len(self._parts) > MAX_BODY:
                self._parts = None

    @property
    def whole(self) -> bytes | None:
        return None if self._parts is None else bytes(self._parts)


def _outcome(
    status: int | None, error: BaseException | None, error_code: str | None
) -> dict[str, Any]:
    if error is not None:
        return outcome_of(error)
    if status is not None and status >= FIRST_ERROR:
        return {"status": "error", "error_code": str(status)}
    if error_code == CLIENT_GONE and status is not None:
        # Who leaves in the middle of an answer was served: leaving early is no way not to pay.
        return {"metadata": ABANDONED}
    return {} if error_code is None else {"status": "error", "error_code": error_code}


def _route(request: Request) -> str:
    """The route's pattern where the framework says it, else the path: never the query."""
    route = getattr(request.raw.get("route"), "path", None)
    return printable(route if isinstance(route, str) else request.path, MAX_ROUTE)
