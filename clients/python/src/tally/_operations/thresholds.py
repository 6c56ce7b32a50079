"""Thresholds and alerts."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypedDict

from tally._call import (
    Answer,
    Call,
    Day,
    body,
    delete,
    get,
    listed,
    member,
    members_of,
    nothing,
    path,
    post,
    put,
    query,
    whole,
)
from tally._decode import decode
from tally._errors import UnexpectedAnswerError
from tally._models.pages import Page
from tally._models.thresholds import Alert, Metric, Scope, Threshold, Trial

if TYPE_CHECKING:
    from typing_extensions import Unpack


class _Limit(TypedDict):
    scope: Scope
    metric: Metric


class ThresholdInput(_Limit, total=False):
    """A limit on a metric: `daily_limit`, `monthly_limit` or both; for `balance`, `below` instead.

    Without `user_id` a threshold of scope `user` applies to each user. `notify_at_percent` (default 80
    and 100) warns, `block` refuses what would exceed the limit.
    """

    user_id: str | None
    daily_limit: Decimal | int | None
    monthly_limit: Decimal | int | None
    below: int | None
    notify_at_percent: Sequence[int] | None
    block: bool | None
    alert_enabled: bool | None


_threshold = member("threshold", Threshold)
_alert = member("alert", Alert)


def thresholds() -> Call[tuple[Threshold, ...]]:
    """Every threshold of the workspace."""

    def read(answer: Answer) -> tuple[Threshold, ...]:
        items = members_of(answer).get("thresholds")
        if not isinstance(items, list):
            raise UnexpectedAnswerError("no list of thresholds")
        return tuple(decode(Threshold, item) for item in items)

    return get("/api/thresholds", read)


def threshold(threshold_id: str) -> Call[Threshold]:
    """A threshold by its id, with where its figures stand."""
    return get(path("/api/thresholds/{}", threshold_id), _threshold)


def create_threshold(**limit: Unpack[ThresholdInput]) -> Call[Threshold]:
    """A new threshold, from the members of `tally.ThresholdInput`."""
    return post("/api/thresholds", _threshold, body(**limit))


def replace_threshold(threshold_id: str, **limit: Unpack[ThresholdInput]) -> Call[Threshold]:
    """Another threshold in place of one; a changed limit warns anew."""
    return put(path("/api/thresholds/{}", threshold_id), _threshold, body(**limit))


def delete_threshold(threshold_id: str) -> Call[None]:
    """Delete a threshold."""
    return delete(path("/api/thresholds/{}", threshold_id), nothing)


def try_threshold(
    limit: ThresholdInput, *, start_date: Day | None = None, end_date: Day | None = None
) -> Call[Trial]:
    """What a threshold would have fired over past days (at most 31). Nothing is saved."""
    dates = query(start_date=start_date, end_date=end_date)
    return post("/api/thresholds/try", whole(Trial), {"threshold": body(**limit), **dates})


def fire_test(threshold_id: str) -> Call[Alert]:
    """Fire a test alert, which is really delivered."""
    return post(path("/api/thresholds/{}/test", threshold_id), _alert)


def alerts(
    *,
    status: Literal["pending", "sent", "failed", "acknowledged"] | None = None,
    user_id: str | None = None,
    page: int | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    order: Literal["desc", "asc"] | None = None,
) -> Call[Page[Alert]]:
    """A page of alerts."""
    params = query(
        status=status, user_id=user_id, page=page, limit=limit, cursor=cursor, order=order
    )
    return get("/api/alerts", listed("alerts", Alert), params)


def acknowledge(alert_id: str) -> Call[Alert]:
    """Say that an alert was seen."""
    return post(path("/api/alerts/{}/acknowledge", alert_id), _alert)
