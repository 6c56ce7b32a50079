"""The OpenAPI document: complete, valid, strict, and what the code says (INT-5)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from openapi.document import FILE, document
from openapi.operations import GROUPS
from shared.domain import errors
from shared.routes import ROUTES, SERVICE, USER
from tests.documented import validator

ROOT = Path(__file__).parents[2]
DOCUMENT = document()
METHODS = ("get", "put", "post", "delete", "patch")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                yield f"{method.upper()} {path}", item[method]


def examples() -> Iterator[tuple[str, Any, Any]]:
    """Where it stands, its schema, the example."""
    shared = DOCUMENT["components"]["examples"]
    for key, operation in operations():
        bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for name, body in bodies.items():
            for media in body.get("content", {}).values():
                for title, example in media.get("examples", {}).items():
                    shown = shared[title] if "$ref" in example else example
                    yield f"{key} {name} {title}", media["schema"], shown["value"]


def test_it_is_a_valid_document() -> None:
    found = list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors())
    assert found == []


def test_the_committed_document_is_what_the_code_says() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "openapi", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_every_route_is_in_it_and_no_other() -> None:
    assert {key for key, _ in operations()} == {route.key for route in ROUTES}
    described = [key for group in GROUPS for key in group.operations]
    assert len(described) == len(set(described))


def test_operations_have_names_of_their_own_and_say_what_they_do() -> None:
    names = [operation["operationId"] for _, operation in operations()]
    assert len(names) == len(set(names))
    assert all(name.isidentifier() and name[0].islower() for name in names)
    assert all(operation["summary"] for _, operation in operations())
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    assert {tag for _, operation in operations() for tag in operation["tags"]} <= tags


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.key)
def test_an_operation_says_who_may_use_it(route: Any) -> None:
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    assert set(operation.get("x-roles", ())) == route.roles
    schemes = {name: scopes for need in operation["security"] for name, scopes in need.items()}
    people = {"idToken"} if route.roles - {SERVICE} else set()
    services = {"apiKey", "apiKeyBearer"} if SERVICE in route.roles else set()
    assert schemes.keys() == people | services
    assert all(schemes[name] == [route.scope] for name in services)
    assert ("401" in operation["responses"]) == (not route.public)


def test_every_object_of_an_answer_is_closed() -> None:
    free = {"FreeObject", "CloudEvent", "OpenApiDocument"}
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if schema.get("type") == "object" and name not in free:
            assert schema["additionalProperties"] is False, name


def test_every_error_of_the_tree_is_a_code_with_an_example() -> None:
    codes = {
        error.code
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, errors.TallyError)
    } - {errors.TallyError.code}
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["ErrorCode"]["enum"]) == codes
    assert codes <= DOCUMENT["components"]["examples"].keys()


def test_every_body_has_an_example() -> None:
    for key, operation in operations():
        bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for name, body in bodies.items():
            for media_type, media in body.get("content", {}).items():
                if media["schema"] != {"type": "string"}:
                    assert media.get("examples"), (key, name, media_type)


def test_every_example_fits_its_schema() -> None:
    checked = 0
    for where, schema, value in examples():
        errors_found = list(validator(schema["$ref"]).iter_errors(value))
        assert [error.message for error in errors_found] == [], where
        checked += 1
    assert checked > len(ROUTES)


def test_every_component_is_used() -> None:
    text = FILE.read_text()
    # Every refusal is there on its own, though some come only beside others of their status.
    for kind in ("schemas", "parameters", "examples", "headers"):
        for name in DOCUMENT["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text, f"{kind}/{name} is not used"


def test_posts_can_be_repeated_and_say_so() -> None:
    for key, operation in operations():
        parameters = [parameter.get("$ref") for parameter in operation.get("parameters", ())]
        repeatable = "#/components/parameters/IdempotencyKey" in parameters
        assert repeatable == key.startswith("POST "), key
        if repeatable:
            assert "Idempotent-Replayed" in operation["responses"]["200"]["headers"], key
            assert "409" in operation["responses"], key


def test_a_list_is_bounded_and_can_be_gone_on_with() -> None:
    for key, operation in operations():
        if operation["operationId"].startswith("list") and operation.get("parameters"):
            names = {str(p.get("$ref", "")).rpartition("/")[2] for p in operation["parameters"]}
            if "Limit" in names:
                assert "Cursor" in names, key


def test_users_have_routes_of_their_own() -> None:
    own = {route.path for route in ROUTES if route.roles == {USER}}
    assert {"/api/accounts/me", "/api/transactions"} <= own
