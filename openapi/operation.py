"""What there is to say about a route beyond its row in the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel

from openapi.parameters import Parameter
from shared.domain.errors import TallyError

JSON: Final = "application/json"


Media = Mapping[str, type[BaseModel] | None]
"""What stands in a body of each media type: a model, or None for what is no JSON of ours."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its JSON model, or what stands in which media type; neither when there is no body."""

    description: str
    model: type[BaseModel] | None = None
    media: Media = field(default_factory=dict)

    @property
    def content(self) -> Media:
        """The media types, JSON included."""
        return self.media if self.model is None else {JSON: self.model}


@dataclass(frozen=True, slots=True)
class Body:
    """A request body: its JSON model, other media types, and examples of the JSON by name."""

    model: type[BaseModel]
    media: Media = field(default_factory=dict)
    examples: Mapping[str, object] = field(default_factory=dict)
    required: bool = True

    @property
    def content(self) -> Media:
        """The media types, JSON included."""
        return {JSON: self.model, **self.media}


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    `refusals` are those beyond what every route, every body and every POST may answer.
    `conditional` routes answer 304 to an `If-None-Match` that holds.
    """

    id: str
    summary: str
    answers: Mapping[int, Answer]
    description: str = ""
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    body: Body | None = None
    refusals: tuple[type[TallyError], ...] = ()
    conditional: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Operations that belong together, by their routes' keys."""

    name: str
    description: str
    operations: Mapping[str, Operation]


def answer(model: type[BaseModel], status: int = 200) -> dict[int, Answer]:
    """The one success of an operation, described by its model."""
    return {status: Answer(described(model), model)}


def described(model: type[BaseModel]) -> str:
    """What a model's docstring says."""
    return " ".join((model.__doc__ or "").split())
