"""The edge: health, and whatever has no route (SEC-1, OPS-2)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.edge.handler import build
from functions.edge.settings import Settings
from shared.http.app import App
from shared.routes import ROUTES
from shared.store.dynamo import DynamoTable
from tests.client import Client

ROOT = Path(__file__).parents[2]


def edge(environ: Mapping[str, str] | None = None) -> App:
    return build(Settings.read({**os.environ, **(environ or {})}))


@pytest.fixture
def anybody(moto_table: DynamoTable) -> Client:
    return Client(edge())


def test_health_needs_no_credential_and_names_the_version(anybody: Client) -> None:
    answer = anybody.get("/api/health")

    assert (answer.status, answer.body) == (200, {"status": "ok", "version": "0.0.0-test"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-request-id"] == "req-1"


def test_a_bad_credential_does_not_keep_anybody_from_asking_for_health(
    moto_table: DynamoTable,
) -> None:
    assert Client(edge(), "nonsense").get("/api/health").status == 200


@pytest.mark.usefixtures("aws")
def test_health_is_a_problem_when_the_table_is_not_there() -> None:
    answer = Client(edge()).get("/api/health")

    assert (answer.status, answer.body["code"]) == (503, "unavailable")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "1"
    assert "tally-test" not in str(answer.body), "the table's name is nobody's business"


def test_health_is_a_problem_when_nothing_answers() -> None:
    environ = {**os.environ, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    script = (
        "from functions.edge.handler import handler\n"
        "from tests.factories import LambdaContext, http_event\n"
        "print(handler(http_event('GET', '/api/health'), LambdaContext())['statusCode'])\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.stdout.splitlines()[-1:] == ["503"], run.stderr


def test_health_takes_no_parameters(anybody: Client) -> None:
    assert anybody.get("/api/health", verbose="1").status == 422


@pytest.mark.parametrize("path", ["/", "/api", "/api/nothing", "/api/usage-logs/a/b/c", "/favicon"])
def test_a_path_that_is_not_there_is_a_problem(anybody: Client, path: str) -> None:
    answer = anybody.get(path)

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.body["code"] == "not_found"
    assert answer.body["instance"] == path
    assert answer.body["requestId"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_another_method_of_a_path_is_refused_naming_those_there_are(
    anybody: Client, path: str
) -> None:
    answer = anybody.send("PATCH", path.replace("{", "").replace("}", ""))

    methods = sorted(route.method for route in ROUTES if route.path == path)
    assert (answer.status, answer.body["code"]) == (405, "method_not_allowed")
    assert set(methods) <= set(answer.body["allowed"])


def test_no_function_loads_the_token_library_before_there_is_a_token() -> None:
    names = sorted(file.parent.name for file in (ROOT / "functions").glob("*/handler.py"))
    script = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(f'functions.{{name}}.handler')\n"
        "print(sorted({'jwt', 'cryptography'} & set(sys.modules)))\n"
    )

    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "admin" in names
    assert run.stdout.splitlines()[-1] == "[]"
