"""Money is exact: what comes in, what goes out, and what is worked out in between (PRI-3)."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.money import (
    MAX_MONEY,
    MONEY_PLACES,
    PICOS,
    Figure,
    credits_for,
    fixed_text,
    money,
    per_million,
    picos_of,
    picos_per_token,
    ratio,
)

amounts = st.integers(0, MAX_MONEY)
counts = st.integers(-(10**30), 10**30)


@given(amounts)
def test_an_amount_shown_and_read_again_is_the_same(picos: int) -> None:
    """PRI-3: no conversion loses anything."""
    assert picos_of(Decimal(money(picos).text)) == picos


@given(amounts, st.integers(0, 30))
def test_an_amount_means_the_same_however_it_is_written(picos: int, zeros: int) -> None:
    plain = Decimal(money(picos).text)
    padded = Decimal(f"{plain:f}" + ("." if "." not in f"{plain:f}" else "") + "0" * zeros)
    scientific = Decimal(f"{picos}E-{MONEY_PLACES}")
    assert picos_of(plain) == picos_of(padded) == picos_of(scientific) == picos


@given(counts, st.integers(0, 12))
def test_a_literal_is_exact_and_as_short_as_can_be(scaled: int, places: int) -> None:
    text = fixed_text(scaled, places)
    assert Fraction(text) == Fraction(scaled, 10**places)
    assert "e" not in text.lower()
    assert "." not in text or not text.endswith(("0", "."))
    assert text != "-0"


@pytest.mark.parametrize(
    ("amount", "picos"),
    [
        (Decimal("0.005"), 5_000_000_000),
        (Decimal("12.3000075"), 12_300_007_500_000),
        (Decimal("1E-12"), 1),
        (Decimal("1E+9"), MAX_MONEY),
        (Decimal("0E-99"), 0),
        (Decimal("0E+99"), 0),
        (Decimal("-0.0"), 0),
        (7, 7 * PICOS),
    ],
)
def test_amounts_come_in_as_whole_picos(amount: Decimal | int, picos: int) -> None:
    assert picos_of(amount) == picos


@pytest.mark.parametrize(
    "amount",
    [
        "NaN",
        "sNaN",
        "-NaN",
        "Infinity",
        "-Infinity",
        "-1",
        "-1E-30",
        "0.0000000000001",
        "1E-999999999",
        "1000000000.000000000001",
        "1E+999999999",
        "1.0000000000000000000000000000000001",
        "999999999.99999999999999999999999999999",
    ],
)
def test_an_amount_that_can_not_be_exact_is_refused(amount: str) -> None:
    """PRI-3: refused, never rounded, however many digits it has."""
    with pytest.raises(ValueError, match="must"):
        picos_of(Decimal(amount))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=40))
def test_whatever_is_taken_is_taken_exactly(amount: Decimal) -> None:
    try:
        picos = picos_of(amount)
    except ValueError:
        exact = Fraction(amount) * PICOS
        assert exact.denominator > 1 or not 0 <= exact <= MAX_MONEY
    else:
        assert Fraction(picos, PICOS) == Fraction(amount)


@given(st.integers(0, 10**9 * 10**6))
def test_a_price_per_million_is_a_whole_number_of_picos_for_each_token(millionths: int) -> None:
    """PRI-2: so a price times a count of tokens never needs rounding."""
    price = Decimal(millionths).scaleb(-6)
    picos = picos_per_token(price)
    assert Fraction(picos * 1_000_000, PICOS) == Fraction(price)
    assert Fraction(per_million(picos).text) == Fraction(price)


def test_a_price_per_million_has_at_most_six_decimals() -> None:
    assert picos_per_token(Decimal("0.000001")) == 1
    with pytest.raises(ValueError, match="6 decimals"):
        picos_per_token(Decimal("0.0000001"))


@given(counts, st.integers(1, 10**20), st.integers(0, 12))
@example(-1, 2, 0)
@example(1, 2, 0)
@example(125 - 95, 95, 6)
def test_a_ratio_is_rounded_half_up_away_from_zero(
    numerator: int, denominator: int, places: int
) -> None:
    exact = Fraction(numerator, denominator) * 10**places
    rounded = math.floor(abs(exact) + Fraction(1, 2))
    shown = Fraction(ratio(numerator, denominator, places).text) * 10**places
    assert shown == (-rounded if numerator < 0 else rounded)


@given(st.integers(0, 10**30), st.integers(1, 10**21))
def test_credits_cover_the_cost_and_not_one_is_too_many(cost: int, value: int) -> None:
    """PRI-3: cost ÷ credit value, rounded up once."""
    credits = credits_for(cost, value)
    assert credits == math.ceil(Fraction(cost, value))
    assert credits * value >= cost > (credits - 1) * value


def test_a_figure_is_its_literal() -> None:
    assert Figure("0.5") == money(PICOS // 2)
    assert Figure("0.5") != "0.5"
    assert str(money(0)) == "0"
    assert repr(money(PICOS)) == "Figure(1)"
    assert len({Figure("1"), money(PICOS)}) == 1
