"""What every route of the table does: all groups together."""

from __future__ import annotations

from typing import Final

from openapi.operation import Group
from openapi.operations.administration import ADMINISTRATION
from openapi.operations.analytics import ANALYTICS
from openapi.operations.credits import CREDITS
from openapi.operations.exports import EXPORTS
from openapi.operations.service import SERVICE
from openapi.operations.thresholds import THRESHOLDS
from openapi.operations.usage import USAGE
from openapi.operations.workspace_usage import WORKSPACE_USAGE

GROUPS: Final[tuple[Group, ...]] = (
    USAGE,
    CREDITS,
    ANALYTICS,
    WORKSPACE_USAGE,
    THRESHOLDS,
    EXPORTS,
    ADMINISTRATION,
    SERVICE,
)
