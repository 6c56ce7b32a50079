"""JSON in and out keeps every decimal exact, and garbage is refused, never an error of ours."""

from __future__ import annotations

import json as standard
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import ValidationFailedError
from shared.domain.money import MAX_MONEY, Figure, money
from shared.http import json

decimals = st.decimals(allow_nan=False, allow_infinity=False, places=12).filter(bool)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | decimals | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.integers(0, MAX_MONEY))
def test_money_goes_out_as_a_bare_exact_number(picos: int) -> None:
    """Money: JSON numbers written as exact decimal literals."""
    text = json.dump({"cost": money(picos)}).decode()
    assert text == f'{{"cost":{money(picos)}}}'
    assert standard.loads(text, parse_float=Decimal)["cost"] == Decimal(picos).scaleb(-12)


@given(values)
def test_what_came_in_is_written_and_read_again_as_the_same(value: object) -> None:
    assert json.parse(json.compact(value).encode()) == value


def test_a_number_with_a_fraction_is_a_decimal_and_never_a_float() -> None:
    assert json.parse(b'{"a":0.1,"b":1e2,"c":1.0,"d":7}') == {
        "a": Decimal("0.1"),
        "b": Decimal("1E+2"),
        "c": Decimal("1.0"),
        "d": 7,
    }
    many = b"0.1234567890123456789012345678901234567890"
    assert str(json.parse(many)) == many.decode()


def test_texts_come_through_in_every_script() -> None:
    value = json.parse('{"ü":"สวัสดี 안녕 😀 \\u00e9"}'.encode())
    assert value == {"ü": "สวัสดี 안녕 😀 é"}
    assert json.dump(value).decode() == '{"ü":"สวัสดี 안녕 😀 é"}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1,}',
        b"{'a':1}",
        b"NaN",
        b"Infinity",
        b"\xff",
        b'"\xed\xa0\x80"',
        b'{"a":"\\ud800"}',
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b"01",
        b"1.",
        b"--1",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 5000,
        b"1e99999999999999999999",
        b"1e-99999999999999999999",
        b'{"metadata":{"n":-1.5E+9999999999999999999999}}',
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_is_refused_and_points_at_the_body(body: bytes) -> None:
    """validation_failed (unparsable JSON too, pointer "")."""
    with pytest.raises(ValidationFailedError) as error:
        json.parse(body)
    assert [found.pointer for found in error.value.errors] == [""]
    assert error.value.status == 422


@given(st.binary(max_size=40))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    try:
        value = json.parse(body)
    except ValidationFailedError:
        return
    assert json.parse(json.compact(value).encode()) == value


def test_a_json_text_kept_as_it_is_stands_in_the_answer() -> None:
    assert (
        json.dump({"metadata": json.raw('{"b":1.50,"a":[]}')}) == b'{"metadata":{"b":1.50,"a":[]}}'
    )


def test_what_has_no_json_form_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match="object has no JSON form"):
        json.dump({"a": object()})
    assert json.dump([Figure("12.3000075")]) == b"[12.3000075]"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is empty: it must be a JSON text"),
        (b" \n", "is empty: it must be a JSON text"),
        (b"[" * 100_000 + b"]" * 100_000, "is nested too deep"),
    ],
)
def test_what_is_empty_or_endless_is_told_in_plain_words(body: bytes, told: str) -> None:
    with pytest.raises(ValidationFailedError) as refused:
        json.parse(body)
    assert [each.message for each in refused.value.errors] == [told]
