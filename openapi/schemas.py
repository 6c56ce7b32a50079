"""JSON Schemas of models: pydantic's, as the contract means them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from openapi.values import JsonSchema
from shared.http.bodies import Body

REFERENCE: Final = "#/components/schemas/{model}"


class _Schemas(GenerateJsonSchema):
    """Decimals are numbers; nothing is titled; a member that may be missing has no default of null."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        """Members stand in the order they were written in."""
        del parent_key
        return value

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """Strict bodies take no numbers in texts."""
        del schema
        return {"type": "number"}

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """`null` in a request and a missing member of an answer are no defaults to tell of."""
        inner = super().default_schema(schema)
        if inner.get("default", ...) is None:
            del inner["default"]
        return inner

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """In a request, `null` for a member that may be missing means that it is."""
        shown = super().model_schema(schema)
        if issubclass(schema["cls"], Body):
            needed = shown.get("required", ())
            for name, member in shown.get("properties", {}).items():
                if name not in needed:
                    shown["properties"][name] = _or_null(member)
        return shown

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Member names are titles enough."""
        del schema
        return False


def _or_null(schema: JsonSchema) -> JsonSchema:
    null = {"type": "null"}
    if null in schema.get("anyOf", ()):
        return schema
    told = {"default", "description", "examples"}
    shown: JsonSchema = {"anyOf": [{n: v for n, v in schema.items() if n not in told}, null]}
    return shown | {name: value for name, value in schema.items() if name in told}


def schemas_of(models: Iterable[type[BaseModel]]) -> dict[str, JsonSchema]:
    """The schemas of the models and of all they refer to, by name."""
    unique = dict.fromkeys(models)
    _, document = models_json_schema(
        [(model, "validation") for model in unique],
        schema_generator=_Schemas,
        ref_template=REFERENCE,
    )
    schemas: dict[str, JsonSchema] = document["$defs"]
    return {name: _untitled(schemas[name]) for name in sorted(schemas)}


def _untitled(schema: JsonSchema) -> JsonSchema:
    return {name: value for name, value in schema.items() if name != "title"}


def reference(model: type[BaseModel]) -> JsonSchema:
    """A reference to a model's schema."""
    return {"$ref": REFERENCE.format(model=model.__name__)}
