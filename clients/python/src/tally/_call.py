"""One request to the API, as a value: what to send, and how to read what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

from tally._decode import camel, decode, encode, timestamp
from tally._errors import InvalidUsageError, UnexpectedAnswerError
from tally._ids import new_id
from tally._json import dumps
from tally._models.pages import Page

T = TypeVar("T")

Day = date | str
"""A local day of the workspace."""

Moment = datetime | date | str
"""A local day, or an exact time that says its offset."""

REPLAYED: Final = "idempotent-replayed"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no refusal. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def replayed(self) -> bool:
        """Whether it is what an earlier request made."""
        return self.headers.get(REPLAYED) == "true"


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request and the way to read its answer. Sending it twice does no more than sending it once."""

    method: str
    path: str
    read: Callable[[Answer], T]
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def asking(self, **params: object) -> Call[T]:
        """The same with further parameters."""
        return replace(self, params={**self.params, **query(**params)})


def get(path: str, read: Callable[[Answer], T], params: Mapping[str, str] | None = None) -> Call[T]:
    """Something to be read."""
    return Call("GET", path, read, params or {})


def post(
    path: str, read: Callable[[Answer], T], body: object = None, *, key: str | None = None
) -> Call[T]:
    """Something to be made: once, however often it is sent, by the key (a new one unless given)."""
    headers = {"idempotency-key": new_id() if key is None else key}
    return Call("POST", path, read, content=_content(body), headers=headers)


def put(path: str, read: Callable[[Answer], T], body: object) -> Call[T]:
    """Something to be as it is said."""
    return Call("PUT", path, read, content=_content(body))


def delete(path: str, read: Callable[[Answer], T]) -> Call[T]:
    """Something to be gone."""
    return Call("DELETE", path, read)


def _content(body: object) -> bytes | None:
    if body is None:
        return None
    try:
        return dumps(encode(body))
    except (TypeError, ValueError) as error:
        raise InvalidUsageError("", str(error)) from error


def path(template: str, *ids: object) -> str:
    """A path with ids in it, percent-encoded.

    Raises:
        InvalidUsageError: an id is empty or none.
    """
    quoted = [quote(each, safe="") for each in ids if isinstance(each, str) and each]
    if len(quoted) < len(ids):
        raise InvalidUsageError(
            "", f"an id is a text that is not empty, unlike those of {ids!r:.80}"
        )
    return template.format(*quoted)


def query(**params: object) -> dict[str, str]:
    """Parameters by their names in the contract; None is left out.

    Raises:
        InvalidUsageError: a time that does not say its offset.
    """
    return {camel(name): _text(name, value) for name, value in params.items() if value is not None}


def body(**members: object) -> dict[str, object]:
    """Members by their names in the contract; None is left out."""
    return {camel(name): value for name, value in members.items() if value is not None}


def _text(name: str, value: object) -> str:
    if isinstance(value, datetime):
        try:
            return timestamp(value)
        except ValueError as error:
            raise InvalidUsageError(f"?{camel(name)}", str(error)) from error
    return value.isoformat() if isinstance(value, date) else str(value)


def whole(kind: Callable[..., T]) -> Callable[[Answer], T]:
    """Reads the whole answer as one result."""
    return lambda answer: decode(kind, answer.body)


def member(name: str, kind: Callable[..., T]) -> Callable[[Answer], T]:
    """Reads one member of the answer."""
    return lambda answer: decode(kind, members_of(answer).get(name))


def listed(name: str, kind: Callable[..., T]) -> Callable[[Answer], Page[T]]:
    """Reads a page of a list, whose items are the member `name`."""

    def read(answer: Answer) -> Page[T]:
        found = members_of(answer)
        frame: Page[T] = decode(Page, {**found, "items": []})
        items = found.get(name)
        if not isinstance(items, list):
            raise UnexpectedAnswerError(f"no list of {name}")
        return replace(frame, items=tuple(decode(kind, item) for item in items))

    return read


def nothing(answer: Answer) -> None:
    """Reads an answer that has nothing to say."""


def members_of(answer: Answer) -> Mapping[str, Any]:
    """The answer's members.

    Raises:
        UnexpectedAnswerError: it is no object.
    """
    if not isinstance(answer.body, Mapping):
        raise UnexpectedAnswerError("the answer is no JSON object; is the address right?")
    return answer.body
