"""CloudEvents 1.0 as usage: structured mode, batches of it, and binary mode.

An event's `source` and `id` identify its usage log, `time` is when it occurred, `subject` the user; its
data is a usage log as any other. (https://github.com/cloudevents/spec: core, JSON format, HTTP binding)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import unquote

from functions.record_usage.schemas import MAX_BATCH, usage_of
from shared.domain.calendar import parse_timestamp
from shared.domain.errors import (
    FieldError,
    TallyError,
    UnsupportedMediaTypeError,
    ValidationFailedError,
)
from shared.domain.ids import ID
from shared.domain.usage import Usage
from shared.http import json
from shared.http.bodies import MAX_REPORTED_ERRORS, pointer_to
from shared.http.messages import Request

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
JSON: Final = "application/json"
HEADER: Final = "ce-"

SPECVERSION: Final = "1.0"
TYPE: Final = "tally.usage.v1"

ATTRIBUTE: Final = re.compile(r"[a-z0-9]{1,64}", re.ASCII)
MAX_ATTRIBUTE: Final = 1024
"""Characters of an attribute: more than any id, and little beside the data."""

HASH_DIGITS: Final = 40

MEMBERS: Final = {"/id": "id", "/occurredAt": "time", "/userId": "subject"}
"""Members of a usage log that an event has as attributes."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it came: its attributes and its data. `binary`: attributes were headers, data the body."""

    attributes: Mapping[str, object]
    data: object
    binary: bool = False

    def usage(self) -> Usage:
        """The usage it tells of.

        Raises:
            ValidationFailedError: it is not valid, with pointers into the event.
        """
        self._check_attributes()
        if not isinstance(self.data, dict):
            raise ValidationFailedError.of(self.pointer(""), "must be a JSON object, the usage log")
        body = {name: value for name, value in self.data.items() if name != "id"}
        self._check_data(self.data)
        given = {"userId": "subject", "occurredAt": "time"}
        body |= {
            member: self.attributes[name]
            for member, name in given.items()
            if name in self.attributes
        }
        try:
            return usage_of(body, None, lambda: self.log_id)
        except TallyError as error:
            raise self.told(error) from error

    @property
    def log_id(self) -> str:
        """The id of its usage log: `source:id` where that can be one, else its hash."""
        name = f"{self.attributes['source']}:{self.attributes['id']}"
        if ID.fullmatch(name) is not None:
            return name
        return f"ce-{sha256(name.encode()).hexdigest()[:HASH_DIGITS]}"

    def told(self, error: TallyError) -> TallyError:
        """A refusal of its usage in the event's words."""
        return error.relocated(self.pointer)

    def pointer(self, member: str) -> str:
        """Where the event says what a member of the usage log says."""
        attribute = MEMBERS.get(member, "")
        if attribute in self.attributes:
            return self._at(attribute)
        return member if self.binary else f"/data{member}"

    def _at(self, attribute: str) -> str:
        return f"{HEADER}{attribute}" if self.binary else pointer_to(attribute)

    def _check_attributes(self) -> None:
        names = sorted({*self.attributes, *CHECKS})
        wrong = {self._at(name): _wrong(name, self.attributes.get(name)) for name in names}
        _refuse({pointer: message for pointer, message in wrong.items() if message})

    def _check_data(self, data: Mapping[str, object]) -> None:
        """What the data repeats of the event must be the same."""
        same = {
            "/id": data.get("id") in (None, self.attributes["id"], self.log_id),
            "/userId": _agree(data.get("userId"), self.attributes.get("subject")),
            "/occurredAt": _agree(
                _instant(data.get("occurredAt")), _instant(self.attributes.get("time"))
            ),
        }
        _refuse(
            {
                member if self.binary else f"/data{member}": (
                    f"is different from the event's {MEMBERS[member]}"
                )
                for member, agree in same.items()
                if not agree
            }
        )


@dataclass(frozen=True, slots=True)
class Events:
    """What a request brings: one event, or (`batch`) some, each still to be read."""

    batch: bool
    rows: list[object] = field(default_factory=list)


