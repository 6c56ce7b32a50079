"""Bodies into models: strict, and every refusal names its member by a JSON pointer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from shared.domain.errors import FieldError, ValidationFailedError

MAX_REPORTED_ERRORS: Final = 20


class Body(BaseModel):
    """A JSON object of the contract: camelCase, exact types, no unknown members."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
    )


M = TypeVar("M", bound=Body)


def parse_body(model: type[M], body: Mapping[str, object], prefix: str = "") -> M:
    """The typed body; `null` members count as absent. `prefix` leads the pointers of refusals.

    Raises:
        ValidationFailedError: with one pointer and message for each member that is wrong.
    """
    present = {name: value for name, value in body.items() if value is not None}
    try:
        return model.model_validate(present)
    except ValidationError as error:
        raise refusal(error, prefix) from error


def refusal(error: ValidationError, prefix: str = "") -> ValidationFailedError:
    """A pydantic error as a refusal of the contract."""
    errors = [
        FieldError(prefix + _pointer(found["loc"]), _message(found["type"], found["msg"]))
        for found in error.errors(include_url=False, include_input=False)[:MAX_REPORTED_ERRORS]
    ]
    first = errors[0]
    return ValidationFailedError(f"{first.pointer or 'The body'}: {first.message}.", errors)


def _pointer(location: tuple[int | str, ...]) -> str:
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{part}" for part in parts)


def _message(kind: str, message: str) -> str:
    if kind == "missing":
        return "is needed"
    if kind == "extra_forbidden":
        return "is not a member of this body"
    text = message.removeprefix("Value error, ").removeprefix("Input should be ")
    return text if text != message and message.startswith("Value") else f"must be {text}"
