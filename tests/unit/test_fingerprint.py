"""A repeat is told from another request under the same id, member by member (REC-4)."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.fingerprint import DIGEST_BYTES, differing, fingerprint, members_of
from shared.http import json

NONCE = bytes(range(16))
numbers = st.integers(-(10**20), 10**20) | st.decimals(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)
names = st.sampled_from(["userId", "service", "model", "credits", "cost", "metadata", "status"])
tokens = st.integers(0, 10**12) | st.dictionaries(
    st.sampled_from(["input", "output", "cachedInput"]), st.none() | st.integers(0, 10**9)
)
bodies = st.builds(
    lambda body, tokens: body | ({} if tokens is None else {"tokens": tokens}),
    st.dictionaries(names, values),
    st.none() | tokens,
)


def differences(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """Pointers told to who sends `second` under the id of `first`."""
    return differing(fingerprint(members_of(first), NONCE), members_of(second), NONCE)


@given(bodies, st.randoms(use_true_random=False))
def test_the_same_body_is_the_same_whatever_the_order_of_its_members(
    body: dict[str, Any], shuffler: Any
) -> None:
    """REC-4: the same id and body is a replay."""
    items = list(deepcopy(body).items())
    shuffler.shuffle(items)
    assert differences(body, dict(items)) == []


@given(bodies)
def test_a_body_sent_as_json_again_is_the_same(body: dict[str, Any]) -> None:
    again = json.parse(json.compact(body).encode())
    assert isinstance(again, dict)
    assert differences(body, again) == []


@given(bodies, names, values)
def test_each_member_that_changed_is_named_and_no_other(
    body: dict[str, Any], name: str, value: Any
) -> None:
    """REC-4: another body under the same id is refused with what differs."""
    changed = body | {name: value}
    same = members_of(body).get(f"/{name}") == members_of(changed).get(f"/{name}")
    assert differences(body, changed) == ([] if same else [f"/{name}"])


@given(bodies)
def test_null_is_the_same_as_absent(body: dict[str, Any]) -> None:
    assert differences(body, body | {"requestId": None}) == []
    assert differences(body | {"requestId": None}, body) == []
    assert differences(body | {"requestId": ""}, body) == ["/requestId"]


def test_tokens_are_compared_part_by_part() -> None:
    first = {"tokens": {"input": 5, "output": 2, "reasoning": None}}
    assert differences(first, {"tokens": {"output": 2, "input": 5}}) == []
    assert differences(first, {"tokens": {"input": 6, "output": 2}}) == ["/tokens/input"]
    assert differences(first, {"tokens": {"input": 5}}) == ["/tokens/output"]
    assert differences(first, {"tokens": 7}) == ["/tokens", "/tokens/input", "/tokens/output"]
    assert differences({"tokens": 7}, {"tokens": 7}) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1", "1.0"),
        ("1", "1e0"),
        ("100", "1E2"),
        ("0", "-0.0"),
        ("0.50", "5e-1"),
        ("1e400000", "10e399999"),
        ("12345678901234567890.10", "12345678901234567890.1"),
    ],
)
def test_a_number_is_its_value_not_its_spelling(first: str, second: str) -> None:
    one, other = (json.parse(f'{{"cost":{text}}}'.encode()) for text in (first, second))
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    assert differences(one, other) == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, "1"),
        (1, True),
        (0, False),
        ("true", True),
        ([], {}),
        ([1, 2], [2, 1]),
        ([1, [2]], [[1], 2]),
        ({"a": None}, {}),
        ("null", [None]),
        (Decimal("0.1"), Decimal("0.10000000000000000000000000000000001")),
        (Decimal(1), Decimal("1.00000000000000000000000000000000001")),
        ("é", "e\u0301"),
    ],
)
def test_values_that_are_not_the_same_differ(first: object, second: object) -> None:
    assert differences({"metadata": first}, {"metadata": second}) == ["/metadata"]


def test_a_number_of_many_zeros_is_not_written_out() -> None:
    """A few bytes in a body must not become a gigabyte of zeros here."""
    members = members_of(
        {"metadata": {"n": Decimal("1E+999999999"), "m": Decimal("-1E-999999999")}}
    )
    assert len(members["/metadata"]) < 50


def test_members_can_be_left_out_of_the_comparison() -> None:
    assert members_of({"id": "x", "credits": 1}, frozenset({"id"})) == members_of({"credits": 1})


@given(st.text(max_size=20), st.binary(min_size=16, max_size=16))
def test_a_digest_is_short_and_means_nothing_without_its_nonce(text: str, nonce: bytes) -> None:
    digest = fingerprint({"/userId": text}, nonce)["/userId"]
    assert len(digest) == DIGEST_BYTES
    if nonce != NONCE:
        assert digest != fingerprint({"/userId": text}, NONCE)["/userId"]
