"""A local server that speaks the wire formats of model vendors, for their real SDKs to talk to.

The model's name says what happens: `fails` in it is refused for too many requests, `stumbles` in it only
the first time, `breaks` in it ends in the middle of the stream, anything else answers `Hello you!` and the
same tokens with every vendor.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from tests.vendors import anthropic, google, openai
from tests.vendors.wire import Answer

from tally import Tokens

USED = Tokens(input=1200, output=300, cached_input=1000, cache_write=64, reasoning=120)
"""What every vendor reports in its own way (Gemini knows no writes to a cache)."""


class Handler(BaseHTTPRequestHandler):
    """Answers as the vendor of the path does; keeps what was asked."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    asked: ClassVar[list[tuple[str, dict[str, Any]]]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, body))
        again = (self.path, body) in self.asked[:-1]
        vendor = next(each for each in (openai, anthropic, google) if each.speaks(self.path))
        answer: Answer = vendor.answer(self.path, body, again)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("x-request-id", "req-of-vendor")
        self.send_header("request-id", "req-of-vendor")
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Vendors:
    """The server: `url`, and `asked`, the requests it got as `(path, body)`."""

    def __init__(
        self, server: ThreadingHTTPServer, asked: list[tuple[str, dict[str, Any]]]
    ) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}"
        self.asked = asked


@contextmanager
def vendors() -> Iterator[Vendors]:
    """Run the server."""
    asked: list[tuple[str, dict[str, Any]]] = []
    handler = type("Asked", (Handler,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Vendors(server, asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
