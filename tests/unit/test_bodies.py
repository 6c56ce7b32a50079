"""Bodies are strict, and every refusal names its member (REC-2)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator

from shared.domain.errors import ValidationFailedError
from shared.http import json
from shared.http.bodies import (
    MAX_METADATA_BYTES,
    MAX_METADATA_DEPTH,
    MAX_REPORTED_ERRORS,
    Body,
    Id,
    Metadata,
    Money,
    Name,
    parse_body,
)


class Part(Body):
    """A body inside a body."""

    cached_input: Annotated[int, Field(ge=0, le=10)] = 0


class Sample(Body):
    """One of everything."""

    user_id: Id
    model: Name | None = None
    amount: Annotated[int, Field(ge=1)] = 1
    cost: Money | None = None
    block: bool = False
    kind: Literal["daily", "monthly"] = "daily"
    parts: Annotated[list[Part], Field(max_length=2, default_factory=list)]
    metadata: Metadata | None = None

    @field_validator("amount")
    @classmethod
    def _not_thirteen(cls, value: int) -> int:
        if value == 13:
            raise ValueError("brings bad luck")
        return value


def parsed(body: str, prefix: str = "") -> Sample:
    value = json.parse(body.encode())
    assert isinstance(value, dict)
    return parse_body(Sample, value, prefix)


def errors(body: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    with pytest.raises(ValidationFailedError) as error:
        parse_body(Sample, {"userId": "alice"} | dict(body), prefix)
    assert (error.value.status, error.value.code) == (422, "validation_failed")
    return {found.pointer: found.message for found in error.value.errors}


def test_a_body_becomes_exact_types() -> None:
    sample = parsed(
        '{"userId":"alice","cost":0.10,"parts":[{"cachedInput":3}],"metadata":{"a":1.5}}'
    )
    assert (sample.user_id, sample.cost, sample.parts[0].cached_input) == (
        "alice",
        Decimal("0.10"),
        3,
    )
    assert sample.metadata == {"a": Decimal("1.5")}
    assert parsed('{"userId":"a","cost":7}').cost == Decimal(7)


@pytest.mark.parametrize(
    "member", ["model", "amount", "cost", "block", "kind", "parts", "metadata"]
)
def test_null_for_an_optional_member_means_absent(member: str) -> None:
    assert parsed(f'{{"userId":"a","{member}":null}}') == parsed('{"userId":"a"}')
    assert parsed('{"userId":"a","parts":[{"cachedInput":null}]}').parts == [Part()]


def test_null_for_a_needed_member_is_its_absence() -> None:
    with pytest.raises(ValidationFailedError) as error:
        parse_body(Sample, {"userId": None})
    assert [(e.pointer, e.message) for e in error.value.errors] == [("/userId", "is needed")]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"user_id": "alice"}, "/user_id"),
        ({"extra": 1}, "/extra"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"": 1}, "/"),
        ({"@type": 1}, "/@type"),
        ({"parts": [{"@total": 1}]}, "/parts/0/@total"),
        ({"parts": [{}, {"cachedInput": 11}]}, "/parts/1/cachedInput"),
        ({"parts": [{"extra": 1}]}, "/parts/0/extra"),
        ({"parts": [{}, {}, {}]}, "/parts"),
        ({"parts": {}}, "/parts"),
        ({"parts": [[]]}, "/parts/0"),
        ({"amount": 0}, "/amount"),
        ({"amount": 13}, "/amount"),
        ({"amount": "1"}, "/amount"),
        ({"amount": True}, "/amount"),
        ({"amount": Decimal("1.5")}, "/amount"),
        ({"amount": Decimal("1.0")}, "/amount"),
        ({"cost": "0.1"}, "/cost"),
        ({"cost": False}, "/cost"),
        ({"cost": Decimal("-0.1")}, "/cost"),
        ({"cost": Decimal("0.0000000000001")}, "/cost"),
        ({"cost": Decimal(1000000001)}, "/cost"),
        ({"block": 1}, "/block"),
        ({"block": "true"}, "/block"),
        ({"kind": "weekly"}, "/kind"),
        ({"userId": ""}, "/userId"),
        ({"userId": 5}, "/userId"),
        ({"userId": "a\n"}, "/userId"),
        ({"userId": "a/b"}, "/userId"),
        ({"userId": "x" * 129}, "/userId"),
        ({"model": "a b"}, "/model"),
        ({"metadata": []}, "/metadata"),
        ({"metadata": "{}"}, "/metadata"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_refusal_points_at_the_member(body: Mapping[str, object], pointer: str) -> None:
    """422: `errors: [{pointer, message}]`."""
    assert list(errors(body)) == [pointer]


def test_everything_wrong_is_told_at_once_with_a_limit() -> None:
    assert set(errors({"amount": 0, "kind": "x", "extra": 1})) == {"/amount", "/kind", "/extra"}
    assert len(errors({f"extra{n}": n for n in range(100)})) == MAX_REPORTED_ERRORS


def test_a_prefix_leads_the_pointers() -> None:
    """A row of a batch says which row it is."""
    assert list(errors({"amount": 0}, "/usageLogs/7")) == ["/usageLogs/7/amount"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"extra": 1}, "is not a member of this body"),
        ({"amount": 13}, "brings bad luck"),
        ({"amount": 0}, "must be greater than or equal to 1"),
        ({"amount": "1"}, "must be a valid integer"),
        ({"kind": "x"}, "must be 'daily' or 'monthly'"),
        ({"cost": Decimal(-1)}, "must not be negative"),
        ({"parts": [{}, {}, {}]}, "must have at most 2 items, not 3"),
        ({"userId": "a b"}, r"must match pattern '^[A-Za-z0-9._:@\-]{1,128}$'"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_message_is_a_sentence_that_goes_on_from_the_member(
    body: Mapping[str, object], message: str
) -> None:
    assert list(errors(body).values()) == [message]


@given(st.text(min_size=1, max_size=40))
def test_a_refusal_never_repeats_what_was_sent(secret: str) -> None:
    """SEC-3: bodies may hold secrets, and refusals are logged."""
    marked = f"<<{secret}>>"
    for body in ({"userId": marked}, {"amount": marked}, {"kind": marked}, {"metadata": [marked]}):
        found = errors(body)
        assert marked not in str(found)


def nested(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_metadata_is_bounded_in_bytes_and_depth() -> None:
    """SEC-4: metadata sizes are bounded."""
    room = MAX_METADATA_BYTES - len('{"a":""}')
    fits: dict[str, object] = {"a": "x" * room}
    assert parse_body(Sample, {"userId": "a", "metadata": fits}).metadata == fits
    assert list(errors({"metadata": {"a": "x" * (room + 1)}})) == ["/metadata"]
    assert list(errors({"metadata": {"a": "é" * (room // 2 + 1)}})) == ["/metadata"]
    deep = nested(MAX_METADATA_DEPTH)
    assert parse_body(Sample, {"userId": "a", "metadata": deep}).metadata == deep
    assert list(errors({"metadata": nested(MAX_METADATA_DEPTH + 1)})) == ["/metadata"]
    assert list(errors({"metadata": {"a": [[[]]] * 2000}})) == ["/metadata"]


def test_the_detail_says_the_first_thing_that_is_wrong() -> None:
    with pytest.raises(ValidationFailedError, match=r"^/amount: must be greater"):
        parse_body(Sample, {"userId": "a", "amount": 0})
