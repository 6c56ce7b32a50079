"""Examples made from schemas, so that none is ever out of date.

A member stands there with its own example; one that may be missing does so where it is marked as shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from openapi.values import SHOWN, JsonSchema

PREFIX: Final = "#/components/schemas/"


class Examples:
    """Makes examples of schemas that refer to `components`."""

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._components = components

    def of(self, schema: JsonSchema) -> Any:
        """An example of a schema: its own where it has one, else made of its members'."""
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            return self.of(self._components[schema["$ref"].removeprefix(PREFIX)])
        for name in ("const", "default"):
            if name in schema:
                return schema[name]
        if "enum" in schema:
            return schema["enum"][0]
        for name in ("anyOf", "oneOf"):
            if name in schema:
                return self.of(next(s for s in schema[name] if s.get("type") != "null"))
        return self._of_type(schema)

    def _of_type(self, schema: JsonSchema) -> Any:
        match schema.get("type"):
            case "object":
                needed = schema.get("required", ())
                members = schema.get("properties", {}).items()
                return {n: self.of(s) for n, s in members if n in needed or SHOWN in s}
            case "array":
                return [self.of(schema["items"])]
            case "boolean":
                return True
            case "integer" | "number":
                return schema.get("minimum", 1)
        raise ValueError(f"there is no example for {schema}")


def unmarked(schema: Any) -> Any:
    """The same schema without the marks for examples."""
    if isinstance(schema, dict):
        return {name: unmarked(value) for name, value in schema.items() if name != SHOWN}
    return [unmarked(part) for part in schema] if isinstance(schema, list) else schema
