"""The bodies of usage logs, and the way from a checked body to a `Usage`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Final, Literal

from pydantic import (
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from shared.domain.calendar import parse_timestamp
from shared.domain.errors import ValidationFailedError
from shared.domain.fingerprint import members_of
from shared.domain.ids import ID
from shared.domain.money import picos_of
from shared.domain.tokens import MAX_TOKENS, Tokens
from shared.domain.usage import Usage
from shared.http.bodies import Body, Id, Metadata, Money, Name, Timestamp, parse_body, pointer_to
from shared.http.json import compact

MAX_BATCH: Final = 500
MAX_BATCH_KEY: Final = 124
"""Leaves room for the `:index` that a batch's key gets for each row."""

MAX_CREDITS: Final = 10**12
MAX_RESPONSE_MS: Final = 7 * 86_400_000
MAX_RESPONSE_BYTES: Final = 10**13

NOT_COMPARED: Final = frozenset({"id"})
"""The id is what a repeat is recognised by, so it is no part of the comparison."""


def _tokens_form(value: object) -> str:
    return "@parts" if isinstance(value, dict | TokensInput) else "@total"


Label = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f#|]{1,64}$")]
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,128}$")]
TokenCount = Annotated[int, Field(ge=0, le=MAX_TOKENS)]


class TokensInput(Body):
    """Token parts: cached input and cache writes lie inside input, reasoning inside output."""

    input: TokenCount
    output: TokenCount
    cached_input: TokenCount = 0
    cache_write: TokenCount = 0
    reasoning: TokenCount = 0

    @model_validator(mode="after")
    def _parts_fit(self) -> TokensInput:
        if self.cached_input + self.cache_write > self.input:
            raise ValueError("cachedInput and cacheWrite are parts of input and can't exceed it")
        if self.reasoning > self.output:
            raise ValueError("reasoning is a part of output and can't exceed it")
        return self


class UsageLogInput(Body):
    """One consumed request, as its reporter sends it."""

    id: Id | None = None
    user_id: Id
    service: Name
    provider: Name | None = None
    model: Name | None = None
    tokens: (
        Annotated[
            Annotated[TokenCount, Tag("@total")] | Annotated[TokensInput, Tag("@parts")],
            Discriminator(_tokens_form),
        ]
        | None
    ) = None
    credits: Annotated[int, Field(ge=0, le=MAX_CREDITS)] | None = None
    cost: Money | None = None
    status: Literal["success", "error"] = "success"
    error_code: Text | None = None
    response_time_ms: Annotated[int, Field(ge=0, le=MAX_RESPONSE_MS)] | None = None
    response_bytes: Annotated[int, Field(ge=0, le=MAX_RESPONSE_BYTES)] | None = None
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    platform: Label | None = None
    request_id: Text | None = None
    occurred_at: Timestamp | None = None
    metadata: Metadata | None = None


def usage_of(body: Mapping[str, object], log_id: str | None, new_id: Callable[[], str]) -> Usage:
    """The usage that a body tells, under the id it has: its own, the one given, or a new one.

    Raises:
        ValidationFailedError: the body is not valid, or has another id than the one given.
    """
    row = parse_body(UsageLogInput, body)
    if log_id is not None and row.id is not None and row.id != log_id:
        raise ValidationFailedError.of("/id", "is different from the Idempotency-Key")
    return Usage(
        log_id=row.id or log_id or new_id(),
        user_id=row.user_id,
        service=row.service,
        provider=row.provider or row.service,
        model=row.model,
        tokens=_tokens(row.tokens),
        credits=row.credits,
        cost_picos=None if row.cost is None else picos_of(row.cost),
        failed=row.status == "error",
        error_code=row.error_code,
        response_time_ms=row.response_time_ms,
        response_bytes=row.response_bytes,
        country=row.country,
        platform=row.platform,
        request_id=row.request_id,
        metadata=None if row.metadata is None else compact(row.metadata),
        occurred_ms=None if row.occurred_at is None else parse_timestamp(row.occurred_at),
        members=members_of(body, NOT_COMPARED),
    )


def _tokens(tokens: int | TokensInput | None) -> Tokens | None:
    if tokens is None:
        return None
    if isinstance(tokens, int):
        return Tokens(tokens)
    return Tokens.of_parts(
        tokens.input, tokens.output, tokens.cached_input, tokens.cache_write, tokens.reasoning
    )


def single_key(key: str | None) -> str | None:
    """The `Idempotency-Key` of one usage log, which is its id.

    Raises:
        ValidationFailedError: it can't be an id.
    """
    if key is not None and ID.fullmatch(key) is None:
        raise ValidationFailedError.of("Idempotency-Key", "has 1 to 128 characters of an id")
    return key


def batch_key(key: str | None) -> str | None:
    """The `Idempotency-Key` of a batch.

    Raises:
        ValidationFailedError: it can't be the beginning of ids.
    """
    if key is not None and (ID.fullmatch(key) is None or len(key) > MAX_BATCH_KEY):
        message = f"has 1 to {MAX_BATCH_KEY} characters of an id"
        raise ValidationFailedError.of("Idempotency-Key", message)
    return key


def batch_rows(body: Mapping[str, object]) -> list[object]:
    """The rows of a batch as they came.

    Raises:
        ValidationFailedError: the body is not `{usageLogs: [1–500 rows]}`.
    """
    unknown = sorted(body.keys() - {"usageLogs"})
    if unknown:
        raise ValidationFailedError.of(pointer_to(unknown[0]), "is not a member of this body")
    rows = body.get("usageLogs")
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_BATCH:
        raise ValidationFailedError.of("/usageLogs", f"must be a list of 1 to {MAX_BATCH} rows")
    return rows
