"""What a query asks of the audit trail, in lists and exports alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.audit import AuditFilter, masked
from shared.http.params import Params

AUDIT_FILTERS: Final = frozenset({"startDate", "endDate", "actor", "action"})

ACTOR: Final = re.compile(r"(?:user|key):[A-Za-z0-9._:@-]{1,128}", re.ASCII)
ACTION: Final = re.compile(r"[A-Z]{1,10} /api/[A-Za-z0-9/{}._-]{1,128}", re.ASCII)


def audit_filter(params: Params, zone: ZoneInfo, account_of: Callable[[str], str]) -> AuditFilter:
    """Which entries are looked for, newest first.

    `account_of` leads from a user's id to the account: a user stands in the trail by it, staff by id.

    Raises:
        ValidationFailedError: naming the parameter.
    """
    start_ms, end_ms = params.instants(zone)
    actor = params.matching("actor", ACTOR)
    actors: tuple[str, ...] = ()
    if actor is not None:
        kind, _, subject = actor.partition(":")
        actors = (actor,) if kind == "key" else (actor, f"user:{masked(account_of(subject))}")
    return AuditFilter(start_ms, end_ms, actors, params.matching("action", ACTION))
