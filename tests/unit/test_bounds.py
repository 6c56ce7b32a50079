"""Everything a caller sends is bounded: no length, depth or character brings a server error (SEC-4).

Every route of the table, through its real handler, on a table as strict as DynamoDB about sizes of keys.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
import pytest
from moto import mock_aws

from shared.http.app import App
from shared.http.messages import MAX_BODY_BYTES, Identity, Request
from shared.routes import ROUTES, SCOPES, Route
from shared.store.workspaces import DynamoWorkspaces
from tests.client import Answer
from tests.factories import LambdaContext, a_workspace, http_event
from tests.fakes.clock import FakeClock
from tests.fakes.gate import OpenGate
from tests.fakes.table import FakeTable

GUARDED: Final = [route for route in ROUTES if not route.public]
WITH_PARAMETERS: Final = [route for route in GUARDED if "{" in route.path]
DOCUMENT: Final = json.loads(
    (Path(__file__).parents[2] / "functions/edge/openapi.json").read_text()
)

HOSTILE: Final = {
    "long": "x" * 5_000,
    "long for a key of the table": "a" * 1_500,
    "a part of a key": "acme#A#acct_0123456789abcdef0123",
    "quoted": "' OR 1=1; --",
    "control": "a\x00\x1f\x7f",
    "surrogate": "a\ud800",
    "wide": "Ａ９é",
    "path": "..",
    "empty": "",
}


class Everything:
    """Every function's real handler, for one caller, over one table."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        DynamoWorkspaces(self.table).create(a_workspace())
        patch.setattr("shared.compose.DynamoTable", lambda client, name: self.table)
        patch.setattr("shared.compose.SystemClock", lambda: self.clock)
        patch.setattr("shared.compose.SharedGate", lambda *_: OpenGate())
        patch.setattr("shared.compose.Identifier", lambda *_: self._identify)
        self._role = ""
        self._handlers: dict[str, App] = {}

    def _identify(self, request: Request) -> Identity:
        return Identity("acme", self._role, "somebody", frozenset(SCOPES))

    def ask(
        self,
        route: Route,
        path: dict[str, str],
        body: object = None,
        headers: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        """Ask as the first role that may; values that no path can carry get there all the same."""
        self._role = min(route.roles)
        if route.function not in self._handlers:
            module = importlib.import_module(f"functions.{route.function}.handler")
            settings = importlib.import_module(f"functions.{route.function}.settings").Settings
            self._handlers[route.function] = module.build(settings.read())
        handler = self._handlers[route.function]

        event = http_event(
            route.method,
            route.path,
            route.key,
            body=body,
            headers=headers,
            query=query,
            base64_encoded=isinstance(body, bytes),
        )
        answer = handler(event | {"pathParameters": path}, LambdaContext())
        return Answer(answer["statusCode"], answer["headers"], answer["body"])


@pytest.fixture(scope="module")
def everything() -> Iterator[Everything]:
    """Made once: nothing that is asked for here changes what others are answered."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        place = {"LocationConstraint": os.environ["AWS_REGION"]}
        client: Any = boto3.client("s3")
        client.create_bucket(Bucket=os.environ["EXPORT_BUCKET"], CreateBucketConfiguration=place)
        yield Everything(patch)


def parameters(route: Route) -> dict[str, str]:
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return {name: "acme" if name == "workspaceId" else "something" for name in names}


def queries(route: Route) -> list[str]:
    operation = DOCUMENT["paths"].get(route.path, {}).get(route.method.lower(), {})
    found = []
    for parameter in operation.get("parameters", []):
        name = parameter.get("$ref", "").rpartition("/")[2]
        told = DOCUMENT["components"]["parameters"][name] if name else parameter
        if told["in"] == "query" and told["name"] != "workspaceId":
            found.append(told["name"])
    return found


def refused(answer: Answer) -> bool:
    """Whether an answer is a refusal that says what is wrong, not an error of ours."""
    assert answer.status < 500, answer
    return 400 <= answer.status < 500


def key_of(value: object) -> str:
    return value.key if isinstance(value, Route) else str(value)


@pytest.mark.parametrize("route", WITH_PARAMETERS, ids=key_of)
def test_no_path_brings_an_error(everything: Everything, route: Route) -> None:
    for name in parameters(route):
        for value in HOSTILE.values():
            path = parameters(route) | {name: value}
            answer = everything.ask(route, path, body={})
            assert answer.status < 500, (name, value[:40], answer)


@pytest.mark.parametrize("route", GUARDED, ids=key_of)
def test_no_query_brings_an_error(everything: Everything, route: Route) -> None:
    for name in [*queries(route), "surprise"]:
        for value in set(HOSTILE.values()) - {HOSTILE["surrogate"]}:  # no query can hold one
            answer = everything.ask(route, parameters(route), query={name: value}, body={})
            assert answer.status < 500, (name, value[:40], answer)
            if name == "surprise" or len(value) > 1_024:
                assert refused(answer), (name, value[:40], answer)


@pytest.mark.parametrize("route", [r for r in GUARDED if r.method in {"POST", "PUT"}], ids=key_of)
def test_no_body_brings_an_error(everything: Everything, route: Route) -> None:
    taken = DOCUMENT["paths"][route.path][route.method.lower()].get("requestBody")
    deep = b"[" * 100_000 + b"]" * 100_000
    bodies: dict[str, tuple[Any, set[int]]] = {
        "too large": (b"x" * (MAX_BODY_BYTES + 1), {413}),
        "too large, as text in base64": (b'"' + b"y" * MAX_BODY_BYTES + b'"', {413}),
        "not JSON": (b"\xff\xfe{", {422}),
        "no object": (b"[]", {422}),
        "deep": (deep, {422}),
        "a large number": (b'{"amount": 1e999999999}', {422}),
        "members upon members": (json.dumps({f"m{n}": 1 for n in range(20_000)}).encode(), {422}),
        "a lone surrogate": (b'{"userId": "\\ud800"}', {422}),
    }
    if taken is None:
        return
    # As plain JSON an event is its data alone, and refused for its missing headers before all else.
    whole = "application/cloudevents+json"
    headers = {"content-type": whole if whole in taken["content"] else "application/json"}
    for name, (body, statuses) in bodies.items():
        answer = everything.ask(route, parameters(route), body=body, headers=headers)
        assert answer.status in statuses, (name, answer)
    wrong = {"content-type": "text/csv"}
    assert everything.ask(route, parameters(route), body=b"{}", headers=wrong).status == 415


@pytest.mark.parametrize("route", [r for r in GUARDED if r.method == "POST"], ids=key_of)
@pytest.mark.parametrize("key", ["", "k" * 129, "a b", "é", "a#b"])
def test_no_idempotency_key_brings_an_error(everything: Everything, route: Route, key: str) -> None:
    headers = {"idempotency-key": key}
    answer = everything.ask(route, parameters(route), body={}, headers=headers)
    assert refused(answer)
