"""The OpenAPI document and the page that shows it, as the function serves them (INT-5)."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions.edge.handler import build
from functions.edge.settings import Settings
from shared.store.dynamo import DynamoTable
from tests.client import Client

ROOT = Path(__file__).parents[2]


@pytest.fixture
def anybody(moto_table: DynamoTable) -> Client:
    return Client(build(Settings.read()))


def test_the_document_that_is_served_is_the_one_that_is_committed(anybody: Client) -> None:
    answer = anybody.get("/api/openapi.json")

    committed = (ROOT / "functions" / "edge" / "openapi.json").read_text()
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert json.dumps(answer.body, default=float) == json.dumps(json.loads(committed))


def test_whoever_has_the_document_is_told_so(anybody: Client) -> None:
    etag = anybody.get("/api/openapi.json").headers["etag"]

    for condition in (etag, f"W/{etag}", f'"another", {etag}', "*"):
        again = anybody.send("GET", "/api/openapi.json", headers={"if-none-match": condition})
        assert (again.status, again.body, again.headers["etag"]) == (304, None, etag)
    changed = anybody.send("GET", "/api/openapi.json", headers={"if-none-match": '"another"'})
    assert changed.status == 200


def test_it_is_compressed_for_whoever_takes_that(anybody: Client) -> None:
    plain = anybody.get("/api/openapi.json")
    compressed = anybody.send("GET", "/api/openapi.json", headers={"accept-encoding": "br, gzip"})

    assert "content-encoding" not in plain.headers
    assert compressed.headers["content-encoding"] == "gzip"
    assert compressed.body == plain.body


def test_the_page_loads_parts_of_its_own_only(anybody: Client) -> None:
    page = anybody.get("/api/reference")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    linked = re.findall(r'(?:src|href)="([^"]+)"', page.body)
    assert {"reference/page.js", "reference/swagger-ui-bundle.js", "openapi.json"} <= set(linked)
    assert all(re.match(r"reference/|openapi\.json|data:", link) for link in linked)
    assert not re.findall(r"<script>|<style|style=|onload=", page.body), "the policy forbids these"


def test_no_script_of_another_origin_runs_and_no_credential_leaves(anybody: Client) -> None:
    policy = anybody.get("/api/reference").headers["content-security-policy"]

    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy


@pytest.mark.parametrize("name", ["page.js", "page.css"])
def test_a_part_of_the_page_has_its_media_type(anybody: Client, name: str) -> None:
    answer = anybody.get(f"/api/reference/{name}")

    kind = {"js": "text/javascript", "css": "text/css"}[name.rpartition(".")[2]]
    assert (answer.status, answer.headers["content-type"]) == (200, f"{kind}; charset=utf-8")


@pytest.mark.parametrize(
    "name", ["handler.py", "index.html.bak", "..%2Fhandler.py", "..%2F..%2Fopenapi.json", "%00"]
)
def test_nothing_else_of_the_function_can_be_read(anybody: Client, name: str) -> None:
    assert anybody.get(f"/api/reference/{name}").status == 404


def test_a_file_takes_no_parameters(anybody: Client) -> None:
    answer = anybody.get("/api/openapi.json", pretty="1")

    assert (answer.status, answer.pointers) == (422, ["?pretty"])
