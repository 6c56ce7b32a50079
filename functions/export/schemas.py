"""Queries and queue messages into exact types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from shared.domain.exports import FORMATS, TRANSACTIONS, USAGE_LOGS, Format, Selection
from shared.http.entry_filters import ENTRY_FILTERS, entry_filter
from shared.http.messages import Event
from shared.http.params import Paging, Params

USAGE_PARAMS: Final = frozenset(
    {"format", "startDate", "endDate", "userId", "service", "model", "status"}
)
TRANSACTION_PARAMS: Final = ENTRY_FILTERS | {"format", "userId"}
LIST_PARAMS: Final = frozenset({"page", "limit", "cursor"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query asks for, before it is known whose data the caller may have."""

    selection: Selection
    user_id: str | None


QueryReader = Callable[[Mapping[str, str], ZoneInfo], Wanted]


def usage_query(query: Mapping[str, str], zone: ZoneInfo) -> Wanted:
    """The query of a usage export.

    Raises:
        ValidationFailedError: naming the parameter.
    """
    params = Params(query, USAGE_PARAMS)
    start_ms, end_ms = params.instants(zone)
    status = params.choice("status", ("success", "error"))
    selection = Selection(
        USAGE_LOGS,
        _format(params),
        start_ms=start_ms,
        end_ms=end_ms,
        start_date=params.raw("startDate"),
        end_date=params.raw("endDate"),
        service=params.label("service"),
        model=params.label("model"),
        failed=None if status is None else status == "error",
    )
    return Wanted(selection, params.user_id())


def transactions_query(query: Mapping[str, str], zone: ZoneInfo) -> Wanted:
    """The query of a transactions export.

    Raises:
        ValidationFailedError: naming the parameter.
    """
    params = Params(query, TRANSACTION_PARAMS)
    where = entry_filter(params, zone)
    selection = Selection(
        TRANSACTIONS,
        _format(params),
        start_ms=where.start_ms,
        end_ms=where.end_ms,
        start_date=params.raw("startDate"),
        end_date=params.raw("endDate"),
        type=where.type,
        reason=where.reason,
        q=params.raw("q"),
    )
    return Wanted(selection, params.user_id())


QUERIES: Final[dict[str, QueryReader]] = {
    "GET /api/usage-logs/export": usage_query,
    "GET /api/admin/transactions/export": transactions_query,
}
"""The routes that ask for an export, and how their queries are read."""


def _format(params: Params) -> Format:
    return params.choice("format", FORMATS) or "csv"


@dataclass(frozen=True, slots=True)
class Job:
    """A message of the queue: which export to run, and how often the message was handed out."""

    workspace_id: str
    export_id: str
    receive_count: int
    receipt_handle: str


def paging_query(query: Mapping[str, str]) -> Paging:
    """The query of the list of exports.

    Raises:
        ValidationFailedError: naming the parameter.
    """
    return Params(query, LIST_PARAMS).paging()


def is_jobs(event: Event) -> bool:
    """Whether an event comes from the queue, not from the gateway."""
    records = event.get("Records") or [{}]
    return bool(records[0].get("eventSource") == "aws:sqs")


def jobs_of(event: Event) -> list[Job]:
    """The messages of a queue's event.

    Raises:
        ValueError: a body is none of ours.
    """
    return [_job(record) for record in event["Records"]]


class _Message(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    workspace_id: str
    export_id: str


def _job(record: Mapping[str, Any]) -> Job:
    message = msgspec.json.decode(record["body"], type=_Message)
    return Job(
        message.workspace_id,
        message.export_id,
        int(record["attributes"]["ApproximateReceiveCount"]),
        record["receiptHandle"],
    )
