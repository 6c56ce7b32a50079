"""The OpenAPI document as one caller may use it, with ids that there are, and schemathesis run over it."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.documented import DOCUMENT

SECONDS: Final = int(os.environ.get("FUZZ_SECONDS", "8"))
"""For each caller; 0 is as long as the examples take."""

EXAMPLES: Final = int(os.environ.get("FUZZ_EXAMPLES", "100"))
"""For each operation."""

CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
)
"""Not whether bad credentials are refused: so many are throttled (`test_access`, `test_roles` ask that)."""

METHODS: Final = ("get", "put", "post", "delete")
SCHEMES: Final = {"service": "apiKeyBearer"}
"""How a role sends its credential; people send an id token."""


@dataclass(frozen=True, slots=True)
class Known:
    """Values that lead somewhere; others are made up beside them."""

    workspace: str
    values: Mapping[str, list[str]]

    def schema(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        """A parameter's schema that also has the values there are."""
        if name == "workspaceId":
            return {"type": "string", "enum": [self.workspace]}
        if name not in self.values:
            return schema
        return {"anyOf": [{"type": "string", "enum": self.values[name]}, schema]}


def document_for(role: str | None, known: Known) -> dict[str, Any]:
    """What a role may ask for, with its one credential. Without a role: everything, without one."""
    document = copy.deepcopy(DOCUMENT)
    schemas = document["components"]["schemas"]
    for batch in (
        schemas["UsageLogBatch"]["properties"]["usageLogs"],
        schemas.get("CloudEventBatch"),
    ):
        # A bad row has an outcome of its own: the request is a good one whatever its rows are.
        if batch is not None:
            batch["items"] = {"anyOf": [batch["items"], {}]}
    for path in list(document["paths"]):
        item = document["paths"][path]
        for method in [m for m in METHODS if m in item]:
            if role is not None and role not in item[method].get("x-roles", ()):
                del item[method]
            else:
                item[method]["parameters"] = list(_parameters(item[method], role, known))
                item[method]["security"] = [] if role is None else [{_scheme(role): []}]
        if not item:
            del document["paths"][path]
    return document


def _scheme(role: str) -> str:
    return SCHEMES.get(role, "idToken")


def _parameters(
    operation: Mapping[str, Any], role: str | None, known: Known
) -> Iterator[dict[str, Any]]:
    for parameter in operation.get("parameters", ()):
        name = parameter.get("$ref", "").rpartition("/")[2]
        found = DOCUMENT["components"]["parameters"][name] if name else parameter
        names_workspace = found["name"] == "workspaceId" and found["in"] == "query"
        if names_workspace and role != "operator":
            continue
        shown = {**found, "schema": known.schema(found["name"], found["schema"])}
        # An operator who names no workspace is in none, so what is asked of one finds nothing.
        needed = names_workspace and operation.get("x-roles") != ["operator"]
        yield shown | {"required": True} if needed else shown


@dataclass(frozen=True, slots=True)
class Outcome:
    """What schemathesis says when it found something (else empty), and how often it saw which status."""

    found: str
    statuses: Mapping[int, int]


def fuzz(document: Mapping[str, Any], url: str, credential: str | None, folder: Path) -> Outcome:
    """Run schemathesis."""
    file, seen = folder / "openapi.json", folder / "seen.har"
    file.write_text(json.dumps(document))
    credentials = () if credential is None else ("--header", f"Authorization: Bearer {credential}")
    budget = ("--max-time", str(SECONDS)) if SECONDS else ()
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("st")), "run", str(file), "--url", url),
            *("--checks", ",".join(CHECKS), "--max-examples", str(EXAMPLES), *budget),
            *("--generation-database", "none", "--continue-on-failure", "--warnings", "off"),
            *("--no-color", "--report-har-path", str(seen), *credentials),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    entries = json.loads(seen.read_text())["log"]["entries"]
    statuses = Counter(int(entry["response"]["status"]) for entry in entries)
    return Outcome("" if done.returncode == 0 else done.stdout + done.stderr, statuses)
