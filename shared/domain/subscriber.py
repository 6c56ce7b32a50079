"""Mail addresses that get alerts: the topic has one subscription for each, whatever the workspaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_WORKSPACES_PER_ADDRESS: Final = 150
"""SNS takes at most 150 values in a filter."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """An address in the register.

    `arn` names its subscription, None before there is one; `workspace_ids` are the workspaces whose
    alerts it is to get, sorted. `confirmed` is what was last seen. `version` counts the writes, 0 when
    there is nothing written.
    """

    arn: str | None = None
    workspace_ids: tuple[str, ...] = ()
    confirmed: bool = False
    version: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as the topic has it: whether the address agreed, and whose alerts it gets."""

    confirmed: bool
    workspace_ids: tuple[str, ...]
