"""Questions about usage as query parameters, for `analytics/query` and its export alike."""

from __future__ import annotations

import re
from typing import Final
from zoneinfo import ZoneInfo

from shared.analytics.question import GROUPS, METRICS, Filters, Question
from shared.http.params import Params, refused

QUESTION_PARAMETERS: Final = frozenset(
    {
        *("startDate", "endDate", "groupBy", "metric"),
        *("userId", "service", "model", "provider", "country", "platform", "status"),
    }
)
COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
PLATFORM: Final = re.compile(r"[^\x00-\x1f\x7f#|]{1,64}")


def question_of(params: Params, zone: ZoneInfo, now_ms: int) -> tuple[Question, str | None]:
    """What a query asks, and the user it is about as it names them (an id or an account's id).

    Raises:
        ValidationFailedError: naming the parameter.
    """
    first, last = params.days(zone, now_ms)
    group = params.choice("groupBy", GROUPS)
    if group is None:
        raise refused("groupBy", f"is needed: one of {', '.join(GROUPS)}")
    status = params.choice("status", ("success", "error"))
    filters = Filters(
        service=params.label("service"),
        model=params.label("model"),
        provider=params.label("provider"),
        country=params.matching("country", COUNTRY),
        platform=params.matching("platform", PLATFORM),
        failed=None if status is None else status == "error",
    )
    metric = params.choice("metric", METRICS)
    return Question(first, last, group, filters, metric), params.user_id()
