"""Queries and queue messages into exact types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from shared.domain.calendar import day_end_ms, day_start_ms
from shared.domain.exports import (
    AUDIT,
    FORMATS,
    SUMMARY,
    TRANSACTIONS,
    USAGE_LOGS,
    Format,
    Selection,
)
from shared.http.audit_params import AUDIT_FILTERS, audit_filter
from shared.http.entry_filters import ENTRY_FILTERS, entry_filter
from shared.http.messages import Event
from shared.http.params import Paging, Params
from shared.http.questions import QUESTION_PARAMETERS, question_of

DATES: Final = frozenset({"startDate", "endDate"})
USAGE_PARAMS: Final = DATES | {"format", "userId", "service", "model", "status"}
TRANSACTION_PARAMS: Final = ENTRY_FILTERS | {"format", "userId"}
AUDIT_PARAMS: Final = AUDIT_FILTERS | {"format"}
WORKSPACE_PARAMS: Final = DATES | {"format"}
LOGS_KIND_PARAMS: Final = USAGE_PARAMS | {"kind"}
SUMMARY_KIND_PARAMS: Final = QUESTION_PARAMETERS | {"format", "kind"}
LIST_PARAMS: Final = frozenset({"page", "limit", "cursor"})

WORKSPACE_FORMATS: Final[tuple[Format, ...]] = ("csv", "json")
LOGS: Final = "logs"


@dataclass(frozen=True, slots=True)
class Asking:
    """What a query is read with: the workspace's zone, the time, and the way from a user to the account."""

    zone: ZoneInfo
    now_ms: int
    account_of: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query asks for, before it is known whose data the caller may have.

    `actors` are the forms in which the one actor asked for may stand in the audit trail.
    """

    selection: Selection
    user_id: str | None = None
    actors: tuple[str, ...] = ()


QueryReader = Callable[[Mapping[str, str], Asking], Wanted]
"""Reads the query of a route; raises `ValidationFailedError` naming the parameter."""


def usage_query(query: Mapping[str, str], asking: Asking) -> Wanted:
    """The query of a usage export."""
    return _logs(Params(query, USAGE_PARAMS), asking)


def workspace_query(query: Mapping[str, str], asking: Asking) -> Wanted:
    """The query of a workspace's usage export: all of its logs, by dates alone."""
    return _logs(Params(query, WORKSPACE_PARAMS), asking, WORKSPACE_FORMATS)


def analytics_query(query: Mapping[str, str], asking: Asking) -> Wanted:
    """The query of an analytics export: logs, or the answer to a question about usage."""
    either = Params(query, LOGS_KIND_PARAMS | SUMMARY_KIND_PARAMS)
    if either.choice("kind", (LOGS, SUMMARY)) == SUMMARY:
        return _summary(Params(query, SUMMARY_KIND_PARAMS), asking)
    return _logs(Params(query, LOGS_KIND_PARAMS), asking)


def transactions_query(query: Mapping[str, str], asking: Asking) -> Wanted:
    """The query of a transactions export."""
    params = Params(query, TRANSACTION_PARAMS)
    where = entry_filter(params, asking.zone)
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


def audit_query(query: Mapping[str, str], asking: Asking) -> Wanted:
    """The query of an export of the audit trail."""
    params = Params(query, AUDIT_PARAMS)
    where = audit_filter(params, asking.zone, asking.account_of)
    selection = Selection(
        AUDIT,
        _format(params),
        start_ms=where.start_ms,
        end_ms=where.end_ms,
        start_date=params.raw("startDate"),
        end_date=params.raw("endDate"),
        action=where.action,
    )
    return Wanted(selection, actors=where.actors)


QUERIES: Final[dict[str, QueryReader]] = {
    "GET /api/usage-logs/export": usage_query,
    "GET /api/usage/export/{workspaceId}": workspace_query,
    "GET /api/analytics/export": analytics_query,
    "GET /api/admin/transactions/export": transactions_query,
    "GET /api/admin/audit/export": audit_query,
}
"""The routes that ask for an export, and how their queries are read."""


def _logs(params: Params, asking: Asking, formats: tuple[Format, ...] = FORMATS) -> Wanted:
    start_ms, end_ms = params.instants(asking.zone)
    status = params.choice("status", ("success", "error"))
    selection = Selection(
        USAGE_LOGS,
        _format(params, formats),
        start_ms=start_ms,
        end_ms=end_ms,
        start_date=params.raw("startDate"),
        end_date=params.raw("endDate"),
        service=params.label("service"),
        model=params.label("model"),
        failed=None if status is None else status == "error",
    )
    return Wanted(selection, params.user_id())


def _summary(params: Params, asking: Asking) -> Wanted:
    question, user_id = question_of(params, asking.zone, asking.now_ms)
    filters = question.filters
    selection = Selection(
        SUMMARY,
        _format(params),
        start_ms=day_start_ms(question.first, asking.zone),
        end_ms=day_end_ms(question.last, asking.zone),
        start_date=question.first,
        end_date=question.last,
        service=filters.service,
        model=filters.model,
        failed=filters.failed,
        group=question.group,
        metric=question.metric,
        provider=filters.provider,
        country=filters.country,
        platform=filters.platform,
    )
    return Wanted(selection, user_id)


def _format(params: Params, formats: tuple[Format, ...] = FORMATS) -> Format:
    return params.choice("format", formats) or "csv"


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
