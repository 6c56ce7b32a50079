"""The body of a posted transaction, the way from there to a `Movement`, and the month of a statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints

from shared.domain.calendar import local_day, month_of
from shared.domain.errors import ValidationFailedError
from shared.domain.fingerprint import members_of
from shared.domain.journal import EntryType, Paid
from shared.domain.ledger import Movement
from shared.domain.money import picos_of
from shared.http.bodies import Body, Id, Metadata, Money, parse_body
from shared.http.json import compact
from shared.http.params import Params, refused

MONTH: Final = re.compile(r"(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])", re.ASCII)
MAX_AMOUNT: Final = 10**15
MAX_NOTE_LENGTH: Final = 1000


class PaidInput(Body):
    """What the customer paid."""

    amount: Money
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _note(value: str) -> str:
    if not value.strip():
        raise ValueError("must say something")
    return value


class TransactionInput(Body):
    """Credits posted by hand."""

    user_id: Id
    amount: Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
    reason: Literal["purchase", "refund", "promo", "adjustment"]
    type: Literal["debit", "credit"] | None = None
    note: (
        Annotated[str, StringConstraints(max_length=MAX_NOTE_LENGTH), AfterValidator(_note)] | None
    ) = None
    refund_of: Id | None = None
    paid: PaidInput | None = None
    metadata: Metadata | None = None


def movement_of(body: Mapping[str, Any]) -> tuple[str, Movement]:
    """The user and the movement that a body tells.

    Raises:
        ValidationFailedError: the body is not valid.
    """
    given = parse_body(TransactionInput, body)
    if given.reason == "refund" and given.refund_of is None:
        raise ValidationFailedError.of("/refundOf", "is needed for a refund")
    if given.reason != "refund" and given.refund_of is not None:
        raise ValidationFailedError.of("/refundOf", "goes with the reason refund only")
    if given.reason != "purchase" and given.paid is not None:
        raise ValidationFailedError.of("/paid", "goes with the reason purchase only")
    movement = Movement(
        _type_of(given),
        given.reason,
        given.amount,
        note=given.note,
        metadata=None if given.metadata is None else compact(given.metadata),
        paid=None if given.paid is None else Paid(picos_of(given.paid.amount), given.paid.currency),
        refund_of=given.refund_of,
        members=members_of(body),
    )
    return given.user_id, movement


def _type_of(given: TransactionInput) -> EntryType:
    """The type follows from the reason; an adjustment states it, and says why in a note."""
    if given.reason == "adjustment":
        if given.type is None:
            raise ValidationFailedError.of("/type", "is needed for an adjustment")
        if given.note is None:
            raise ValidationFailedError.of("/note", "is needed for an adjustment")
        return given.type
    if given.type == "debit":
        raise ValidationFailedError.of("/type", f"a {given.reason} is a credit")
    return "credit"


def month_of_query(params: Params, zone: ZoneInfo, now_ms: int) -> str:
    """The `month` of a statement; the current one where none is given.

    Raises:
        ValidationFailedError: it is no month, before 1970, or in the future.
    """
    current = month_of(local_day(now_ms, zone))
    month = params.matching("month", MONTH) or current
    if month > current:
        raise refused("month", "must not be in the future")
    return month
