"""moto's DynamoDB behind HTTP in this process, so that tests speak the very protocol of the product."""

from __future__ import annotations

from threading import RLock, Thread
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

_one_at_a_time = RLock()


class _Handler(WSGIRequestHandler):
    """Keeps connections open, as DynamoDB does, and says nothing of each request."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def serve() -> str:
    """Serve what `mock_aws` keeps, for as long as the process lives; the address.

    moto is not safe between threads (one's cancelled transaction undoes another's commit), so requests are
    answered one at a time.
    """
    moto = DomainDispatcherApplication(create_backend_app)

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with _one_at_a_time:
            return list(moto(environ, start_response))

    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
