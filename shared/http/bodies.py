"""Bodies into models: strict, and every refusal names its member by a JSON pointer."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from shared.domain.calendar import parse_timestamp
from shared.domain.errors import FieldError, ValidationFailedError
from shared.domain.money import MAX_MONEY, PICOS, picos_of
from shared.http.json import compact

MAX_REPORTED_ERRORS: Final = 20

TAG: Final = "@"
"""Tags of unions start so; they are no members, so they do not belong in a pointer."""

MAX_METADATA_BYTES: Final = 4096
MAX_METADATA_DEPTH: Final = 20
"""Deep enough for any real metadata, and far from what recursion in a reader could choke on."""


def _decimal(value: object) -> object:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _money(value: Decimal) -> Decimal:
    picos_of(value)
    return value


def _timestamp(value: str) -> str:
    parse_timestamp(value)
    return value


def _depth(value: object) -> int:
    deepest, level = 0, [value]
    while level and deepest <= MAX_METADATA_DEPTH:
        deepest += 1
        nested = [v for v in level if isinstance(v, dict | list)]
        level = [m for v in nested for m in (v.values() if isinstance(v, dict) else v)]
    return deepest


def _metadata(value: dict[str, Any]) -> dict[str, Any]:
    if _depth(value) > MAX_METADATA_DEPTH:
        raise ValueError(f"is nested more than {MAX_METADATA_DEPTH} levels deep")
    if len(compact(value).encode()) > MAX_METADATA_BYTES:
        raise ValueError(f"is over {MAX_METADATA_BYTES} bytes as compact JSON")
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:@\-]{1,128}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:@/\-]{1,128}$")]
Money = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_money),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MAX_MONEY // PICOS}),
]
"""An amount of money: a number, exact, not negative, with at most twelve decimals."""

Timestamp = Annotated[
    str, AfterValidator(_timestamp), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""An RFC 3339 time with an offset."""

Metadata = Annotated[dict[str, Any], AfterValidator(_metadata)]
"""A free JSON object of bounded size."""


class Body(BaseModel):
    """A JSON object of the contract: camelCase, exact types, no unknown members, `null` is absent."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: object) -> object:
        if isinstance(value, dict):
            return {name: member for name, member in value.items() if member is not None}
        return value


M = TypeVar("M", bound=Body)


def parse_body(model: type[M], body: Mapping[str, object], prefix: str = "") -> M:
    """The typed body. `prefix` leads the pointers of refusals.

    Raises:
        ValidationFailedError: with one pointer and message for each member that is wrong.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise refusal(error, prefix) from error


def refusal(error: ValidationError, prefix: str = "") -> ValidationFailedError:
    """A pydantic error as a refusal of the contract."""
    errors = [
        FieldError(
            prefix + _pointer(found["loc"], found["type"]), _message(found["type"], found["msg"])
        )
        for found in error.errors(include_url=False, include_input=False)[:MAX_REPORTED_ERRORS]
    ]
    first = errors[0]
    return ValidationFailedError(f"{first.pointer or 'The body'}: {first.message}.", errors)


def _pointer(location: tuple[int | str, ...], kind: str) -> str:
    """The pointer of a location. The unknown member it may end in is the sender's word, no tag."""
    known = location[:-1] if kind == "extra_forbidden" else location
    names = [str(part) for part in known if not str(part).startswith(TAG)]
    names += map(str, location[len(known) :])
    return pointer_to(*names)


def pointer_to(*names: str) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names)


def _message(kind: str, message: str) -> str:
    if kind == "missing":
        return "is needed"
    if kind == "extra_forbidden":
        return "is not a member of this body"
    if kind == "value_error":
        return message.removeprefix("Value error, ")
    # "Input should be a valid string", "List should have at most 2 items": the pointer is the subject.
    _, should, rest = message.partition(" should ")
    return f"must {rest.replace(' after validation', '')}" if should else message
