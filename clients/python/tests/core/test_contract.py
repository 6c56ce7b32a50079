"""Every route and every member of the API's own document is in the client."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from tally import types as results
from tally._async import AsyncTally
from tally._bind import every, every_awaited
from tally._call import Call
from tally._client import Tally
from tally._decode import camel, decode
from tally._errors import BY_CODE
from tally._operations import administration, analytics, credits, exports, thresholds, usage

DOCUMENT = json.loads(
    (Path(__file__).resolve().parents[4] / "functions" / "edge" / "openapi.json").read_text()
)
MODULES = (usage, credits, analytics, thresholds, exports, administration)
NOT_FOR_PROGRAMS = {"/api/reference", "/api/reference/{}"}
SENT = {"scope": "user", "metric": "cost"}
ARGUMENTS: dict[str, Any] = {
    "rows": [{"user_id": "alice", "service": "chat"}],
    "events": [{}],
    "event": {},
    "limit": SENT,
    "credits": 1,
}


def operations() -> Iterator[tuple[str, Callable[..., Call[Any]]]]:
    """What makes calls."""
    for module in MODULES:
        for name, found in vars(module).items():
            own = getattr(found, "__module__", "") == module.__name__
            if (
                own
                and not name.startswith(("_", "batch_of"))
                and _returns(found).startswith("Call[")
            ):
                yield name, found


def _returns(found: Any) -> str:
    annotations = getattr(found, "__annotations__", {})
    return str(annotations.get("return", "")) if inspect.isfunction(found) else ""


def call_of(name: str, build: Callable[..., Call[Any]]) -> Iterator[Call[Any]]:
    """The calls it makes with the fewest arguments, and with a user where it is asked for one."""
    given: dict[str, Any] = {}
    for parameter in inspect.signature(build).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            given |= {"user_id": "alice", "service": "chat"} if name == "record_usage" else {}
            given |= SENT if "threshold" in name else {}
        elif parameter.default is parameter.empty:
            given[parameter.name] = ARGUMENTS.get(parameter.name, "x")
    if name == "deduct_credits":
        given["credits"] = 1
    yield build(**given)
    if "user_id" in inspect.signature(build).parameters:
        yield build(**{**given, "user_id": "x"})


def shape(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


DOCUMENTED = {
    (method.upper(), shape(path)): operation
    for path, found in DOCUMENT["paths"].items()
    for method, operation in found.items()
    if shape(path) not in NOT_FOR_PROGRAMS
}


def test_every_route_of_the_document_is_sent_and_no_other() -> None:
    sent = {
        (call.method, re.sub(r"/x(?=/|$)", "/{}", call.path))
        for name, build in operations()
        for call in call_of(name, build)
    }
    assert sent == set(DOCUMENTED) | {("GET", "/api/openapi.json")}


def parameters(operation: dict[str, Any]) -> set[str]:
    found = set()
    shared = DOCUMENT["components"]["parameters"]
    for named in operation.get("parameters", []):
        parameter = shared[named["$ref"].rsplit("/", 1)[-1]] if "$ref" in named else named
        if parameter["in"] == "query":
            found.add(parameter["name"])
    return found - {"workspaceId"}


EXPORT_FILTERS = {"provider", "country", "platform", "status", "kind"}
"""Of summaries as files: each is a dimension of its own to group by."""


def test_every_parameter_of_the_document_can_be_given() -> None:
    missing = {}
    accepted: dict[tuple[str, str], set[str]] = {}
    for name, build in operations():
        names = {camel(each) for each in inspect.signature(build).parameters}
        for call in call_of(name, build):
            key = (call.method, re.sub(r"/x(?=/|$)", "/{}", call.path))
            accepted.setdefault(key, set()).update(names)
    for key, operation in DOCUMENTED.items():
        left = parameters(operation) - accepted[key]
        if key[1] == "/api/analytics/export":
            left -= EXPORT_FILTERS
        if left:
            missing[key] = left
    assert missing == {}


@pytest.mark.parametrize("kind", [Tally, AsyncTally])
def test_every_operation_is_a_method_of_both_clients(kind: type) -> None:
    client = kind("key", "http://127.0.0.1:1")
    groups = [client, *(each for each in vars(client).values() if hasattr(each, "_send"))]
    offered = {
        inspect.unwrap(found)
        for group in groups
        for found in vars(type(group)).values()
        if inspect.isfunction(found)
    }
    left = {name for name, build in operations() if build not in offered}
    assert left == set()


SCHEMAS = DOCUMENT["components"]["schemas"]
OTHERWISE_NAMED = {
    "BatchResult": "BatchAnswer",
    "ExportState": "ExportAnswer",
    "Recorded": "RecordedAnswer",
    "RowResult": "BatchResult",
}


def _schemas() -> Iterator[tuple[type, dict[str, Any]]]:
    for name in results.__all__:
        kind = getattr(results, name)
        schema = SCHEMAS.get(OTHERWISE_NAMED.get(name, name)) or SCHEMAS.get(f"{name}Answer")
        if dataclasses.is_dataclass(kind) and schema and "properties" in schema:
            yield kind, schema  # type: ignore[misc]


def test_every_member_of_the_documents_results_is_a_field() -> None:
    compared = dict(_schemas())
    assert len(compared) > 35
    missing = {
        kind.__name__: left
        for kind, schema in compared.items()
        if (left := set(schema["properties"]) - {camel(f.name) for f in dataclasses.fields(kind)})
    }
    assert missing == {}


def test_what_the_document_may_leave_out_is_optional_here() -> None:
    wrong = []
    for kind, schema in _schemas():
        hints = get_type_hints(kind)
        for field in dataclasses.fields(kind):
            needed = field.default is dataclasses.MISSING
            null = types.NoneType in get_args(hints[field.name])
            if needed and camel(field.name) not in schema.get("required", ()) and not null:
                wrong.append(f"{kind.__name__}.{field.name}")
    assert wrong == []


def _examples() -> Iterator[tuple[type, Any]]:
    for kind, schema in _schemas():
        for example in schema.get("examples", ()):
            yield kind, example


def test_the_documents_examples_are_read() -> None:
    for kind, example in _examples():
        decode(kind, example)


def test_every_code_of_the_document_has_its_class() -> None:
    codes = set(SCHEMAS["ErrorCode"]["enum"])
    assert codes - set(BY_CODE) <= {"unavailable", "internal_error"}


def test_iterators_keep_the_names_of_what_they_list() -> None:
    assert every(usage.usage_logs).__doc__ == usage.usage_logs.__doc__
    assert every_awaited(usage.usage_logs).__name__ == "usage_logs"
