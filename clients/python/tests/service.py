"""A small service that speaks the contract over a real socket, and fails when told to.

It keeps usage logs by id, as the real one does: the same id and body is a replay, another body a conflict.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

NOW = "2026-11-20T09:30:00.000Z"
FIGURES = {"credits": 1, "cost": 0.005, "tokens": 0, "requests": 1}


@dataclass(frozen=True)
class Seen:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Reply:
    """An answer. `cut` closes the connection instead, after the request was carried out."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Route = Callable[[Seen], Reply]


def problem(status: int, code: str, **members: Any) -> dict[str, Any]:
    return {"type": f"urn:tally:problem:{code}", "title": code, "status": status, "code": code} | {
        "detail": f"It is {code}.",
        **members,
    }


def refusal(status: int, code: str, **members: Any) -> Reply:
    return Reply(status, problem(status, code, **members))


class Service:
    """The service. `script` holds answers given instead of the real ones, one a request."""

    def __init__(self) -> None:
        self.logs: dict[str, Any] = {}
        self.seen: list[Seen] = []
        self.script: deque[Reply | Route] = deque()
        self.routes: dict[tuple[str, str], Route] = {}
        self.refused: dict[str, tuple[int, str]] = {}
        self.credentials: set[str] | None = None
        self._lock = threading.Lock()
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self.up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def up(self) -> None:
        """Answer (again), at the same address."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                service._answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names http.server calls

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            open: ClassVar[set[Any]] = set()

            def process_request(self, request: Any, address: Any) -> None:
                Server.open.add(request)
                super().process_request(request, address)

            def handle_error(self, request: Any, address: Any) -> None:
                """A connection that went away is what these tests are about."""

        self._server = Server(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Refuse connections, and cut those that are open."""
        assert self._server is not None
        self._server.shutdown()
        self._server.server_close()
        for connection in list(self._server.open):  # type: ignore[attr-defined]
            with contextlib.suppress(OSError):
                connection.shutdown(2)
        self._server = None

    def close(self) -> None:
        if self._server is not None:
            self.down()

    def on(self, method: str, path: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer a route with a body."""
        self.routes[method, path] = lambda seen: Reply(status, body, headers)

    def _answer(self, handler: Any) -> None:
        where = urlsplit(handler.path)
        text = handler.rfile.read(int(handler.headers.get("content-length") or 0)).decode()
        seen = Seen(
            handler.command,
            where.path,
            dict(parse_qsl(where.query)),
            {name.lower(): value for name, value in handler.headers.items()},
            text,
        )
        with self._lock:
            self.seen.append(seen)
            reply = self._reply(seen)
        if reply.cut:
            handler.close_connection = True
            handler.connection.shutdown(2)
            return
        content = reply.body if isinstance(reply.body, bytes) else b""
        if not isinstance(reply.body, bytes) and reply.body is not None:
            content = json.dumps(reply.body).encode()
        kind = "application/problem+json" if reply.status >= 400 else "application/json"
        handler.send_response(reply.status)
        for name, value in {"content-type": kind, "x-request-id": "req-1", **reply.headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def _reply(self, seen: Seen) -> Reply:
        if self.script:
            scripted = self.script.popleft()
            return scripted(seen) if callable(scripted) else scripted
        credential = seen.headers.get("authorization", "").removeprefix("Bearer ")
        if self.credentials is not None and credential not in self.credentials:
            return refusal(401, "unauthorized")
        route = self.routes.get((seen.method, seen.path))
        if route is not None:
            return route(seen)
        if (seen.method, seen.path) == ("POST", "/api/usage-logs"):
            return self.record_one(seen)
        if (seen.method, seen.path) == ("POST", "/api/usage-logs/batch"):
            return self.record_many(seen)
        return refusal(404, "not_found")

    def record_one(self, seen: Seen) -> Reply:
        row = self.keep(0, seen.body)
        if "error" in row:
            return Reply(row["error"]["status"], row["error"])
        replayed = row["status"] == "replayed"
        body = {
            "usageLog": row["usageLog"],
            "transaction": transaction(),
            "account": account(),
        }
        headers = {"idempotent-replayed": "true"} if replayed else {}
        return Reply(200 if replayed else 201, body, headers)

    def record_many(self, seen: Seen) -> Reply:
        results = [self.keep(index, row) for index, row in enumerate(seen.body["usageLogs"])]
        outcomes = [result["status"] for result in results]
        names = ("created", "replayed", "conflict", "rejected")
        return Reply(
            200, {"results": results, "summary": {name: outcomes.count(name) for name in names}}
        )

    def keep(self, index: int, row: dict[str, Any]) -> dict[str, Any]:
        """Take a row, and say what became of it."""
        status, code = self.refused.get(row["userId"], (0, ""))
        if code:
            return {"index": index, "status": "rejected", "error": problem(status, code)}
        known = self.logs.get(row["id"])
        if known is not None and known != row:
            error = problem(409, "idempotency_conflict")
            return {"index": index, "status": "conflict", "error": error}
        self.logs[row["id"]] = row
        outcome = "created" if known is None else "replayed"
        return {"index": index, "status": outcome, "usageLog": usage_log(row)}


def usage_log(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "workspaceId": "acme",
        "userId": row["userId"],
        "service": row["service"],
        "provider": row.get("provider", row["service"]),
        "credits": row.get("credits", 5),
        "cost": row.get("cost", 0.005),
        "currency": "USD",
        "unpriced": False,
        "status": row.get("status", "success"),
        "occurredAt": row.get("occurredAt", NOW),
        "createdAt": NOW,
        "transactionId": "tx_3f9c2b7a10e84d56c1aa_7",
        "receipt": {"basis": "flat"},
    }


def transaction(**members: Any) -> dict[str, Any]:
    return {
        "id": "tx_3f9c2b7a10e84d56c1aa_7",
        "accountId": "acct_3f9c2b7a10e84d56c1aa",
        "userId": "alice",
        "seq": 7,
        "amount": 5,
        "type": "debit",
        "reason": "usage",
        "balanceAfter": 995,
        "hash": "ab" * 32,
        "createdAt": NOW,
        **members,
    }


def account(**members: Any) -> dict[str, Any]:
    return {
        "accountId": "acct_3f9c2b7a10e84d56c1aa",
        "userId": "alice",
        "balance": 995,
        "currency": "USD",
        "timezone": "UTC",
        "seq": 7,
        "month": FIGURES,
        "day": FIGURES,
        "updatedAt": NOW,
        **members,
    }
