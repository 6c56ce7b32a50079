"""The function of open pages as it is put together, on moto's table and queue; its gateway is a stand-in's.

The gateway's side is a plain server that answers as the management API does.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import unquote

import boto3
import pytest

from functions.live.handler import build
from functions.live.settings import Settings
from shared.environment import SettingMissingError
from shared.store.dynamo import DynamoTable
from shared.store.versions import DynamoVersions
from shared.store.workspaces import DynamoWorkspaces
from tests.factories import LambdaContext, a_workspace
from tests.issuer import token


@dataclass
class Gateway:
    """What connections were sent, which are gone, and what each of the others answers."""

    sent: list[tuple[str, str, dict[str, Any] | None]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    url: str = ""

    def answer(self, method: str, path: str, body: bytes) -> int:
        connection = unquote(path.rpartition("/@connections/")[2])
        self.sent.append((method, connection, json.loads(body) if body else None))
        if connection in self.gone:
            return 410
        return 500 if connection in self.broken else 200

    def told(self, connection: str) -> list[dict[str, Any] | None]:
        return [body for method, name, body in self.sent if (method, name) == ("POST", connection)]


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """The management API on a loopback address."""
    kept = Gateway()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            self.send_response(kept.answer(self.command, self.path, body))
            self.send_header("content-length", "0")
            self.end_headers()

        def do_DELETE(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    kept.url = f"http://127.0.0.1:{server.server_port}/live"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@pytest.fixture
def handler(gateway: Gateway, moto_table: DynamoTable, keys_url: str) -> Handler:
    """The function as it is deployed, with a workspace."""
    boto3.client("sqs").create_queue(QueueName="tally-test-live")
    DynamoWorkspaces(moto_table).create(a_workspace(workspace_id="acme"))
    environ = {**os.environ, "LIVE_ENDPOINT": gateway.url, "JWT_JWKS_URL": keys_url}
    return build(Settings.read(environ))


def route(handler: Handler, key: str, connection: str, **body: str) -> dict[str, Any]:
    context = {
        "routeKey": key,
        "connectionId": connection,
        "requestId": "req-1",
        "identity": {"sourceIp": "203.0.113.7"},
    }
    event = {"requestContext": context, "body": json.dumps(body)}
    return handler(event, LambdaContext())


def news(handler: Handler, message: object) -> None:
    handler({"Records": [{"messageId": "m", "body": json.dumps(message)}]}, LambdaContext())


def test_a_page_comes_is_told_and_goes(
    handler: Handler, gateway: Gateway, moto_table: DynamoTable
) -> None:
    DynamoVersions(moto_table).bump("acme", 5)
    assert route(handler, "$connect", "c1=") == {"statusCode": 200}
    route(handler, "hello", "c1=", action="hello", token=token())
    news(handler, {"changed": {"acme": 2}})
    route(handler, "$disconnect", "c1=")
    news(handler, {"changed": {"acme": 3}})

    assert gateway.told("c1=") == [
        {"type": "welcome", "version": 1, "seconds": 900},
        {"type": "changed", "version": 2},
    ]


def test_a_forged_token_is_refused_by_the_code_that_checks_every_request(
    handler: Handler, gateway: Gateway
) -> None:
    forged = token(exp=1), token(aud="other"), token() + "x", "tally_x"
    for number, each in enumerate(forged):
        route(handler, "hello", f"c{number}", action="hello", token=each)

        assert gateway.told(f"c{number}") == [{"type": "refused", "code": "unauthorized"}]
        assert ("DELETE", f"c{number}", None) in gateway.sent


def test_whoever_says_nothing_is_looked_after_by_a_message_that_comes_later(
    handler: Handler, gateway: Gateway
) -> None:
    route(handler, "$connect", "c1")
    sqs = boto3.client("sqs")
    waiting = sqs.get_queue_attributes(
        QueueUrl=os.environ["LIVE_QUEUE_URL"],
        AttributeNames=["ApproximateNumberOfMessagesDelayed"],
    )
    news(handler, {"overdue": "c1"})

    assert waiting["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}
    assert gateway.sent == [("DELETE", "c1", None)]


def test_gone_and_broken_connections_keep_nobody_from_hearing(
    handler: Handler, gateway: Gateway
) -> None:
    for connection in ("c1", "c2", "c3"):
        route(handler, "hello", connection, action="hello", token=token())
    gateway.gone.add("c1")
    gateway.broken.add("c2")

    news(handler, {"changed": {"acme": 2}})
    gateway.sent.clear()
    news(handler, {"changed": {"acme": 3}})

    assert gateway.told("c3") == [{"type": "changed", "version": 3}]
    assert gateway.told("c1") == []
    assert gateway.told("c2"), "it may come back"


@pytest.mark.parametrize("name", ["TABLE_NAME", "LIVE_ENDPOINT", "LIVE_QUEUE_URL"])
def test_a_missing_setting_is_named(name: str) -> None:
    environ = {each: value for each, value in os.environ.items() if each != name}

    with pytest.raises(SettingMissingError, match=name):
        Settings.read(environ)
