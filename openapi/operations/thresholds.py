"""Thresholds and alerts."""

from __future__ import annotations

from typing import Final

from functions.thresholds.schemas import EmptyInput, ThresholdInput
from openapi.models.requests import TrialInput
from openapi.models.thresholds import (
    AlertAnswer,
    AlertList,
    ThresholdAnswer,
    ThresholdsAnswer,
    TrialAnswer,
)
from openapi.operation import Answer, Body, Group, Operation, answer
from openapi.parameters import ORDER, PAGING, USER, filter_of

_INPUT: Final = Body(
    ThresholdInput,
    examples={
        "Warn at 80 and 100 percent of 50 a month": {
            "scope": "workspace",
            "metric": "cost",
            "monthlyLimit": 50,
        },
        "Stop a user at 10,000 tokens a day": {
            "scope": "user",
            "userId": "alice",
            "metric": "tokens",
            "dailyLimit": 10000,
            "block": True,
        },
    },
)

THRESHOLDS: Final = Group(
    "Thresholds and alerts",
    "Limits, and what happened when they were reached.",
    {
        "GET /api/thresholds": Operation(
            "listThresholds", "Thresholds of the workspace", answer(ThresholdsAnswer)
        ),
        "POST /api/thresholds": Operation(
            "createThreshold",
            "Set a threshold",
            {201: Answer("It counts from now on.", ThresholdAnswer)},
            "With `block`, usage that would exceed the limit is refused (429). A limit on a user is never "
            "exceeded. One on the workspace is not either while commits are of about one size and at most "
            "64 are under way; beyond that, by no more than was under way when it was reached. What was "
            "used before counts; usage of the last seconds before the workspace's first blocking limit "
            "shows when it is folded.",
            body=_INPUT,
        ),
        "POST /api/thresholds/try": Operation(
            "tryThreshold",
            "What a threshold would have fired",
            answer(TrialAnswer),
            "As if it had been set at the first instant of the days: at most 31, without dates the last "
            "30. A user's line is found at the very write that reached it, the workspace's at the "
            "beginning of the hour. Nothing is saved.",
            body=Body(
                TrialInput,
                examples={
                    "November so far": {
                        "threshold": {"scope": "workspace", "metric": "cost", "dailyLimit": 2},
                        "startDate": "2026-11-01",
                        "endDate": "2026-11-20",
                    }
                },
            ),
        ),
        "GET /api/thresholds/{id}": Operation(
            "getThreshold", "One threshold", answer(ThresholdAnswer)
        ),
        "PUT /api/thresholds/{id}": Operation(
            "replaceThreshold",
            "Change a threshold",
            answer(ThresholdAnswer),
            "A changed limit re-arms its lines.",
            body=_INPUT,
        ),
        "DELETE /api/thresholds/{id}": Operation(
            "deleteThreshold", "Remove a threshold", {204: Answer("Removed.")}
        ),
        "POST /api/thresholds/{id}/test": Operation(
            "testThreshold",
            "Fire a test alert",
            {202: Answer("It is marked `test`, and really delivered.", AlertAnswer)},
            body=Body(EmptyInput, required=False),
        ),
        "GET /api/alerts": Operation(
            "listAlerts",
            "Alerts",
            answer(AlertList),
            "Users see those about themselves.",
            query=(
                *PAGING,
                ORDER,
                filter_of(
                    "status",
                    ("pending", "sent", "failed", "acknowledged"),
                    "Only alerts of this status.",
                ),
                USER,
            ),
        ),
        "POST /api/alerts/{id}/acknowledge": Operation(
            "acknowledgeAlert",
            "Say that an alert was seen",
            answer(AlertAnswer),
            body=Body(EmptyInput, required=False),
        ),
    },
)
