"""The document, put together: a row of the routes table and what is said about it make an operation."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from openapi import refusals
from openapi.examples import Examples, unmarked
from openapi.models.problems import Problem
from openapi.operation import JSON, Answer, Body, Media, Operation
from openapi.operations import GROUPS
from openapi.parameters import PATH, WORKSPACE, Parameter
from openapi.schemas import reference, schemas_of
from openapi.values import JsonSchema
from shared.domain.ids import ID
from shared.http.messages import MAX_BODY_BYTES
from shared.routes import ROLES, ROUTES, SERVICE, Route

ROOT: Final = Path(__file__).resolve().parent.parent
FILE: Final = ROOT / "functions" / "edge" / "openapi.json"

INTRODUCTION: Final = f"""\
A usage meter and credit ledger: backends report what their users consumed, Tally prices it, deducts credits
and keeps the books.

**Money** is a JSON number with an exact decimal literal: read it into a decimal type. Credits, tokens and
counts are whole numbers.

**Times** are RFC 3339, in UTC on the way out; days are local days of the workspace.

**Bodies** are strict: unknown members and parameters are refused, `null` for an optional member means
absent, at most {MAX_BODY_BYTES // 2**20} MB.

**Lists** take `page` and `limit`, or `cursor` to go on where a page ended.

**Every POST** takes an `Idempotency-Key`: a repeat answers what the first time made, with status 200 and
`Idempotent-Replayed: true`.

**Errors** are problem details (RFC 9457): decide by `code`. What belongs to another workspace or another
user is 404, as if it did not exist.
"""

HEADERS: Final[dict[str, JsonSchema]] = {
    "x-request-id": {
        "description": "What to name when asking about this request.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true` when the answer repeats an earlier one.",
        "schema": {"type": "string", "const": "true"},
    },
    "ETag": {"description": "The version of this answer.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds to wait before trying again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Limit": {
        "description": "Requests allowed in a window.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Remaining": {
        "description": "Requests left in this window.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Reset": {
        "description": "Seconds until the window ends.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string"},
    },
}

IDEMPOTENCY_KEY: Final[JsonSchema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Makes repeating the request harmless. For one usage log it is the log's id.",
    "schema": {"type": "string", "pattern": f"^{ID.pattern}$", "examples": ["order-4711"]},
}
IF_NONE_MATCH: Final[JsonSchema] = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` one has: if it still holds, the answer is 304 without a body.",
    "schema": {"type": "string"},
}

SECURITY_SCHEMES: Final[dict[str, JsonSchema]] = {
    "idToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A person: an OIDC id token. Access tokens are refused.",
    },
    "apiKeyBearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A backend: an API key. The role list of an operation names the scope it needs.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "A backend: the same key in a header of its own.",
    },
}


def document() -> JsonSchema:
    """The OpenAPI document of every route of the table.

    Raises:
        ValueError: a route is not described.
    """
    operations = {key: op for group in GROUPS for key, op in group.operations.items()}
    missing = [route.key for route in ROUTES if route.key not in operations]
    if missing:
        raise ValueError(f"openapi/operations says nothing about {', '.join(missing)}")
    described = {route: operations[route.key] for route in ROUTES}
    schemas = schemas_of(_models(described.values()))
    paths: dict[str, JsonSchema] = {}
    for route, operation in described.items():
        shown = _Shown(route, operation).operation()
        paths.setdefault(route.path, {})[route.method.lower()] = shown
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Tally",
            "version": _version(),
            "summary": "A serverless usage meter and credit ledger",
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "..", "description": "Where this document comes from."}],
        "tags": [{"name": group.name, "description": group.description} for group in GROUPS],
        "paths": paths,
        "components": {
            "schemas": unmarked(schemas),
            "responses": refusals.shared_responses(),
            "parameters": _shared_parameters(described.values()),
            "examples": _examples(described.values(), schemas) | refusals.examples(),
            "headers": HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _examples(operations: Any, schemas: dict[str, JsonSchema]) -> dict[str, JsonSchema]:
    """An example of each model that stands for a whole body and is not shown by the operation itself."""
    examples = Examples(schemas)
    own = {op.body.model for op in operations if op.body is not None and op.body.examples}
    own.add(Problem)
    shown = {model.__name__: model for model in _models(operations) if model not in own}
    return {name: {"value": examples.of(reference(model))} for name, model in sorted(shown.items())}


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def _models(operations: Any) -> Iterator[type[BaseModel]]:
    yield Problem
    for operation in operations:
        for part in (operation.body, *operation.answers.values()):
            contents = () if part is None else part.content.values()
            yield from (model for model in contents if model is not None)


def _shared_parameters(operations: Any) -> dict[str, JsonSchema]:
    used = {WORKSPACE.key: WORKSPACE.document()}
    for operation in operations:
        used |= {p.key: p.document() for p in operation.query if p.key}
    return {key: used[key] for key in sorted(used)} | {
        "IdempotencyKey": IDEMPOTENCY_KEY,
        "IfNoneMatch": IF_NONE_MATCH,
    }


class _Shown:
    """One operation on its way into the document."""

    def __init__(self, route: Route, operation: Operation) -> None:
        self._route = route
        self._operation = operation

    def operation(self) -> JsonSchema:
        """The operation object."""
        route, operation = self._route, self._operation
        shown: JsonSchema = {
            "operationId": operation.id,
            "tags": [next(g.name for g in GROUPS if route.key in g.operations)],
            "summary": operation.summary,
        }
        if operation.description:
            shown["description"] = operation.description
        shown |= self._access()
        parameters = [*self._parameters()]
        if parameters:
            shown["parameters"] = parameters
        if operation.body is not None:
            shown["requestBody"] = self._body(operation.body)
        return shown | {"responses": self._responses()}

    def _access(self) -> JsonSchema:
        """Who may: for tools as security requirements, for people by role."""
        route = self._route
        if route.public:
            return {"security": []}
        security: list[JsonSchema] = []
        if route.roles - {SERVICE}:
            security.append({"idToken": []})
        if SERVICE in route.roles:
            security += [{name: [route.scope]} for name in ("apiKeyBearer", "apiKey")]
        roles = [role for role in ROLES if role in route.roles]
        return {"security": security, "x-roles": roles}

    def _parameters(self) -> Iterator[JsonSchema]:
        route, operation = self._route, self._operation
        for name in re.findall(r"{(\w+)}", route.path):
            yield {"name": name, "in": "path", "required": True, **PATH[name]}
        queries = list(operation.query)
        if not route.public and "{workspaceId}" not in route.path:
            queries.append(WORKSPACE)
        yield from (_parameter(query) for query in queries)
        yield from (header.document("header") for header in operation.headers)
        if route.method == "POST":
            yield {"$ref": "#/components/parameters/IdempotencyKey"}
        if operation.conditional:
            yield {"$ref": "#/components/parameters/IfNoneMatch"}

    def _body(self, body: Body) -> JsonSchema:
        if not body.examples:
            return {"required": body.required, "content": self._content(body.content)}
        given = {title: {"value": value} for title, value in body.examples.items()}
        content = {JSON: {"schema": reference(body.model), "examples": given}}
        return {"required": body.required, "content": content | self._content(body.media)}

    def _responses(self) -> JsonSchema:
        """Successes, then refusals. A repeated POST answers 200 what the first time made."""
        route, operation = self._route, self._operation
        answers = dict(operation.answers)
        made = next((answers[status] for status in (201, 202) if status in answers), None)
        if route.method == "POST" and made is not None and 200 not in answers:
            answers[200] = replace(made, description="A repeat: what the first time made.")
        shown = {str(status): self._success(status, answers[status]) for status in sorted(answers)}
        if operation.conditional:
            shown["304"] = {
                "description": "What the `If-None-Match` names still holds.",
                "headers": _headers("x-request-id", "ETag"),
            }
        return shown | refusals.responses(refusals.refusals_of(route, operation))

    def _success(self, status: int, found: Answer) -> JsonSchema:
        names = ["x-request-id"]
        if self._route.method == "POST" and status == 200:
            names.append("Idempotent-Replayed")
        if self._operation.conditional:
            names.append("ETag")
        shown: JsonSchema = {"description": found.description, "headers": _headers(*names)}
        content = self._content(found.content)
        return shown | {"content": content} if content else shown

    def _content(self, media: Media) -> JsonSchema:
        content: JsonSchema = {}
        for name, model in media.items():
            if model is None:
                content[name] = {"schema": {"type": "string"}}
                continue
            shown = {"$ref": f"#/components/examples/{model.__name__}"}
            content[name] = {"schema": reference(model), "examples": {model.__name__: shown}}
        return content


def _parameter(query: Parameter) -> JsonSchema:
    return {"$ref": f"#/components/parameters/{query.key}"} if query.key else query.document()


def _headers(*names: str) -> JsonSchema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
