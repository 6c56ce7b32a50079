"""Recording usage, and reading it back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from tally._call import Answer, Call, Day, Moment, get, listed, member, path, query, whole
from tally._decode import decode
from tally._errors import InvalidUsageError
from tally._json import dumps
from tally._models.credits import Recorded
from tally._models.pages import Page
from tally._models.usage import BatchResult, Statistics, Summary, UsageLog
from tally._rows import money, row_of, written
from tally._usage import Money, Usage

if TYPE_CHECKING:
    from typing_extensions import Unpack

MAX_BATCH: Final = 500
"""Rows that the API takes in one request."""

MESSAGE_PRICE: Final = Decimal("0.005")
"""What a message costs unless said otherwise, in the workspace's currency."""

Status = Literal["success", "error"]
Group = Literal["day", "week", "month", "service", "model", "user"]


def _recorded(answer: Answer) -> Recorded:
    return replace(decode(Recorded, answer.body), replayed=answer.replayed)


def record_usage(**usage: Unpack[Usage]) -> Call[Recorded]:
    """Record the usage of one request: once, however often it is sent.

    Takes the members of `tally.Usage`. Without an `id` a new one is made and used on every try.

    Raises:
        InvalidUsageError: a member is missing, unknown or of a wrong type.
        InsufficientCreditsError: the user's balance does not cover it.
        IdempotencyConflictError: the id was used for something else.
        LimitExceededError: a threshold blocks.
    """
    return Call("POST", "/api/usage-logs", _recorded, content=written(row_of(usage)))


def record_batch(rows: Iterable[Mapping[str, Any] | Usage]) -> Call[BatchResult]:
    """Record 1 to 500 usages, each with an outcome of its own; a bad row never loses a good one.

    Raises:
        InvalidUsageError: a row can't be sent (nothing was), or there are none or too many.
    """
    sent = [written(row_of(row)) for row in rows]
    if not 0 < len(sent) <= MAX_BATCH:
        raise InvalidUsageError("", f"a batch has 1 to {MAX_BATCH} rows, not {len(sent)}")
    return batch_of(sent)


def batch_of(rows: Iterable[bytes]) -> Call[BatchResult]:
    """Rows that are written already."""
    content = b'{"usageLogs":[' + b",".join(rows) + b"]}"
    return Call("POST", "/api/usage-logs/batch", whole(BatchResult), content=content)


def track_message(
    workspace_id: str,
    user_id: str,
    price: Money = MESSAGE_PRICE,
    *,
    service: str = "messages",
    id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Call[Recorded]:
    """Record a message of a chat platform at its price, in the currency of the workspace.

    `id` is the message's own, so that it counts once.
    """
    call = record_usage(
        user_id=user_id, service=service, cost=_amount(price), id=id, metadata=metadata
    )
    return call.asking(workspace_id=workspace_id)


def deduct_credits(
    user_id: str,
    service: str,
    cost: Money | None = None,
    metadata: Mapping[str, Any] | None = None,
    *,
    credits: int | None = None,
    id: str | None = None,
) -> Call[Recorded]:
    """Deduct for a use of a service, and record the use with the deduction.

    `cost` is money, from which the credits follow by the workspace's credit value; `credits` states
    them. One of the two is needed.

    Raises:
        InsufficientCreditsError: the balance does not cover it; nothing is deducted or recorded.
    """
    if cost is None and credits is None:
        raise InvalidUsageError("cost", "say a cost or credits")
    return record_usage(
        user_id=user_id,
        service=service,
        cost=None if cost is None else _amount(cost),
        credits=credits,
        metadata=metadata,
        id=id,
    )


def _amount(value: Money) -> Decimal:
    try:
        return money(value)
    except ValueError as error:
        raise InvalidUsageError("cost", str(error)) from error


def record_event(event: Mapping[str, Any]) -> Call[UsageLog]:
    """Record a CloudEvent 1.0 of type `tally.usage.v1`, in structured form."""
    headers = {"content-type": "application/cloudevents+json"}
    return Call(
        "POST", "/api/events", member("usageLog", UsageLog), content=dumps(event), headers=headers
    )


def record_events(events: Iterable[Mapping[str, Any]]) -> Call[BatchResult]:
    """Record 1 to 500 CloudEvents, each with an outcome of its own."""
    headers = {"content-type": "application/cloudevents-batch+json"}
    content = dumps(list(events))
    return Call("POST", "/api/events", whole(BatchResult), content=content, headers=headers)


def usage_log(log_id: str) -> Call[UsageLog]:
    """A usage log by its id."""
    return get(path("/api/usage-logs/{}", log_id), member("usageLog", UsageLog))


def usage_logs(
    user_id: str,
    *,
    start_date: Moment | None = None,
    end_date: Moment | None = None,
    service: str | None = None,
    model: str | None = None,
    status: Status | None = None,
    order: Literal["desc", "asc"] | None = None,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Page[UsageLog]]:
    """A page of a user's usage logs, newest first unless `order` is `asc`."""
    params = query(
        start_date=start_date,
        end_date=end_date,
        service=service,
        model=model,
        status=status,
        order=order,
        page=page,
        limit=limit,
        cursor=cursor,
    )
    return get(path("/api/usage-logs/user/{}", user_id), listed("usageLogs", UsageLog), params)


def stats(
    *,
    start_date: Day | None = None,
    end_date: Day | None = None,
    user_id: str | None = None,
    service: str | None = None,
    model: str | None = None,
) -> Call[Statistics]:
    """Statistics of a range of local days, by default the last 30 with today."""
    params = query(
        start_date=start_date, end_date=end_date, user_id=user_id, service=service, model=model
    )
    return get("/api/usage-logs/stats", member("statistics", Statistics), params)


def summary(
    *,
    period: Literal["today", "7d", "30d", "90d", "month"] | None = None,
    start_date: Day | None = None,
    end_date: Day | None = None,
    group_by: Group | None = None,
    user_id: str | None = None,
    service: str | None = None,
    model: str | None = None,
) -> Call[Summary]:
    """Figures by day, week, month, service, model or user; a period or two dates."""
    params = query(
        period=period,
        start_date=start_date,
        end_date=end_date,
        group_by=group_by,
        user_id=user_id,
        service=service,
        model=model,
    )
    return get("/api/usage-logs/summary", whole(Summary), params)
