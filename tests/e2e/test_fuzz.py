"""Requests nobody thought of, by every role: no 5xx, nothing undocumented, nothing wrong accepted (INT-5).

`make fuzz` looks longer. What is found is printed as a curl command.
"""

from __future__ import annotations

import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.domain.calendar import add_days, local_day, month_of
from shared.routes import ADMIN, OPERATOR, SERVICE, USER
from tests.e2e.fuzzing import Known, document_for, fuzz
from tests.e2e.platform import Platform
from tests.e2e.world import World, world


@pytest.fixture(scope="module")
def fuzzed(platform: Platform) -> World:
    """A workspace of its own: what is fuzzed is changed."""
    return world(platform, enforceCredits=False)


@pytest.fixture(scope="module")
def known(fuzzed: World) -> Known:
    things = [fuzzed.log(fuzzed.alice), fuzzed.transaction(fuzzed.bob), fuzzed.threshold()]
    users, today = (
        [fuzzed.alice, fuzzed.bob],
        local_day(time.time_ns() // 1_000_000, ZoneInfo("UTC")),
    )
    days = {"startDate": [add_days(today, -6)], "endDate": [today], "month": [month_of(today)]}
    return Known(fuzzed.id, {"userId": users, "id": things, **days})


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        (SERVICE, ("usage:write", "usage:read", "credits:write")),
        (SERVICE, ("usage:read",)),
        (USER, ()),
        (ADMIN, ()),
        (OPERATOR, ()),
        (None, ()),
    ],
    ids=["service", "reader", "user", "admin", "operator", "nobody"],
)
def test_nothing_undocumented_is_found(
    platform: Platform,
    fuzzed: World,
    known: Known,
    tmp_path: Path,
    role: str | None,
    scopes: tuple[str, ...],
) -> None:
    credential = None if role is None else credential_of(platform, fuzzed, role, scopes)
    outcome = fuzz(document_for(role, known), platform.cloud.api_url, credential, tmp_path)
    assert not outcome.found, outcome.found
    # Who is refused whatever they ask finds nothing either: a key may have been revoked, a limit reached.
    seen = outcome.statuses
    worked = sum(count for status, count in seen.items() if status < 300)
    assert worked > sum(seen.values()) / 10 or role is None, seen
    assert seen[429] < worked or role is None, seen


def credential_of(platform: Platform, fuzzed: World, role: str, scopes: tuple[str, ...]) -> str:
    if role == SERVICE:
        return str(platform.api_key(fuzzed.id, *scopes)["secret"])
    if role == USER:
        return platform.token(fuzzed.alice, "user", fuzzed.id)
    if role == ADMIN:
        return platform.token(f"admin-of-{fuzzed.id}", "admin", fuzzed.id)
    return platform.token("olga", "operator", None)
