"""JSON in and out, with every decimal exact.

Numbers with a fraction come in as `Decimal`, never as a binary float; `Figure`s go out as the bare
literals they hold.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from shared.domain.errors import ValidationFailedError
from shared.domain.money import Figure

_decoder = msgspec.json.Decoder(float_hook=Decimal)


def parse(body: bytes) -> object:
    """The value of a JSON text, exact.

    Raises:
        ValidationFailedError: it is not JSON in UTF-8 (pointer `""`).
    """
    if not body.strip():
        raise ValidationFailedError.of("", "is empty: it must be a JSON text")
    try:
        return _decoder.decode(body)
    except RecursionError as error:
        raise ValidationFailedError.of("", "is nested too deep") from error
    except ValueError as error:
        raise ValidationFailedError.of("", f"is not a JSON text: {error}") from error
    except ArithmeticError as error:
        raise ValidationFailedError.of("", "has a number with too large an exponent") from error


def _encode_other(value: object) -> object:
    if isinstance(value, Figure):
        return msgspec.Raw(value.text.encode())
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encoder = msgspec.json.Encoder(enc_hook=_encode_other)
_compact_encoder = msgspec.json.Encoder(decimal_format="number")


def dump(value: object) -> bytes:
    """Compact JSON of an answer."""
    return _encoder.encode(value)


def compact(value: object) -> str:
    """Compact JSON of a value as `parse` gives it: decimals stay numbers, exact."""
    return _compact_encoder.encode(value).decode()


def raw(text: str) -> msgspec.Raw:
    """A JSON text, to stand as it is inside an answer."""
    return msgspec.Raw(text.encode())