def events_of(request: Request) -> Events:
    """The events of a request, by its media type.

    Raises:
        UnsupportedMediaTypeError: it is sent as something else.
        PayloadTooLargeError, ValidationFailedError: it is too large, no JSON, or no batch of 1 to 500.
    """
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    headers = {
        name.removeprefix(HEADER): value
        for name, value in request.headers.items()
        if name.startswith(HEADER)
    }
    if media_type == STRUCTURED:
        return Events(batch=False, rows=[json.parse(request.body_bytes())])
    if media_type == BATCH:
        rows = json.parse(request.body_bytes())
        if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_BATCH:
            raise ValidationFailedError.of("", f"must be a list of 1 to {MAX_BATCH} events")
        return Events(batch=True, rows=rows)
    if media_type in {JSON, ""} and headers:
        attributes = {name: _decoded(value) for name, value in headers.items()}
        data = json.parse(request.body_bytes())
        return Events(batch=False, rows=[Event(attributes, data, binary=True)])
    raise UnsupportedMediaTypeError(
        f"The body must be {STRUCTURED} or {BATCH}, or {JSON} with the event's attributes in headers."
    )


def event_of(row: object) -> Event:
    """The event of a JSON value; one that came in headers is one already.

    Raises:
        ValidationFailedError: it is no JSON object.
    """
    if isinstance(row, Event):
        return row
    if not isinstance(row, dict):
        raise ValidationFailedError.of("", "must be a JSON object, the event")
    attributes = {n: value for n, value in row.items() if n != "data" and value is not None}
    return Event(attributes, row.get("data"))


def _decoded(value: str) -> str:
    """A header's value: what is not plain ASCII, and quotes and spaces, stand percent-encoded."""
    return unquote(value)


def _wrong(name: str, value: object) -> str:
    """What is wrong with an attribute; empty when nothing is."""
    check = CHECKS.get(name)
    if check is not None:
        return check(value)
    if name == "data_base64":
        return "is not taken: the usage log has to be JSON, in data"
    if ATTRIBUTE.fullmatch(name) is None:
        return "is not a name of an attribute: those have lower-case letters and digits"
    if not isinstance(value, str | int) or len(str(value)) > MAX_ATTRIBUTE:
        return f"must be a string, whole number or boolean of at most {MAX_ATTRIBUTE} characters"
    return ""


def _word(expected: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value is None:
            return "is needed"
        return "" if value == expected else f"must be {expected}"

    return check


def _needed(value: object) -> str:
    if value is None:
        return "is needed"
    if not isinstance(value, str) or not 0 < len(value) <= MAX_ATTRIBUTE:
        return f"must be a string of 1 to {MAX_ATTRIBUTE} characters"
    return ""


def _subject(value: object) -> str:
    if value is None or (isinstance(value, str) and ID.fullmatch(value) is not None):
        return ""
    return "must be a user's id: 1 to 128 letters, digits or . _ : @ -"


def _time(value: object) -> str:
    if value is None:
        return ""
    try:
        if not isinstance(value, str):
            raise ValueError("must be a string")
        parse_timestamp(value)
    except ValueError as error:
        return str(error)
    return ""


def _json_type(value: object) -> str:
    if value is None:
        return ""
    plain = value.split(";")[0].strip().lower() if isinstance(value, str) else ""
    return "" if plain == JSON or plain.endswith("+json") else f"must be {JSON}"


CHECKS: Final[Mapping[str, Callable[[object], str]]] = {
    "specversion": _word(SPECVERSION),
    "type": _word(TYPE),
    "source": _needed,
    "id": _needed,
    "subject": _subject,
    "time": _time,
    "datacontenttype": _json_type,
}
"""The attributes that mean something here; extensions are passed over."""


def _instant(value: object) -> object:
    """A time to compare by; what is none stays what it is, and is like no time."""
    try:
        return parse_timestamp(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _agree(ours: object, theirs: object) -> bool:
    """Whether two say the same, or one says nothing."""
    return ours is None or theirs is None or ours == theirs


def _refuse(wrong: Mapping[str, str]) -> None:
    """Refuse what is wrong, by its pointers.

    Raises:
        ValidationFailedError: something is.
    """
    errors = [FieldError(pointer, message) for pointer, message in wrong.items()]
    if errors:
        detail = f"{errors[0].pointer}: {errors[0].message}."
        raise ValidationFailedError(detail, errors[:MAX_REPORTED_ERRORS])
