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


AccountOf = Callable[[str], str | None]
"""From a user's id to the account; None where there are no users."""


def audit_filter(params: Params, zone: ZoneInfo, account_of: AccountOf) -> AuditFilter:
    """Which entries are looked for, newest first. A user stands in the trail by account, staff by id.

    Raises:
        ValidationFailedError: naming the parameter.
    """
    start_ms, end_ms = params.instants(zone)
    actor = params.matching("actor", ACTOR)
    actors: tuple[str, ...] = ()
    if actor is not None:
        kind, _, subject = actor.partition(":")
        account_id = account_of(subject) if kind == "user" else None
        actors = (actor,) if account_id is None else (actor, f"user:{masked(account_id)}")
    return AuditFilter(start_ms, end_ms, actors, params.matching("action", ACTION))
