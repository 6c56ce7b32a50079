"""Refusals: RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field, WithJsonSchema
from typing_extensions import TypeAliasType

from openapi.values import Count, Id, Timestamp, View, absent
from shared.domain import errors as tree
from shared.domain.errors import TallyError


def errors() -> Iterator[type[TallyError]]:
    """Every refusal there is."""
    for found in vars(tree).values():
        if isinstance(found, type) and issubclass(found, TallyError) and found is not TallyError:
            yield found


CODES: Final = tuple(error.code for error in errors())

ErrorCode = TypeAliasType(
    "ErrorCode",
    Annotated[
        str,
        WithJsonSchema({
            "type": "string",
            "enum": list(CODES),
            "description": "What went wrong, for programs: decide by this, never by the texts.",
        }),
    ],
)  # fmt: skip


class FieldProblem(View):
    """What is wrong with one member or parameter."""

    pointer: str = Field(
        description="A JSON pointer into the body, `?name` for a query parameter, or a header's name.",
        examples=["/tokens/input"],
    )
    message: str = Field(examples=["must be greater than or equal to 0"])


class Problem(View):
    """A refusal."""

    type: str = Field(examples=["urn:tally:problem:validation_failed"])
    title: str = Field(examples=["The request is not valid"])
    status: int = Field(ge=400, le=599, examples=[422])
    detail: str = Field(examples=["/tokens/input: must be greater than or equal to 0."])
    instance: str = absent(examples=["/api/usage-logs"])
    code: ErrorCode
    request_id: str = absent(examples=["0f5c2a4e-8b1d-4a7c-9f63-1c0d2e3f4a5b"])
    errors: list[FieldProblem] = absent()
    balance: int = absent(description="With `insufficient_credits`: what there is.")
    required: Count = absent(description="With `insufficient_credits`: what is needed.")
    allowed: list[str] = absent(
        description="With `method_not_allowed`: the methods of the path.", examples=[["GET"]]
    )
    resets_at: Timestamp = absent(description="With `limit_exceeded`: when the limit resets.")
    threshold_id: Id = absent(description="With `limit_exceeded`: the threshold that blocks.")
