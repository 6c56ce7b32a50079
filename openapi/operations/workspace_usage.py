"""Usage of a workspace, in clients and messages."""

from __future__ import annotations

from typing import Final

from openapi.models.workspace_usage import UsageDashboard, UsageStats, UsageSummary
from openapi.operation import Group, Operation, answer
from openapi.operations.exports import EXPORTED
from openapi.parameters import DATES, DAYS, Parameter, choice
from shared.http.params import MAX_RANGE_DAYS

BY: Final = choice("by", ("cost", "messages"), "What ranks the clients.", key="ClientRanking")
PERIOD: Final = Parameter(
    "period",
    f"How many days, today included (1 to {MAX_RANGE_DAYS}).",
    {"type": "string", "pattern": "^[1-9][0-9]{0,2}d?$", "default": "30", "examples": ["30"]},
)

WORKSPACE_USAGE: Final = Group(
    "Workspace usage",
    "For chat platforms that are charged per message: a message is a request, a client is a user.",
    {
        "GET /api/usage/stats/{workspaceId}": Operation(
            "getWorkspaceUsage",
            "Usage of a range of days",
            answer(UsageStats),
            query=(*DAYS, BY),
            conditional=True,
        ),
        "GET /api/usage/dashboard/{workspaceId}": Operation(
            "getWorkspaceDashboard",
            "One page of figures",
            answer(UsageDashboard),
            query=(PERIOD, BY),
            conditional=True,
        ),
        "GET /api/usage/summary/{workspaceId}": Operation(
            "getWorkspaceSummary",
            "The last 30 days in a few figures",
            answer(UsageSummary),
            conditional=True,
        ),
        "GET /api/usage/export/{workspaceId}": Operation(
            "exportWorkspaceUsage",
            "Export usage logs to a file",
            EXPORTED,
            query=(choice("format", ("csv", "json"), "The format of the file."), *DATES),
        ),
    },
)
