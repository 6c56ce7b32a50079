"""Answers against the OpenAPI document: what it does not tell of must not come.

Every answer that a test gets through `tests.client` or `tests.e2e.platform` passes here, so a status, a
member or a media type that the document does not have fails the test that met it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.factories import route_of

if TYPE_CHECKING:
    from tests.client import Answer

FILE: Final = Path(__file__).resolve().parents[1] / "functions" / "edge" / "openapi.json"
DOCUMENT: Final[dict[str, Any]] = json.loads(FILE.read_text())
BASE: Final = "urn:tally"
HINT: Final = (
    "The answer and the OpenAPI document disagree. Ask the contract which is wrong; answers are described in "
    "openapi/models, statuses in openapi/operations, and `make openapi` renews the document."
)

_registry: Registry[Any] = Registry().with_resource(BASE, DRAFT202012.create_resource(DOCUMENT))


def check(method: str, path: str, answer: Answer) -> None:
    """Fail when the document does not tell of such an answer to such a request."""
    wrong = list(_wrong(method, path.partition("?")[0], answer))
    assert not wrong, "\n".join(
        [f"{method} {path} answered {answer.status}:", *wrong[:10], HINT, f"{answer.body!r:.2000}"]
    )


def _wrong(method: str, path: str, answer: Answer) -> Iterator[str]:
    route = route_of(method, path)
    if route is None:
        if answer.status not in {404, 405}:
            yield "this path or method is not documented"
        yield from _wrong_body(answer, "#/components/schemas/Problem")
        return
    operation = DOCUMENT["paths"].get(route.path, {}).get(method.lower())
    if operation is None:
        yield "the document does not have this route"
        return
    found = operation["responses"].get(str(answer.status))
    if found is None:
        yield f"the document has no status {answer.status} here"
        return
    yield from _unlike(_resolved(found), answer)


def _unlike(response: Mapping[str, Any], answer: Answer) -> Iterator[str]:
    """Where an answer differs from the response object of its status."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    for name, reference in response["headers"].items():
        header, value = _resolved(reference), headers.get(name.lower())
        if value is None and header.get("required"):
            yield f"the header {name} is missing"
    if "idempotent-replayed" in headers and "Idempotent-Replayed" not in response["headers"]:
        yield "Idempotent-Replayed is not documented here"
    content = response.get("content")
    if content is None:
        if answer.body is not None:
            yield "there is a body where none is documented"
        return
    media_type = headers.get("content-type", "").partition(";")[0]
    if media_type not in content:
        yield f"the media type {media_type!r} is not documented here"
    elif media_type.endswith("json") and "$ref" in content[media_type]["schema"]:
        yield from _wrong_body(answer, content[media_type]["schema"]["$ref"])


def _wrong_body(answer: Answer, reference: str) -> Iterator[str]:
    for error in validator(reference).iter_errors(answer.body):
        yield f"{error.json_path}: {error.message:.500}"


@cache
def validator(reference: str) -> Draft202012Validator:
    """Checks values against a schema of the document: `#/components/schemas/…`."""
    return Draft202012Validator(
        {"$ref": f"{BASE}{reference}"},
        registry=_registry,
        format_checker=FormatChecker(["date", "date-time"]),
    )


def _resolved(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found: dict[str, Any] = dict(value)
    while "$ref" in found:
        reference, found = found["$ref"], DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    return found
