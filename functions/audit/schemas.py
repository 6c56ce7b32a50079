"""Queries of the audit trail, and the queue's messages, into exact types."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from shared.domain.audit import AuditEntry, AuditFilter
from shared.domain.ids import UUID7
from shared.http.audit_params import AUDIT_FILTERS, AccountOf, audit_filter
from shared.http.messages import Event, Request
from shared.http.params import DEFAULT_LIMIT, MAX_LIMIT, Params, decode_cursor, refused

LIST_PARAMETERS: Final = AUDIT_FILTERS | {"cursor", "limit", "order"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries, and how many at once."""

    where: AuditFilter
    limit: int


def wanted(request: Request, zone: ZoneInfo, account_of: AccountOf) -> Wanted:
    """What a request asks of the trail.

    Raises:
        ValidationFailedError: naming the parameter.
    """
    params = Params(request.query, LIST_PARAMETERS)
    where = audit_filter(params, zone, account_of)
    where = replace(where, descending=params.descending(), after=_after(params))
    return Wanted(where, params.integer("limit", DEFAULT_LIMIT, 1, MAX_LIMIT))


def _after(params: Params) -> str | None:
    cursor = params.raw("cursor")
    if cursor is None:
        return None
    entry_id = decode_cursor(cursor)
    if UUID7.fullmatch(entry_id) is None:
        raise refused("cursor", "is not a cursor of this list")
    return entry_id


def is_backlog(event: Event) -> bool:
    """Whether an event comes from the queue, not from the gateway."""
    records = event.get("Records") or [{}]
    return bool(records[0].get("eventSource") == "aws:sqs")


def backlog_of(event: Event) -> list[AuditEntry]:
    """The entries in a queue's event.

    Raises:
        msgspec.ValidationError: a message is none of ours.
    """
    return [msgspec.json.decode(record["body"], type=AuditEntry) for record in event["Records"]]
