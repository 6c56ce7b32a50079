"""Usage logs."""

from __future__ import annotations

from typing import Final

from functions.query_stats.schemas import GROUPS, SUMMARY_DAYS
from functions.record_usage.events import HEADER, TYPE
from functions.record_usage.schemas import UsageLogInput
from openapi.models.credits import RecordedAnswer
from openapi.models.requests import EVENT, EVENTS, CloudEvent, CloudEventBatch, UsageLogBatch
from openapi.models.usage import (
    BatchAnswer,
    EventsAnswer,
    RecordedEvent,
    StatisticsAnswer,
    SummaryAnswer,
    UsageLogAnswer,
    UsageLogList,
)
from openapi.operation import Answer, Body, Group, Operation, answer
from openapi.operations.exports import EXPORTED, FORMAT
from openapi.parameters import (
    DATES,
    DAYS,
    ORDER,
    PAGING,
    SELECTION,
    STATUS,
    USER,
    Parameter,
    choice,
)
from shared.domain.errors import (
    CustomerNotRegisteredError,
    EventInFutureError,
    EventTooOldError,
    InsufficientCreditsError,
    LimitExceededError,
)
from shared.domain.ids import ID

RECORDING: Final = (
    InsufficientCreditsError,
    LimitExceededError,
    CustomerNotRegisteredError,
    EventTooOldError,
    EventInFutureError,
)

_LOG: Final = {
    "id": "my-first-log",
    "userId": "alice",
    "service": "assistant",
    "provider": "openai",
    "model": "gpt-5.4-mini",
    "tokens": {"input": 1200, "cachedInput": 1000, "output": 300},
    "responseTimeMs": 840,
    "country": "KR",
    "platform": "web",
}
_MESSAGE: Final = {"userId": "bob", "service": "chat", "credits": 2}

PERIOD: Final = Parameter(
    "period",
    "The range in a word, instead of dates: ends today.",
    {
        "type": "string",
        "pattern": f"^(today|month|({'|'.join(str(days) for days in SUMMARY_DAYS)})d?)$",
        "default": "30d",
        "examples": ["7d"],
    },
)

ATTRIBUTES: Final = tuple(
    Parameter(f"{HEADER}{name}", f"Binary mode: {description}", schema)
    for name, description, schema in (
        ("specversion", "always 1.0.", {"type": "string", "const": "1.0"}),
        ("type", "always the same.", {"type": "string", "const": TYPE}),
        ("source", "who made the event.", {"type": "string", "examples": ["/gateways/eu-1"]}),
        ("id", "its id there.", {"type": "string", "examples": ["81f2"]}),
        ("time", "when it occurred.", {"type": "string", "format": "date-time"}),
        ("subject", "the user.", {"type": "string", "pattern": f"^{ID.pattern}$"}),
    )
)

USAGE: Final = Group(
    "Usage logs",
    "What users consumed: recording it, reading it back, summing it up.",
    {
        "POST /api/usage-logs": Operation(
            "recordUsage",
            "Record one usage log",
            {201: Answer("Recorded, priced and paid for, in one transaction.", RecordedAnswer)},
            "The log's `id` identifies it; the `Idempotency-Key` is the same thing. Send the same log again "
            "and nothing happens twice; send another body under the same id and it is refused.",
            body=Body(
                UsageLogInput,
                examples={"A model call": _LOG, "A message": _MESSAGE},
            ),
            refusals=RECORDING,
        ),
        "POST /api/usage-logs/batch": Operation(
            "recordUsageBatch",
            "Record up to 500 usage logs",
            {200: Answer("The outcome of every row, in their order.", BatchAnswer)},
            "Rows are taken in order, each with its own outcome: a bad row never loses the good ones. Under "
            "an `Idempotency-Key` of up to 124 characters, rows without an `id` get `KEY:index`.",
            body=Body(UsageLogBatch, examples={"Two logs": {"usageLogs": [_LOG, _MESSAGE]}}),
        ),
        "POST /api/events": Operation(
            "recordEvents",
            "Record usage as CloudEvents",
            {
                200: Answer(
                    "The outcome of every event of a batch; or of one event that came before.",
                    EventsAnswer,
                ),
                202: Answer("One event, recorded.", RecordedEvent),
            },
            "Structured mode, batches of it, and binary mode (`ce-` headers). The event's `source` and `id` "
            "identify the log, `time` is its `occurredAt`, `subject` its `userId`.",
            headers=ATTRIBUTES,
            body=Body(
                UsageLogInput,
                {EVENT: CloudEvent, EVENTS: CloudEventBatch},
                {
                    "Binary mode: the data alone": {
                        "userId": "alice",
                        "service": "chat",
                        "credits": 2,
                    }
                },
            ),
            refusals=RECORDING,
        ),
        "GET /api/usage-logs/{id}": Operation(
            "getUsageLog",
            "One usage log",
            answer(UsageLogAnswer),
            "Users see their own. Logs past the retention are in the archive only: 404.",
        ),
        "GET /api/usage-logs/user/{userId}": Operation(
            "listUserUsageLogs",
            "A user's usage logs",
            answer(UsageLogList),
            "By `occurredAt`. An unknown user has an empty list.",
            query=(*PAGING, ORDER, *DATES, *SELECTION, STATUS),
        ),
        "GET /api/usage-logs/stats": Operation(
            "getStatistics",
            "Statistics of a range of days",
            answer(StatisticsAnswer),
            "Users get their own.",
            query=(*DAYS, USER, *SELECTION),
            conditional=True,
        ),
        "GET /api/usage-logs/summary": Operation(
            "getUsageSummary",
            "Sums by day, week, month, service, model or user",
            answer(SummaryAnswer),
            "Users get their own.",
            query=(
                PERIOD,
                choice("groupBy", GROUPS, "What the keys are."),
                *DAYS,
                USER,
                *SELECTION,
            ),
            conditional=True,
        ),
        "GET /api/usage-logs/export": Operation(
            "exportUsageLogs",
            "Export usage logs to a file",
            EXPORTED,
            "By account, in order of time within one. Users export their own.",
            query=(FORMAT, *DATES, USER, *SELECTION, STATUS),
        ),
    },
)
