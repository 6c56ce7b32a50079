"""Money: integers inside, exact decimals outside. This module holds every conversion.

The unit is the pico, 10⁻¹² of the currency. A price per million tokens with six decimals is a whole
number of picos per token, so a price times a count never needs rounding.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

PICOS: Final = 10**12
"""Picos in one unit of the currency."""

MONEY_PLACES: Final = 12
MAX_MONEY: Final = 10**9 * PICOS
"""The largest single amount taken: a thousand million units. It keeps every sum within 38 digits."""

TOKENS_PER_PRICE: Final = 1_000_000
PER_MILLION_PLACES: Final = 6


class Figure:
    """An exact decimal literal on its way out (`0.005`); written to JSON as a bare number."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Figure({self.text})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Figure) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)


def picos_of(amount: Decimal | int, places: int = MONEY_PLACES) -> int:
    """Picos of a decimal amount, exactly.

    Raises:
        ValueError: it is negative, too large, not finite, or has more than `places` decimals.
    """
    value = Decimal(amount)
    if not value.is_finite():
        raise ValueError("must be a finite number")
    if value.is_signed() and value:
        raise ValueError("must not be negative")
    if value > MAX_MONEY // PICOS:
        raise ValueError(f"must be at most {MAX_MONEY // PICOS}")
    coefficient, exponent = digits_of(value)
    if exponent < -places:
        raise ValueError(f"must have at most {places} decimals")
    return int(coefficient) * int(10 ** (exponent + MONEY_PLACES))


def digits_of(value: Decimal | int) -> tuple[str, int]:
    """`(coefficient, exponent)` of a finite number without its sign; the coefficient ends in no zero.

    Exact whatever its length, where `Decimal.normalize` rounds to 28 digits.
    """
    if isinstance(value, int):
        text, exponent = str(abs(value)), 0
    else:
        _, digits, power = value.as_tuple()
        assert isinstance(power, int)
        text, exponent = "".join(map(str, digits)), power
    coefficient = text.rstrip("0")
    return (coefficient, exponent + len(text) - len(coefficient)) if coefficient else ("0", 0)


def picos_per_token(per_million: Decimal | int) -> int:
    """Picos for one token of a price per million tokens (at most six decimals, so it is whole)."""
    return picos_of(per_million, PER_MILLION_PLACES) // TOKENS_PER_PRICE


def fixed_text(scaled: int, places: int) -> str:
    """The shortest exact literal of `scaled` ÷ 10^`places`: no exponent, no trailing zeros."""
    sign = "-" if scaled < 0 else ""
    whole, fraction = divmod(abs(scaled), 10**places)
    if not fraction:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:0{places}d}".rstrip("0")


@lru_cache(maxsize=4096)
def money(picos: int) -> Figure:
    """An amount of money as it is shown. Remembered, for receipts show the same prices over and over."""
    return Figure(fixed_text(picos, MONEY_PLACES))


def per_million(picos: int) -> Figure:
    """Picos for one token, shown as the price of a million."""
    return Figure(fixed_text(picos * TOKENS_PER_PRICE, MONEY_PLACES))


def ratio(numerator: int, denominator: int, places: int) -> Figure:
    """`numerator` ÷ `denominator`, rounded half up (away from zero) to `places` decimals."""
    assert denominator > 0
    scaled, rest = divmod(abs(numerator) * 10**places, denominator)
    if 2 * rest >= denominator:
        scaled += 1
    return Figure(fixed_text(-scaled if numerator < 0 else scaled, places))


def converted(picos: int, rate_picos: int) -> int:
    """An amount in another currency, rounded half up. `rate_picos`: 10⁻¹² of it for one unit."""
    return (2 * picos * rate_picos + PICOS) // (2 * PICOS)


def credits_for(cost_picos: int, credit_value_picos: int) -> int:
    """Credits that cover a cost: cost ÷ credit value, rounded up once."""
    assert credit_value_picos > 0
    return -(-cost_picos // credit_value_picos)
