"""What comes in: the body of a repricing, and the messages of its jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.calendar import DAY, MS_PER_DAY, parse_instant
from shared.domain.errors import ValidationFailedError
from shared.domain.repricing import Selection
from shared.domain.workspace import MAX_RETENTION_DAYS
from shared.http.bodies import Body, Id, Name, parse_body
from shared.http.messages import Event

MAX_DAYS: Final = MAX_RETENTION_DAYS
"""There are no logs older than the longest retention."""


class RepricingInput(Body):
    """Which logs to price anew, and whether only to tell what would come of it."""

    start_date: str
    end_date: str
    service: Name | None = None
    model: Name | None = None
    user_id: Id | None = None
    dry_run: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A message: a run to go on with, and the attempt it was sent in."""

    workspace_id: str
    repricing_id: str
    attempt: int
    receipt_handle: str
    receive_count: int

    @property
    def again(self) -> bool:
        """Whether it was taken before, by somebody who did not finish."""
        return self.receive_count > 1


def wanted(
    body: Mapping[str, object], zone: ZoneInfo, account_of: Callable[[str], str]
) -> tuple[Selection, bool]:
    """The logs that a body names, and whether it is a dry run.

    Raises:
        ValidationFailedError: the body is not valid.
    """
    given = parse_body(RepricingInput, body)
    start_ms = _instant("/startDate", given.start_date, zone, end=False)
    end_ms = _instant("/endDate", given.end_date, zone, end=True)
    # A day that ends where the range starts lies before it; a timestamp there is an empty range.
    if start_ms > end_ms or (start_ms == end_ms and DAY.fullmatch(given.end_date)):
        raise ValidationFailedError.of("/endDate", "must not be before startDate")
    # Half a day's grace for days that are longer than others.
    if end_ms - start_ms > MAX_DAYS * MS_PER_DAY + MS_PER_DAY // 2:
        raise ValidationFailedError.of("/endDate", f"the range has at most {MAX_DAYS} days")
    account_id = None if given.user_id is None else account_of(given.user_id)
    return Selection(start_ms, end_ms, given.service, given.model, account_id), given.dry_run


def _instant(pointer: str, value: str, zone: ZoneInfo, *, end: bool) -> int:
    try:
        return parse_instant(value, zone, end=end)
    except ValueError as error:
        raise ValidationFailedError.of(pointer, str(error)) from error


def is_jobs(event: Event) -> bool:
    """Whether an event is messages of the queue and no HTTP request."""
    return "Records" in event


def jobs_of(event: Event) -> list[Job]:
    """The jobs of an event's messages."""
    return [_job(record) for record in event["Records"]]


def _job(record: Mapping[str, Any]) -> Job:
    body = json.loads(record["body"])
    return Job(
        body["workspaceId"],
        body["repricingId"],
        body["attempt"],
        record["receiptHandle"],
        int(record["attributes"]["ApproximateReceiveCount"]),
    )
