"""The `Idempotency-Key` header."""

from __future__ import annotations

from shared.domain.errors import ValidationFailedError
from shared.domain.ids import ID
from shared.http.messages import Request

HEADER = "Idempotency-Key"


def idempotency_key_of(request: Request) -> str | None:
    """The request's checked `Idempotency-Key`; None when it has none.

    Raises:
        ValidationFailedError: it is empty, too long, or of other characters than ids.
    """
    key = request.idempotency_key
    if key is not None and ID.fullmatch(key) is None:
        raise ValidationFailedError.of(HEADER, "must have 1 to 128 letters, digits or . _ : @ -")
    return key
